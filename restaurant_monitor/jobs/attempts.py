"""How a worker runs a job: lock it, count the attempt, do the work, end it.

A worker holds a lock on its job. The lock ends with the database connection. A running
job without a lock has lost its worker.
"""

from contextlib import contextmanager
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import F
from django.utils.module_loading import import_string
from django_q.exceptions import TimeoutException

import sql
from restaurant_monitor.jobs.figures import count_end
from restaurant_monitor.jobs.lines import logged
from restaurant_monitor.jobs.models import Job
from restaurant_monitor.jobs.queue import enqueue

QUEUED, RUNNING, FAILED = Job.State.QUEUED, Job.State.RUNNING, Job.State.FAILED


class GiveUp(Exception):
    """Trying this job again would not help. The message says why."""


def attempt(kind, job_id):
    """Attempt a job, unless it has ended or another worker holds it.

    If the kind is ONE_AT_A_TIME and another job of it is running, this does nothing:
    when that job ends, its worker queues the next one.
    """
    if not kind.ONE_AT_A_TIME:
        attempt_now(kind, job_id)
        return
    with held(f"the turn of {kind._meta.label}") as is_free:
        if is_free:
            attempt_now(kind, job_id)
    if is_free:
        enqueue_next(kind)


def attempt_now(kind, job_id):
    with held(job_id) as is_mine:
        if is_mine and claim(kind, job_id):
            job = kind.objects.get(pk=job_id)
            with logged(job):
                do_work(job)


@contextmanager
def held(key):
    """Hold a lock while open. Yields False if another connection holds it."""
    is_mine = sql.hold(str(key))
    try:
        yield is_mine
    finally:
        if is_mine:
            sql.release(str(key))


def claim(kind, job_id):
    """Count an attempt. Return 0 if the job has ended or no attempt is left, else 1."""
    left = unfinished(kind, job_id).filter(attempts__lt=kind.ATTEMPTS)
    return left.update(
        state=RUNNING, attempts=F("attempts") + 1, started_at=datetime.now(UTC)
    )


def unfinished(kind, job_id):
    return kind.objects.filter(pk=job_id, state__in=[QUEUED, RUNNING])


def do_work(job):
    """Do the work of a claimed job.

    GiveUp ends the job. Any other error is saved as the reason and raised again. Then
    the job is tried again while it has attempts left.
    """
    try:
        with limited(job.SECONDS):
            import_string(job.WORK)(job)
    except GiveUp as error:
        fail(job, str(error))
    except (Exception, TimeoutException) as error:
        reason = str(error).strip() or type(error).__name__
        type(job).objects.filter(pk=job.pk, state=RUNNING).update(error=reason)
        raise


@contextmanager
def limited(seconds):
    """Limit the time of each statement while open."""
    sql.limit_statements(seconds)
    try:
        yield
    finally:
        sql.limit_statements(0)


@transaction.atomic
def fail(job, reason):
    """End an unfinished job with the reason."""
    now = datetime.now(UTC)
    ended = unfinished(type(job), job.pk).update(
        state=FAILED, error=reason, finished_at=now
    )
    if ended:
        count_end(job, FAILED, now)
    job.delete_input()


def enqueue_next(kind):
    for job in kind.objects.filter(state=QUEUED).order_by("requested_at")[:1]:
        enqueue(job)
