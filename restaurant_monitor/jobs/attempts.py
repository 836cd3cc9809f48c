"""How a worker runs a job: lock it, count the attempt, do the work, end it.

A worker holds a lock on its job. The lock ends with the database connection. A running
job without a lock has lost its worker.
"""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.module_loading import import_string
from django_q.exceptions import TimeoutException

import sql
from restaurant_monitor.access.actors import acting_as, actor_for
from restaurant_monitor.access.audit import record
from restaurant_monitor.jobs.figures import count_end
from restaurant_monitor.jobs.lines import logged
from restaurant_monitor.jobs.models import Job
from restaurant_monitor.jobs.queue import enqueue
from restaurant_monitor.logs import logged_as

QUEUED, RUNNING, FAILED = Job.State.QUEUED, Job.State.RUNNING, Job.State.FAILED
# After each failed attempt, before the next. What is wrong, such as a full disk, needs
# minutes to be mended.
WAITS = [timedelta(seconds=seconds) for seconds in (5, 30, 120, 300)]
AT_ONCE = timedelta(0)


class GiveUp(Exception):
    """Trying this job again would not help. The message says why."""


def attempt(kind, job_id):
    """Attempt a job, unless it has ended, another worker holds it, or it must wait.

    If the kind is ONE_AT_A_TIME, this attempts the oldest unfinished job of the kind,
    unless one of them is running. When it ends, its worker queues the next one. So the
    jobs are done in their order, even if one of them is tried several times.
    """
    if not kind.ONE_AT_A_TIME:
        attempt_now(kind, job_id)
        return
    is_done = False
    with held(f"the turn of {kind._meta.label}") as is_free:
        if is_free and (oldest := oldest_unfinished(kind)):
            is_done = attempt_now(kind, oldest.pk)
    if is_done:
        enqueue_next(kind)


def attempt_now(kind, job_id):
    """Attempt a job; return False if that is not possible now."""
    with held(job_id) as is_mine:
        is_claimed = is_mine and claim(kind, job_id)
        if is_claimed:
            job = kind.objects.select_related("requested_by").get(pk=job_id)
            with logged(job), acting_as(actor_for(job.requested_by)):
                do_work(job)
    return is_claimed


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
    """Count an attempt; return False if the job may not be attempted now.

    A running job is not claimed, even if its worker is lost. `recovery` decides when
    it is tried again.
    """
    found = due(kind).filter(pk=job_id, attempts__lt=kind.ATTEMPTS)
    claimed = found.update(
        state=RUNNING,
        attempts=F("attempts") + 1,
        started_at=datetime.now(UTC),
        retry_at=None,
    )
    return claimed == 1


def due(kind):
    """Return the queued jobs that need not wait any longer.

    If the clock of the database was set back, a job may seem to wait longer than any
    job does. It need not wait either.
    """
    is_over = Q(retry_at__lte=Now()) | Q(retry_at__gt=Now() + WAITS[-1])
    return kind.objects.filter(Q(retry_at=None) | is_over, state=QUEUED)


def oldest_unfinished(kind):
    return kind.unfinished().order_by("requested_at", "pk").first()


def do_work(job):
    """Do the work of a claimed job.

    GiveUp ends the job. After any other error, the job is queued again with the error
    as the reason, while it has attempts left. The error is raised again.
    """
    try:
        with limited(job.SECONDS):
            import_string(job.WORK)(job)
    except GiveUp as error:
        fail(job, str(error))
    except (Exception, TimeoutException) as error:
        reason = str(error).strip() or type(error).__name__
        try_again(job, reason, wait_after(job))
        raise


def wait_after(job):
    """Return how long a job waits after its last attempt failed."""
    return WAITS[min(job.attempts, len(WAITS)) - 1]


def try_again(job, reason, wait):
    """Queue a running job again, or end it if no attempt is left.

    The watch sends its message when it has waited that long.
    """
    if job.attempts >= job.ATTEMPTS:
        fail(job, f"given up after {job.attempts} attempts: {reason}")
        return
    running = type(job).objects.filter(pk=job.pk, state=RUNNING)
    running.update(state=QUEUED, error=reason, retry_at=Now() + wait)


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
    unfinished = job.unfinished().filter(pk=job.pk)
    ended = unfinished.update(state=FAILED, error=reason, finished_at=now)
    if ended:
        count_end(job, FAILED, now)
        record_failure(job, reason)
    job.delete_input()


def record_failure(job, reason):
    """Record that a job ended without its work. It may be the watch that ends it."""
    if job.ENDED:
        with logged_as(job.request_id), acting_as(actor_for(job.requested_by)):
            record(job.ENDED, job.pk, after={"state": FAILED, "error": reason})


def enqueue_next(kind):
    """Send the message of the oldest unfinished job, unless it runs or must wait."""
    oldest = oldest_unfinished(kind)
    if oldest and due(kind).filter(pk=oldest.pk).exists():
        enqueue(oldest)
