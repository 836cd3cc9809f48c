"""Old alerts and messages are deleted. What is open or not sent yet stays."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command

from reports.alerts.models import Alert, AlertMessage
from tests.access.entries import recorded
from tests.alerts.monday import mail_channel, rule

pytestmark = pytest.mark.django_db


def days_ago(days):
    return datetime.now(UTC) - timedelta(days=days)


def test_prune_deletes_what_ended_or_was_written_long_ago(capsys):
    owners = mail_channel()
    made = rule(channels=[owners])
    for name, closed_at in {
        "old": days_ago(31),
        "new": days_ago(29),
        "open": None,
    }.items():
        Alert.objects.create(
            rule=made,
            store_id=name,
            starts_at=days_ago(40),
            opened_at=days_ago(40),
            closed_at=closed_at,
        )
    for state in ("sent", "dead", "queued"):
        AlertMessage.objects.create(
            channel=owners, subject=state, state=state, created_at=days_ago(31)
        )
    AlertMessage.objects.create(channel=owners, subject="new", state="sent")
    with recorded() as found:
        call_command("prune", alerts=30)
    assert "and 1 alerts.\n" in capsys.readouterr().out
    assert {*Alert.objects.values_list("store_id", flat=True)} == {"new", "open"}
    left = AlertMessage.objects.values_list("subject", flat=True)
    assert {*left} == {"queued", "new"}
    pruned = {entry.subject: entry.after["deleted"] for entry in found}
    assert pruned == {"alerts": 1, "messages of alerts": 2}
