"""If the worker is killed, each message still arrives, and shows if it came twice."""

from datetime import UTC, datetime, timedelta

from django.db import connection

from reports.alerts.models import AlertMessage
from tests.alerts.monday import mail_channel, rule, webhook_channel
from tests.support import engine, services
from tests.support.mailbox import mailbox
from tests.support.receiver import receiver
from tests.support.reference import Data

NOW = datetime.now(UTC).replace(microsecond=0)


def minutes_ago(minutes):
    return NOW - timedelta(minutes=minutes)


def load_an_outage():
    """A store that is always open is down for 30 minutes, up to a minute ago."""
    up, down = ("pier", True, minutes_ago(60)), ("pier", False, minutes_ago(31))
    other = ("clock", True, minutes_ago(1))
    engine.load(Data([up, down, other], [], []))


def test_a_worker_that_is_killed_while_it_sends_loses_no_message(own_database):
    """It is killed while it sends the mail. The webhook may wait, or be sent before."""
    with mailbox() as box, receiver() as hook:
        rule(channels=[mail_channel(), webhook_channel(hook.url)])
        load_an_outage()
        connection.close()
        variables = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(box.port)}
        box.hold()
        with services.working(own_database, **variables) as service:
            services.wait_for("a mail is being sent", service, lambda: box.mails)
            services.kill(services.all_processes(service))
            service.process.wait()
        by_mail = AlertMessage.objects.get(channel__kind="mail")
        assert by_mail.state == "queued"
        connection.close()
        box.go_on()
        with services.working(own_database, **variables) as service:
            services.wait_for(
                "the messages are sent",
                service,
                lambda: AlertMessage.objects.filter(state="sent").count() == 2,
            )
            services.kill(services.all_processes(service))
        first, second = box.mails
        assert first["Message-ID"] == second["Message-ID"]
        assert str(by_mail.pk) in first["Message-ID"]
        assert first["Subject"].startswith("Down: pier since ")
        keys = {sent.headers["Webhook-Id"] for sent in hook.requests}
        by_hook = AlertMessage.objects.get(channel__kind="webhook")
        assert keys == {str(by_hook.pk)}
