"""Deletes reports, and old polls and records of ingests."""

from datetime import UTC, datetime, timedelta

from django.db import transaction

from reports.models import Report, ReportRow
from restaurant_monitor.jobs import queue
from stores.ingest.prune import prune_ingests
from stores.timeline.prune import prune_polls

AT_ONCE = 50


@transaction.atomic
def delete(reports):
    """Delete a queryset of reports with their rows; return the number of reports."""
    report_ids = list(reports.values_list("pk", flat=True))
    # In this order: the first delete waits for a transaction that completes a report.
    Report.objects.filter(pk__in=report_ids).delete()
    ReportRow.objects.filter(report_id__in=report_ids).delete()
    return len(report_ids)


def prune_reports(keep_days):
    """Delete finished reports requested over `keep_days` ago; return their number."""
    before = datetime.now(UTC) - timedelta(days=keep_days)
    finished = Report.objects.filter(
        requested_at__lt=before, state__in=[Report.State.COMPLETE, Report.State.FAILED]
    )
    deleted = 0
    while count := delete(finished[:AT_ONCE]):
        deleted += count
    return deleted


def prune(keep_polls, keep_reports):
    """Delete old polls, reports and records of ingests; return how many of each.

    The arguments are in days. None keeps all. Raises ValueError if too few polls for a
    report would remain.
    """
    polls = 0 if keep_polls is None else sum(prune_polls(keep_polls))
    if keep_reports is None:
        return polls, 0, 0
    queue.forget_failures(keep_reports)
    return polls, prune_reports(keep_reports), prune_ingests(keep_reports)
