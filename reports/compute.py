"""Computes a report: brings the timeline up to date, cuts it, sums it."""

from datetime import UTC, datetime

from django.db import transaction

import sql
from reports.models import Report
from stores import timeline
from stores.models import Store


def compute(as_of=None, store_ids=None):
    """Compute a report and keep it with its rows; return the Report.

    `as_of` is an aware instant, by default that of the newest poll; `store_ids`
    limits the rows to some stores. Raises UnknownStore or timeline.NoMoment, and
    then keeps nothing.
    """
    report = Report(store_ids=store_ids, started_at=datetime.now(UTC))
    Store.refuse_unknown(store_ids or [])
    report.as_of = timeline.refresh(as_of)
    with transaction.atomic():
        sql.run("session_for_bulk")
        sql.run(
            "report/compute",
            report_id=report.report_id,
            as_of=report.as_of,
            store_ids=store_ids,
        )
        report.finished_at = datetime.now(UTC)
        report.save(force_insert=True)
    return report
