"""Deletes reports, and old polls, records of ingests, audit entries and alerts."""

from datetime import UTC, datetime, timedelta

from django.db import transaction

from reports.alerts.prune import prune_alerts
from reports.compute import described
from reports.models import Report, ReportRow
from restaurant_monitor.access.audit import prune_entries, record_all, record_pruned
from restaurant_monitor.jobs import queue
from stores.hours.changes import prune_changes
from stores.ingest.prune import prune_ingests
from stores.polling.prune import prune_rounds
from stores.timeline.prune import prune_polls

AT_ONCE = 50


@transaction.atomic
def delete(reports):
    """Delete a queryset of reports with their rows, for whoever asked for it."""
    # Of two who delete one, only the first did. The figures may be megabytes.
    found = reports.defer("figures").select_for_update()
    changes = {report.pk: (described(report), None) for report in found}
    delete_with_rows(list(changes))
    record_all("report.deleted", changes)


@transaction.atomic
def prune_some(reports):
    """Delete a queryset of old reports with their rows; return their number."""
    report_ids = list(reports.values_list("pk", flat=True))
    delete_with_rows(report_ids)
    record_pruned("reports", len(report_ids))
    return len(report_ids)


def delete_with_rows(report_ids):
    # In this order: the first delete waits for a transaction that completes a report.
    Report.objects.filter(pk__in=report_ids).delete()
    ReportRow.objects.filter(report_id__in=report_ids).delete()


def prune_reports(keep_days):
    """Delete finished reports requested over `keep_days` ago; return their number."""
    before = datetime.now(UTC) - timedelta(days=keep_days)
    finished = Report.objects.filter(
        requested_at__lt=before, state__in=[Report.State.COMPLETE, Report.State.FAILED]
    )
    deleted = 0
    while count := prune_some(finished[:AT_ONCE]):
        deleted += count
    return deleted


def prune(keep_polls, keep_reports, keep_audit, keep_alerts=None):
    """Delete old polls, reports, records of ingests, audit entries and alerts.

    Returns how many of each. The arguments are in days. None keeps all. Special hours
    that were set for many stores can be undone as long as audit entries are kept.
    Raises ValueError if too few polls for a report would remain.
    """
    polls = 0 if keep_polls is None else sum(prune_polls(keep_polls))
    reports = ingests = 0
    if keep_reports is not None:
        queue.forget_failures(keep_reports)
        reports, ingests = prune_reports(keep_reports), prune_ingests(keep_reports)
    prune_rounds(keep_reports)
    entries = 0
    if keep_audit is not None:
        prune_changes(keep_audit)
        entries = prune_entries(keep_audit)
    alerts = 0 if keep_alerts is None else prune_alerts(keep_alerts)
    return polls, reports, ingests, entries, alerts
