"""Jobs on their way: queued, computed, taken up again when a worker died.

The queue delivers a message at least once, and loses one now and then when its
processes are killed. What is true is the Job, be it a report or an ingest: whoever is
at it holds a lock that ends with the connection, so that a job that is running and not
held has lost its worker.
"""

from contextlib import contextmanager
from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django_q.exceptions import TimeoutException
from django_q.tasks import async_task

import sql
from stores.models import Job

QUEUED = Job.State.QUEUED
RUNNING = Job.State.RUNNING
FAILED = Job.State.FAILED


def enqueue(job):
    """Send the message on which a worker does a job."""
    timeout = job.SECONDS + settings.GRACE_SECONDS
    async_task(job.TASK, str(job.pk), timeout=timeout)


@contextmanager
def held(job_id):
    """Hold a job as long as the connection lasts; tell if nobody else does."""
    is_mine = sql.one("job/hold", job_id=str(job_id)).is_mine
    try:
        yield is_mine
    finally:
        if is_mine:
            sql.one("job/release", job_id=str(job_id))


@contextmanager
def limited(seconds):
    """Let no statement take longer, and leave no limit to what comes after."""
    sql.one("job/limit_time", milliseconds=seconds * 1000)
    try:
        yield
    finally:
        sql.one("job/limit_time", milliseconds=0)


def unfinished(kind, job_id):
    return kind.objects.filter(pk=job_id, state__in=[QUEUED, RUNNING])


def claim(kind, job_id):
    """Count one more attempt; tell if there is one left, and anything to do."""
    left = unfinished(kind, job_id).filter(attempts__lt=settings.REPORT_ATTEMPTS)
    return left.update(
        state=RUNNING, attempts=F("attempts") + 1, started_at=datetime.now(UTC)
    )


def attempt(kind, job_id, work, hopeless):
    """Have `work` do a job, unless it is done, given up, or someone is at it.

    A job that cannot be done, which the `hopeless` exceptions say, is failed; after
    other errors it is taken up again, as long as it has attempts left.
    """
    with held(job_id) as is_mine:
        if not is_mine or not claim(kind, job_id):
            return
        job = kind.objects.get(pk=job_id)
        try:
            with limited(kind.SECONDS):
                work(job)
        except hopeless as error:
            fail(job, str(error))
        except (Exception, TimeoutException) as error:
            reason = str(error).strip() or type(error).__name__
            kind.objects.filter(pk=job_id, state=RUNNING).update(error=reason)
            raise


@transaction.atomic
def fail(job, reason):
    """End an unfinished job with the reason why nothing came of it."""
    unfinished(type(job), job.pk).update(
        state=FAILED, error=reason, finished_at=datetime.now(UTC)
    )
    job.forget_input()


def take_up_again(kind):
    """Queue the jobs that lost their worker; return how many someone is at."""
    busy = 0
    for job_id in kind.objects.filter(state=RUNNING).values_list("pk", flat=True):
        with held(job_id) as is_lost:
            if is_lost:
                requeue(kind, job_id)
            else:
                busy += 1
    return busy


@transaction.atomic
def requeue(kind, job_id):
    """Queue a job that lost its worker, or give it up after enough attempts."""
    job = kind.objects.filter(pk=job_id, state=RUNNING).first()
    if job is None:
        return
    if job.attempts >= settings.REPORT_ATTEMPTS:
        reason = job.error or "the worker died"
        fail(job, f"given up after {job.attempts} attempts: {reason}")
        return
    kind.objects.filter(pk=job_id, state=RUNNING).update(state=QUEUED)
    enqueue(job)


def enqueue_forgotten(kind):
    """Queue again the jobs whose message is lost; there is none in the queue."""
    for job in kind.objects.filter(state=QUEUED):
        enqueue(job)
