"""Deletes reports, and all that is older than it must be kept."""

from datetime import UTC, datetime, timedelta

from django.db import transaction

from reports.models import Report, ReportRow
from stores.ingest.prune import prune_ingests
from stores.timeline.prune import prune_polls

AT_ONCE = 50


@transaction.atomic
def delete(reports):
    """Delete a queryset of reports with their rows; return the number of reports."""
    report_ids = list(reports.values_list("pk", flat=True))
    # In this order, so that a report that is being completed is waited for.
    Report.objects.filter(pk__in=report_ids).delete()
    ReportRow.objects.filter(report_id__in=report_ids).delete()
    return len(report_ids)


def prune_reports(keep_days):
    """Delete the reports requested more than so many days ago; return their number."""
    before = datetime.now(UTC) - timedelta(days=keep_days)
    finished = Report.objects.filter(
        requested_at__lt=before, state__in=[Report.State.COMPLETE, Report.State.FAILED]
    )
    deleted = 0
    while count := delete(finished[:AT_ONCE]):
        deleted += count
    return deleted


def prune(keep_polls, keep_reports):
    """Delete polls, and reports and records of ingests, older than so many days.

    None keeps them all. Returns how many of each were deleted. Raises ValueError if the
    polls left would be too few for a report.
    """
    polls = 0 if keep_polls is None else sum(prune_polls(keep_polls))
    reports = 0 if keep_reports is None else prune_reports(keep_reports)
    ingests = 0 if keep_reports is None else prune_ingests(keep_reports)
    return polls, reports, ingests
