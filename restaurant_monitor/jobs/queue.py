"""The queue of jobs: the interface to django-q2.

A message names the job to attempt. The queue may deliver it several times, or lose it
when its processes are killed. So only the job's own row counts; see `recovery`.
"""

from collections import namedtuple
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django_q.models import Failure, OrmQ, Schedule
from django_q.tasks import async_task

from restaurant_monitor.jobs.models import Heartbeat

ATTEMPT = "restaurant_monitor.jobs.tasks.attempt"

Scheduled = namedtuple("Scheduled", "title next_run")
Failed = namedtuple("Failed", "title failed_at reason")


def enqueue(job):
    """Send a message that makes a worker attempt the job."""
    async_task(
        ATTEMPT,
        job._meta.label,
        str(job.pk),
        timeout=job.SECONDS + settings.GRACE_SECONDS,
    )


def is_empty():
    return not OrmQ.objects.exists()


def is_waiting():
    """Return if a message waits for a worker."""
    return OrmQ.objects.filter(lock__lte=datetime.now(UTC)).exists()


def count_messages():
    return OrmQ.objects.count()


def redeliver(locked_for=None):
    """Deliver messages again that are locked: all, or those locked at least so long.

    The queue locks a message when a worker gets it. If the clock was set back, any
    message may seem to be locked, for longer than the queue locks one.
    """
    now = datetime.now(UTC)
    locked = OrmQ.objects.filter(lock__gt=now)
    if locked_for is not None:
        # The queue locks a message for `retry` seconds.
        until = now + timedelta(seconds=settings.Q_CLUSTER["retry"])
        locked = locked.exclude(lock__gt=until - locked_for, lock__lte=until)
    locked.update(lock=now - timedelta(seconds=1))


def send_heartbeat():
    """Send a message that does nothing. Heartbeat records when it was processed."""
    async_task("restaurant_monitor.jobs.tasks.heartbeat")


def last_heartbeat():
    """Return when the queue last processed a message, or None.

    The time is that of the database's clock, which may have been set since.
    """
    return Heartbeat.objects.values_list("seen_at", flat=True).first()


def forget_heartbeat():
    """Note that no worker processes messages any more."""
    Heartbeat.objects.all().delete()


# --- Tasks that run by the clock


def schedules():
    """Return the tasks that run by the clock, the next one first."""
    found = Schedule.objects.order_by("next_run")
    return [Scheduled(title_of(one.func), one.next_run) for one in found]


def clock_failures(limit):
    """Return the last failures of tasks that run by the clock, the newest first.

    The failure of an attempt is not one of them: the job has its reason.
    """
    found = Failure.objects.exclude(func=ATTEMPT).order_by("-stopped")[:limit]
    return [
        Failed(title_of(one.func), one.stopped, reason_of(one.result)) for one in found
    ]


def forget_failures(keep_days):
    """Delete the failures that are more than `keep_days` old."""
    before = datetime.now(UTC) - timedelta(days=keep_days)
    Failure.objects.filter(stopped__lt=before).delete()


def title_of(function):
    """Return words for the dotted name of a function: reports.tasks.prune_daily."""
    return function.rpartition(".")[2].replace("_", " ")


def reason_of(result):
    """Return the reason that django-q2 saved, without its traceback."""
    return str(result).partition(" : Traceback")[0]
