"""Schedules, and a store that was up and down yesterday."""

from datetime import UTC, datetime, timedelta

from reports.scheduled.models import ReportSchedule
from reports.scheduled.schedules import save_schedule
from tests.alerts.monday import mail_channel
from tests.support import engine
from tests.support.reference import Data

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def load_yesterday():
    """A store that is always open was up until noon, then down; today it is up."""
    noon = TODAY - timedelta(hours=12)
    polls = [("a", True, noon - timedelta(hours=11)), ("a", False, noon)]
    engine.load(Data([*polls, ("a", True, TODAY)], [], [("a", "UTC")]))


def schedule(**fields):
    plain = {"name": "Owners", "period": "day", "timezone": "UTC", "hour": 6}
    made = ReportSchedule(**plain | fields)
    save_schedule(made, [mail_channel()])
    return made


def make_due(**fields):
    made = schedule(**fields)
    assert made.next_at > datetime.now(UTC)
    ReportSchedule.objects.filter(pk=made.pk).update(next_at=TODAY)
    return made
