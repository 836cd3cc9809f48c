"""Deletes reports, and forgets old ones."""

from datetime import UTC, datetime, timedelta

from django.db import transaction

import sql
from reports.models import Report
from stores.retention import prune_ingests, prune_polls

AT_ONCE = 50


@transaction.atomic
def delete(reports):
    """Delete a queryset of reports with their rows; return how many there were."""
    report_ids = list(reports.values_list("pk", flat=True))
    # In this order: a report that is just being completed is waited for.
    Report.objects.filter(pk__in=report_ids).delete()
    sql.run("report/delete_rows", report_ids=report_ids)
    return len(report_ids)


def prune_reports(keep_days):
    """Delete the reports asked for more than so many days ago; return how many."""
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

    None keeps them all. Returns how many of each went. Raises ValueError where the
    polls left would be too few for a report.
    """
    polls = 0 if keep_polls is None else sum(prune_polls(keep_polls))
    reports = 0 if keep_reports is None else prune_reports(keep_reports)
    ingests = 0 if keep_reports is None else prune_ingests(keep_reports)
    return polls, reports, ingests
