"""What the worker does."""

from datetime import UTC, datetime

from django.conf import settings

import sql
from reports import retention
from reports.compute import compute
from reports.models import Heartbeat, Report
from reports.queue import claim, fail, held
from stores.models import UnknownStore
from stores.timeline import NoMoment


def compute_report(report_id):
    """Compute a report, unless it is done, given up, or someone is at it."""
    with held(report_id) as is_mine:
        if is_mine and claim(report_id):
            attempt(Report.objects.get(pk=report_id))


def attempt(report):
    """Compute a report. One that cannot be is failed; after other errors it is taken
    up again, as long as it has attempts left.
    """
    sql.one("report/limit_time", milliseconds=settings.REPORT_SECONDS * 1000)
    try:
        compute(report)
    except (NoMoment, UnknownStore) as error:
        fail(report.report_id, str(error))
    except Exception as error:
        unfinished = Report.objects.filter(pk=report.pk, state=Report.State.RUNNING)
        unfinished.update(error=str(error).strip() or type(error).__name__)
        raise


def prune():
    """Forget what is older than the settings say; scheduled daily."""
    retention.prune(settings.KEEP_POLLS_DAYS, settings.KEEP_REPORTS_DAYS)


def show_life():
    """Do nothing: that this got through is the message."""


def note_life(**_):
    """Note that a message went all the way through the queue's processes."""
    Heartbeat.objects.update_or_create(defaults={"seen_at": datetime.now(UTC)})
