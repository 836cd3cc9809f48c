"""Finds the jobs that lost their worker or their message, and queues them again."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import DateTimeField, F, Func, TextField, Value
from django.db.models.functions import Cast, Now

import sql
from restaurant_monitor.jobs import queue
from restaurant_monitor.jobs.attempts import (
    AT_ONCE,
    QUEUED,
    RUNNING,
    due,
    enqueue_next,
    held,
    try_again,
    wait_after,
)
from restaurant_monitor.jobs.models import Heartbeat, Job

HEARTBEAT = "heartbeat"
# Unlike Now, it is never before what the query sees.
CLOCK = Func(function="clock_timestamp", output_field=DateTimeField())


def recover():
    """Queue lost jobs and messages again; return how many jobs are held by a worker."""
    held_jobs = {kind: requeue_lost(kind, requeue) for kind in Job.__subclasses__()}
    for kind in held_jobs:
        enqueue_due(kind)
    if not is_every_worker_busy(held_jobs):
        # A free worker processes a message at once. One locked for this long is lost.
        queue.redeliver(locked_for=timedelta(seconds=settings.HEARTBEAT_SECONDS))
    if queue.is_empty():
        for kind in held_jobs:
            enqueue_all(kind)
    return sum(held_jobs.values())


def is_every_worker_busy(held_jobs):
    """Return if all workers may be busy. ONE_AT_A_TIME jobs always leave one free."""
    return any(count for kind, count in held_jobs.items() if not kind.ONE_AT_A_TIME)


def take_back():
    """Queue the jobs again that this worker had at hand when it was asked to end.

    That is not their fault, so the attempt does not count. Returns how many jobs are
    still held by a connection.
    """
    return sum(requeue_lost(kind, interrupted) for kind in Job.__subclasses__())


def requeue_lost(kind, requeue):
    """Call `requeue` for each job that lost its worker; return how many have one."""
    count = 0
    for job_id in kind.objects.filter(state=RUNNING).values_list("pk", flat=True):
        with held(job_id) as is_lost:
            if is_lost:
                requeue(kind, job_id)
            else:
                count += 1
    return count


def interrupted(kind, job_id):
    found = kind.objects.filter(pk=job_id, state=RUNNING)
    found.update(state=QUEUED, attempts=F("attempts") - 1, retry_at=Now())


def requeue(kind, job_id):
    """Queue a lost job again, or end it if no attempt is left.

    The first time it need not wait: whoever killed the worker did not mean the job. If
    its worker dies again, it may be the job that kills workers.
    """
    for job in kind.objects.filter(pk=job_id, state=RUNNING):
        wait = AT_ONCE if job.attempts == 1 else wait_after(job)
        try_again(job, "the worker died", wait)


def enqueue_due(kind):
    """Send the messages of the jobs that have waited long enough."""
    for job in due(kind).exclude(retry_at=None):
        with transaction.atomic():
            waiting = kind.objects.filter(pk=job.pk, retry_at=job.retry_at)
            if waiting.update(retry_at=None):
                queue.enqueue(job)


def enqueue_all(kind):
    """Send the messages again of all jobs that need one, because the queue has none."""
    if kind.ONE_AT_A_TIME:
        enqueue_next(kind)
        return
    for job in due(kind):
        queue.enqueue(job)


def is_worker_alive():
    """Return if the queue processed a message recently, or a worker holds a job.

    ONE_AT_A_TIME jobs do not count: they leave a worker free for messages. Recently is
    by the clock of the database. A heartbeat that is ahead of it tells nothing: the
    clock was set back. The next heartbeat comes soon.
    """
    limit = timedelta(seconds=settings.HEARTBEAT_SECONDS)
    heartbeats = Heartbeat.objects.filter(seen_at__range=(CLOCK - limit, CLOCK))
    running = [
        kind.objects.filter(state=RUNNING).values_list(Cast("pk", TextField()))
        for kind in Job.__subclasses__()
        if not kind.ONE_AT_A_TIME
    ]
    signs = heartbeats.values_list(Value(HEARTBEAT)).union(*running)
    keys = [key for (key,) in signs]
    return HEARTBEAT in keys or (
        keys != [] and sql.one("jobs/count_held", keys=keys).held > 0
    )
