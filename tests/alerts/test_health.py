"""What the doctor and the metrics say about alerts and their messages."""

from datetime import UTC, datetime, timedelta

import pytest
from rest_framework.test import APIClient

from reports.alerts import health
from reports.alerts.models import AlertMessage
from stores.health.checks import Unhealthy
from tests.alerts.monday import evaluate, mail_channel, rule
from tests.health.test_metrics import TOKEN, samples

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stores")]


def problem(check):
    with pytest.raises(Unhealthy) as error:
        check()
    return str(error.value)


def message(state, minutes, **fields):
    made = datetime.now(UTC) - timedelta(minutes=minutes)
    channel = fields.pop("channel", None) or mail_channel(f"{state} {minutes}")
    return AlertMessage.objects.create(
        channel=channel, subject="Down", state=state, created_at=made, **fields
    )


def test_a_rule_without_a_channel_is_a_problem():
    rule("West")
    assert health.alerts() == "1 rules, and 0 open alerts"
    rule("East", channels=[])
    assert problem(health.alerts).startswith("1 rules, such as East, have no channel")


def test_a_channel_of_mail_needs_a_server_and_links_an_address(settings):
    settings.EMAIL_HOST = settings.SITE_URL = ""
    assert health.channels().startswith("0 channels")
    mail_channel()
    assert "such as owners, send nothing" in problem(health.channels)
    settings.EMAIL_HOST = "mail.example.com"
    assert "Set SITE_URL" in problem(health.channels)
    settings.SITE_URL = "https://monitor.example.com"
    assert health.channels() == "1 channels, whose variables are set"


def test_messages_that_are_dead_or_wait_for_long_are_a_problem():
    assert health.messages() == "no message is waiting"
    message("queued", minutes=14)
    assert health.messages().startswith("the oldest waiting message has waited for 0:1")
    waiting = message("queued", minutes=16, error="no answer")
    text = problem(health.messages)
    assert text.startswith("the oldest waiting message has waited for 0:16:0")
    assert text.endswith(f": no answer. It goes over {waiting.channel.name}.")
    message("dead", minutes=60)
    assert problem(health.messages).startswith("1 messages could not be sent.")


def test_the_metrics_count_open_alerts_and_messages(settings):
    settings.METRICS_TOKEN = TOKEN
    rule(channels=[])
    evaluate("18:05", pier=False)
    evaluate("18:30")
    channel = mail_channel()
    for state, minutes in (("queued", 5), ("queued", 1), ("dead", 9), ("sent", 9)):
        message(state, minutes, channel=channel)
    found = samples(APIClient())
    assert found["alerts", "kind=down"] == 1
    assert found["alerts", "kind=uptime"] == 0
    assert found["messages", "state=queued"] == 2
    assert found["messages", "state=dead"] == 1
    assert 300 <= found["oldest_waiting_message_age_seconds", ""] < 360
