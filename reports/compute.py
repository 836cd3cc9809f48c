"""Computes reports from the timeline, which it brings up to date first."""

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, Q

import sql
from reports.models import Report
from reports.ranges import compute_range, refuse_range
from restaurant_monitor.access.actors import current_user_id
from restaurant_monitor.access.audit import record
from restaurant_monitor.http.errors import TooManyWaiting
from restaurant_monitor.jobs.attempts import GiveUp
from restaurant_monitor.jobs.figures import count_end
from restaurant_monitor.jobs.queue import enqueue
from stores.labels import ids_with_labels
from stores.models import Mark, Store, UnknownStore
from stores.timeline.moments import NoFigures
from stores.timeline.refresh import refresh, refreshing

MOST_WAITING = 100
QUEUED, RUNNING = Report.State.QUEUED, Report.State.RUNNING
WINDOWS = {
    "hour": timedelta(hours=1),
    "day": timedelta(hours=24),
    "week": timedelta(hours=168),
}


def request_report(as_of=None, store_ids=None, labels=None):
    """Return a Report for a worker to compute: a new one, or an equal one that waits.

    With `labels`, it has the stores that have them now, of those with the ids if given.
    Raises TooManyWaiting or NoStores.
    """
    if labels:
        store_ids = ids_with_labels(labels, store_ids)
    return request(as_of=as_of, store_ids=store_ids, labels=labels)


def request_range(since, until, labels, group_by):
    """Return a Report of a range, as request_report does. See GET /api/uptime.

    It has the stores that its user sees when it is computed. Raises TooManyWaiting.
    """
    return request(as_of=until, since=since, labels=labels, group_by=group_by)


@transaction.atomic
def request(**wanted):
    """Return a new Report with these fields, or an equal one that waits.

    Requests wait for each other, so that each sees the last one.
    """
    sql.hold_until_commit("request a report")
    if report := equal_report(Report(**wanted)):
        return report
    if Report.objects.filter(state=QUEUED).count() >= MOST_WAITING:
        raise TooManyWaiting(f"{MOST_WAITING} reports are waiting; try again later")
    report = Report.objects.create(**wanted)
    enqueue(report)
    record("report.requested", report.pk, after=described(report))
    return report


def described(report):
    """Return what the audit log has of a report. `stores` is their number, or all."""
    count = "all" if report.store_ids is None else len(report.store_ids)
    found = {"as_of": report.as_of, "stores": count, "labels": report.labels}
    if report.since:
        found |= {"from": report.since, "group_by": report.group_by}
    return found


def equal_report(wanted):
    """Return an unfinished Report that will be what a new one would be, or None.

    One in the queue will have all data of now. One that is being computed may have read
    its data already. It has all data of now if nothing is marked: while it holds the
    lock of the timeline, nobody else takes marks away.
    """
    all_is_read = Q(state=RUNNING) & ~Exists(Mark.objects.all())
    may_see = Q(store_ids=None, since=None) | Q(requested_by=current_user_id())
    found = Report.objects.filter(
        may_see,
        Q(state=QUEUED) | all_is_read,
        as_of=wanted.as_of,
        since=wanted.since,
        group_by=wanted.group_by,
    )
    for report in found.order_by("requested_at"):
        if stores_of(report) == stores_of(wanted):
            return report
    return None


def stores_of(report):
    return as_set(report.store_ids), as_set(report.labels)


def as_set(texts):
    return None if texts is None else set(texts)


@refreshing()
def compute_now(as_of=None, store_ids=None, labels=None):
    """Create a Report, compute it now and return it. See request_report.

    Raises NoStores, and the errors of compute.
    """
    if labels:
        Store.refuse_unknown(store_ids or [])
        store_ids = ids_with_labels(labels, store_ids)
    report = Report.objects.create(
        state=Report.State.RUNNING,
        as_of=as_of,
        store_ids=store_ids,
        labels=labels,
        started_at=datetime.now(UTC),
        attempts=1,
    )
    compute(report)
    record("report.requested", report.pk, after=described(report))
    return report


def work(report):
    """Compute a Report; raise GiveUp if there can be no figures."""
    try:
        compute(report)
    except (NoFigures, UnknownStore) as error:
        raise GiveUp(str(error)) from error


@refreshing()
def compute(report):
    """Compute the figures of a Report, and save them and the Report as complete.

    If `as_of` is None, it becomes the newest moment (rule 7). Raises UnknownStore or
    NoFigures, and then saves nothing.
    """
    if report.since:
        refresh()
        refuse_range(report.since, report.as_of, datetime.now(UTC))
        compute_range(report)
    else:
        compute_rows(report)
    report.state = Report.State.COMPLETE
    report.error = ""  # of an earlier attempt
    report.finished_at = datetime.now(UTC)
    report.save(force_update=True)  # fails if the report was deleted in the meantime
    count_end(report, report.state, report.finished_at)


def compute_rows(report):
    Store.refuse_unknown(report.store_ids or [])
    report.as_of = refresh(report.as_of)
    report.store_count = sql.run(
        "report/compute",
        report_id=report.report_id,
        as_of=report.as_of,
        **window_starts(report.as_of),
        store_ids=report.store_ids,
    )


def window_starts(as_of):
    """Return where the windows of rule 7 begin."""
    return {f"{name}_start": as_of - length for name, length in WINDOWS.items()}
