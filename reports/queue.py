"""The queue of reports and ingests, and the watch over it."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django_q.models import OrmQ
from django_q.tasks import async_task

import sql
from reports.models import Heartbeat, Report
from stores import jobs
from stores.models import Ingest


def request_report(as_of=None, store_ids=None):
    """Make a Report that a worker will compute; return it."""
    with transaction.atomic():
        report = Report.objects.create(as_of=as_of, store_ids=store_ids)
        jobs.enqueue(report)
    return report


def take_up_again():
    """Queue what lost its worker; return how many reports and ingests are at hand."""
    reports, ingests = jobs.take_up_again(Report), jobs.take_up_again(Ingest)
    if not reports:
        # What was taken so long ago, and nobody is at, has been lost on the way. There
        # is a worker for it beside an ingest, whose own message then comes to nothing.
        unlock_messages(taken_for=timedelta(seconds=settings.HEARTBEAT_SECONDS))
    if not OrmQ.objects.exists():
        jobs.enqueue_forgotten(Report)
        if not ingests:  # of which one is done after the other
            jobs.enqueue_forgotten(Ingest)
    return reports + ingests


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
