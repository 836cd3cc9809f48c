"""Each message is sent at least once; a receiver sees by its key what came twice."""

from datetime import UTC, datetime, timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from reports.alerts.channels import SENDERS
from reports.alerts.models import Alert, AlertMessage
from reports.alerts.outbox import WAITS, send_again, send_due
from tests.alerts.monday import evaluate, mail_channel, rule

DOWN = "Down: Pier 39 since 12:05 (Chicago)"


@pytest.fixture
def messages(db, settings):
    """Write messages for two channels, which are not sent yet."""
    settings.EMAIL_HOST = "mail.example.com"
    settings.DEFAULT_FROM_EMAIL = "Monitor <monitor@example.com>"

    def write(*channels):
        for channel in channels or [mail_channel()]:
            AlertMessage.objects.create(
                channel=channel, event="opened", subject=DOWN, body="It is down."
            )

    return write


@pytest.fixture
def no_server(monkeypatch):
    """Mail to broken@example.com cannot be sent."""
    deliver = EmailBackend.send_messages

    def fail(backend, mails):
        if "broken@example.com" in mails[0].to:
            raise SMTPServerDisconnected("please run connect() first")
        return deliver(backend, mails)

    monkeypatch.setattr(EmailBackend, "send_messages", fail)


def broken_channel():
    return mail_channel("broken", "broken@example.com")


def make_due():
    AlertMessage.objects.update(next_at=datetime.now(UTC))


class TestMail:
    def test_it_is_plain_text_with_its_key(self, messages):
        messages(mail_channel(address="owner@example.com, west@example.com"))
        send_due()
        [sent] = mail.outbox
        [message] = AlertMessage.objects.all()
        assert (sent.subject, sent.body) == (DOWN, "It is down.")
        assert sent.to == ["owner@example.com", "west@example.com"]
        assert sent.from_email == "Monitor <monitor@example.com>"
        assert sent.message()["Message-ID"] == f"<{message.pk}@example.com>"
        assert (message.state, message.attempts) == ("sent", 1)

    def test_it_is_sent_once(self, messages):
        messages()
        send_due()
        send_due()
        assert len(mail.outbox) == 1

    def test_without_a_mail_server_it_says_so(self, messages, settings):
        settings.EMAIL_HOST = ""
        messages()
        send_due()
        assert AlertMessage.objects.get().error == "mail is not set up: set EMAIL_HOST"


class TestFailures:
    def test_each_attempt_waits_for_longer_and_after_the_last_it_is_dead(
        self, messages, no_server
    ):
        messages(broken_channel())
        for number, wait in enumerate(WAITS, 1):
            begin = datetime.now(UTC)
            send_due()
            message = AlertMessage.objects.get()
            assert (message.state, message.attempts) == ("queued", number)
            assert begin + wait <= message.next_at <= datetime.now(UTC) + wait
            send_due()  # it is not due
            assert AlertMessage.objects.get().attempts == number
            make_due()
        send_due()
        message = AlertMessage.objects.get()
        assert (message.state, message.attempts) == ("dead", 6)
        assert message.error == "SMTPServerDisconnected: please run connect() first"

    def test_a_dead_message_can_be_sent_again(self, messages):
        messages()
        AlertMessage.objects.update(state="dead", attempts=6)
        send_due()
        assert not mail.outbox
        assert send_again(AlertMessage.objects.all()) == 1
        send_due()
        assert len(mail.outbox) == 1

    def test_a_channel_that_fails_does_not_keep_others_waiting(
        self, messages, no_server
    ):
        broken = broken_channel()
        messages(broken, broken, mail_channel())
        AlertMessage.objects.filter(channel=broken).update(
            next_at=datetime.now(UTC) - timedelta(minutes=1)
        )
        send_due()
        assert [sent.to for sent in mail.outbox] == [["owner@example.com"]]
        attempts = AlertMessage.objects.filter(channel=broken)
        assert sorted(attempts.values_list("attempts", flat=True)) == [0, 1]

    def test_an_attempt_that_does_not_end_counts_and_keeps_no_other_waiting(
        self, messages, monkeypatch
    ):
        poison = broken_channel()
        messages(poison, mail_channel())
        AlertMessage.objects.filter(channel=poison).update(
            next_at=datetime.now(UTC) - timedelta(minutes=1)
        )

        def send_or_fail(channel, message):
            if channel == poison:
                raise ZeroDivisionError
            SENDERS[channel.kind](channel, message)

        monkeypatch.setattr("reports.alerts.outbox.send", send_or_fail)
        for number in range(1, 7):
            with pytest.raises(ZeroDivisionError):
                send_due()
            message = AlertMessage.objects.get(channel=poison)
            assert (message.state, message.attempts) == ("queued", number)
            assert message.error == "the attempt did not end"
            send_due()  # the other one, the first time
            assert len(mail.outbox) == 1
            AlertMessage.objects.filter(channel=poison).update(
                next_at=datetime.now(UTC)
            )
        send_due()
        assert AlertMessage.objects.get(channel=poison).state == "dead"


@pytest.mark.django_db
@pytest.mark.usefixtures("stores")
def test_an_alert_and_its_message_are_written_together(monkeypatch):
    rule()
    evaluate("18:05", pier=False)

    def fail(*_):
        raise OSError("the worker is gone")

    monkeypatch.setattr("reports.alerts.evaluate.written", fail)
    with pytest.raises(OSError, match="gone"):
        evaluate("18:35")
    assert (Alert.objects.count(), AlertMessage.objects.count()) == (0, 0)
