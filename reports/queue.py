"""Reports on their way: asked for, queued, taken up again when a worker died.

The queue delivers a message at least once, and loses one now and then when its
processes are killed. What is true is the Report: whoever computes it holds a lock
that ends with the connection, so that a report that is running and not held has
lost its worker.
"""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django_q.models import OrmQ
from django_q.tasks import async_task

import sql
from reports.models import Heartbeat, Report

QUEUED = Report.State.QUEUED
RUNNING = Report.State.RUNNING
FAILED = Report.State.FAILED


def request_report(as_of=None, store_ids=None):
    """Make a Report that a worker will compute; return it."""
    with transaction.atomic():
        report = Report.objects.create(as_of=as_of, store_ids=store_ids)
        enqueue(report.report_id)
    return report


def enqueue(report_id):
    async_task("reports.tasks.compute_report", str(report_id))


@contextmanager
def held(report_id):
    """Hold a report as long as the connection lasts; tell if nobody else does."""
    is_mine = sql.one("report/hold", report_id=str(report_id)).is_mine
    try:
        yield is_mine
    finally:
        if is_mine:
            sql.one("report/release", report_id=str(report_id))


def claim(report_id):
    """Count one more attempt; tell if there is one left, and anything to do."""
    unfinished = Report.objects.filter(pk=report_id, state__in=[QUEUED, RUNNING])
    return unfinished.filter(attempts__lt=settings.REPORT_ATTEMPTS).update(
        state=RUNNING, attempts=F("attempts") + 1, started_at=datetime.now(UTC)
    )


def fail(report_id, reason):
    """End an unfinished report with the reason why there is none."""
    Report.objects.filter(pk=report_id, state__in=[QUEUED, RUNNING]).update(
        state=FAILED, error=reason, finished_at=datetime.now(UTC)
    )


def take_up_again():
    """Queue the reports that lost their worker; return how many are being computed."""
    busy = 0
    running = Report.objects.filter(state=RUNNING).values_list("pk", flat=True)
    for report_id in running:
        with held(report_id) as is_lost:
            if is_lost:
                requeue(report_id)
            else:
                busy += 1
    if not busy:
        # What was taken so long ago, and nobody is at, has been lost on the way.
        unlock_messages(taken_for=timedelta(seconds=settings.HEARTBEAT_SECONDS))
    if not OrmQ.objects.exists():
        enqueue_forgotten()
    return busy


@transaction.atomic
def requeue(report_id):
    """Queue a report that lost its worker, or give it up after enough attempts."""
    report = Report.objects.filter(pk=report_id, state=RUNNING).first()
    if report is None:
        return
    if report.attempts >= settings.REPORT_ATTEMPTS:
        reason = report.error or "the worker died"
        fail(report_id, f"given up after {report.attempts} attempts: {reason}")
        return
    Report.objects.filter(pk=report_id, state=RUNNING).update(state=QUEUED)
    enqueue(report_id)


def enqueue_forgotten():
    """Queue again the reports whose message is lost; there is none in the queue."""
    for report_id in Report.objects.filter(state=QUEUED).values_list("pk", flat=True):
        enqueue(report_id)


def unlock_messages(taken_for=None):
    """Have the messages delivered anew that were taken, at least so long ago."""
    now = datetime.now(UTC)
    taken = OrmQ.objects.filter(lock__gt=now)
    if taken_for is not None:
        # A message is locked, when it is taken, until it is delivered anew of itself.
        retry = timedelta(seconds=settings.Q_CLUSTER["retry"])
        taken = taken.filter(lock__lte=now - taken_for + retry)
    taken.update(lock=now - timedelta(seconds=1))


def beat():
    """Send a message through the queue; when it is through, Heartbeat says so."""
    async_task("reports.tasks.show_life")


def last_seen_alive():
    """Return when a message last came through the queue, or None."""
    return Heartbeat.objects.values_list("seen_at", flat=True).first()


def is_worker_alive():
    """Tell if a message came through the queue lately, or a report is at hand."""
    limit = datetime.now(UTC) - timedelta(seconds=settings.HEARTBEAT_SECONDS)
    return sql.one("report/worker_is_alive", since=limit).is_alive
