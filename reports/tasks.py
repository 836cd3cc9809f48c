"""What the worker does."""

from datetime import UTC, datetime

from django.conf import settings

from reports import retention
from reports.compute import compute
from reports.models import Heartbeat, Report
from stores import jobs
from stores.models import UnknownStore
from stores.timeline import NoMoment


def compute_report(report_id):
    """Compute a report, unless it is done, given up, or someone is at it."""
    jobs.attempt(Report, report_id, compute, hopeless=(NoMoment, UnknownStore))


def prune():
    """Forget what is older than the settings say; scheduled daily."""
    retention.prune(settings.KEEP_POLLS_DAYS, settings.KEEP_REPORTS_DAYS)


def show_life():
    """Do nothing: that this got through is the message."""


def note_life(**_):
    """Note that a message went all the way through the queue's processes."""
    Heartbeat.objects.update_or_create(defaults={"seen_at": datetime.now(UTC)})
