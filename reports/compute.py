"""Computes a report: brings the timeline up to date, cuts it, sums it."""

from datetime import UTC, datetime, timedelta

import sql
from reports.models import Report
from stores import timeline
from stores.models import Store

WINDOWS = {
    "hour": timedelta(hours=1),
    "day": timedelta(hours=24),
    "week": timedelta(hours=168),
}


@timeline.refreshing()
def compute(report):
    """Compute the rows of a Report and save it, complete, with them.

    Its `as_of`, if not given, becomes the newest poll's. Raises UnknownStore or
    timeline.NoMoment, and then saves nothing.
    """
    Store.refuse_unknown(report.store_ids or [])
    report.as_of = timeline.refresh(report.as_of)
    report.store_count = sql.run(
        "report/compute",
        report_id=report.report_id,
        as_of=report.as_of,
        **window_starts(report.as_of),
        store_ids=report.store_ids,
    )
    report.state = Report.State.COMPLETE
    report.error = ""  # of an attempt before this one
    report.finished_at = datetime.now(UTC)
    report.save(force_update=True)  # not if it was deleted meanwhile


def window_starts(as_of):
    """Return where the windows of rule 7 begin; they reach back so many hours."""
    return {f"{name}_start": as_of - length for name, length in WINDOWS.items()}


@timeline.refreshing()
def compute_now(as_of=None, store_ids=None):
    """Make a Report and compute it here and now; return it. Raises as compute does."""
    report = Report.objects.create(
        state=Report.State.RUNNING,
        as_of=as_of,
        store_ids=store_ids,
        started_at=datetime.now(UTC),
        attempts=1,
    )
    compute(report)
    return report
