"""Webhooks are signed as Standard Webhooks says, and tried again."""

import json
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from standardwebhooks import Webhook

from reports.alerts.channels import is_secret, new_secret, signed
from reports.alerts.models import AlertMessage
from reports.alerts.outbox import send_due
from tests.alerts.monday import (
    SECRET,
    evaluate,
    mail_channel,
    rule,
    webhook_channel,
)
from tests.support.receiver import receiver


@pytest.fixture
def hook():
    with receiver() as server:
        yield server


def test_the_signature_is_that_of_the_test_vector_of_the_specification():
    now = datetime.fromtimestamp(1614265330, UTC)
    body = '{"test": 2432232314}'
    headers = signed(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", now, body)
    assert headers == {
        "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "Webhook-Timestamp": "1614265330",
        "Webhook-Signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_secret_has_24_to_64_bytes():
    assert is_secret(SECRET)
    assert is_secret(new_secret())
    for text in (
        SECRET.removeprefix("whsec_"),
        "whsec_c2hvcnQ=",
        "whsec_no base64 at all, but long enough for it",
        "",
    ):
        assert not is_secret(text)


@pytest.mark.django_db
@pytest.mark.usefixtures("stores")
def test_a_webhook_gets_what_the_mail_says_and_data(hook):
    rule(channels=[webhook_channel(hook.url)])
    evaluate("18:05", pier=False)
    evaluate("18:35")
    send_due()
    [sent], [message] = hook.requests, AlertMessage.objects.all()
    Webhook(SECRET).verify(sent.body, dict(sent.headers))
    assert sent.headers["Webhook-Id"] == str(message.pk)
    assert sent.headers["Content-Type"] == "application/json"
    content = json.loads(sent.body)
    assert content["type"] == "alert.opened"
    assert content["data"]["subject"] == "Down: Pier 39 since 12:05 (Chicago)"
    assert content["data"]["text"] == message.body
    [alert] = content["data"]["alerts"]
    assert alert == {
        "alert_id": alert["alert_id"],
        "store_id": "pier",
        "store_name": "Pier 39",
        "labels": ["brand:Bella", "region:west"],
        "together": None,
        "uptime": None,
        "starts_at": "2023-01-23T18:05:00+00:00",
        "ended_at": None,
        "down_seconds": 1800.0,
    }


@pytest.mark.django_db
class TestFailures:
    @pytest.mark.parametrize("status", [500, 404, 302])
    def test_only_a_status_2xx_is_a_success(self, hook, status):
        hook.status = status
        AlertMessage.objects.create(channel=webhook_channel(hook.url), subject="Down")
        send_due()
        message = AlertMessage.objects.get()
        assert (message.state, len(hook.requests)) == ("queued", 1)
        assert message.error == f"the webhook answered with the status {status}"

    def test_the_next_attempt_has_the_same_key(self, hook):
        hook.status = 503
        AlertMessage.objects.create(channel=webhook_channel(hook.url), subject="Down")
        send_due()
        hook.status = 200
        AlertMessage.objects.update(next_at=datetime.now(UTC))
        send_due()
        first, second = hook.requests
        assert first.headers["Webhook-Id"] == second.headers["Webhook-Id"]
        assert first.body == second.body
        assert AlertMessage.objects.get().state == "sent"

    def test_nobody_answers(self, hook):
        url = hook.url.replace("127.0.0.1", "127.0.0.2")
        AlertMessage.objects.create(channel=webhook_channel(url), subject="Down")
        send_due()
        assert AlertMessage.objects.get().error.startswith("ConnectionError: ")


@pytest.mark.django_db
class TestSendTest:
    def test_it_sends_a_test(self, hook, capsys):
        webhook_channel(hook.url)
        call_command("send_test", "hook")
        assert json.loads(hook.requests[0].body)["type"] == "alert.test"
        assert capsys.readouterr().out == "Sent over hook.\n"
        assert not AlertMessage.objects.exists()

    def test_it_says_why_it_cannot(self, settings):
        settings.EMAIL_HOST = ""
        mail_channel()
        with pytest.raises(CommandError, match="not sent: mail is not set up"):
            call_command("send_test", "owners")
        with pytest.raises(CommandError, match="there is no channel others"):
            call_command("send_test", "others")
