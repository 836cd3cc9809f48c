"""The queue of jobs: the interface to django-q2.

A message names the job to attempt. The queue may deliver it several times, or lose it
when its processes are killed. So only the job's own row counts; see `recovery`.
"""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django_q.models import OrmQ
from django_q.tasks import async_task

from restaurant_monitor.jobs.models import Heartbeat


def enqueue(job):
    """Send a message that makes a worker attempt the job."""
    async_task(
        "restaurant_monitor.jobs.tasks.attempt",
        job._meta.label,
        str(job.pk),
        timeout=job.SECONDS + settings.GRACE_SECONDS,
    )


def is_empty():
    return not OrmQ.objects.exists()


def is_waiting():
    """Return if a message waits for a worker."""
    return OrmQ.objects.filter(lock__lte=datetime.now(UTC)).exists()


def redeliver(locked_for=None):
    """Deliver messages again that are locked: all, or those locked at least so long.

    The queue locks a message when a worker gets it.
    """
    now = datetime.now(UTC)
    locked = OrmQ.objects.filter(lock__gt=now)
    if locked_for is not None:
        # The queue locks a message for `retry` seconds.
        retry = timedelta(seconds=settings.Q_CLUSTER["retry"])
        locked = locked.filter(lock__lte=now + retry - locked_for)
    locked.update(lock=now - timedelta(seconds=1))


def send_heartbeat():
    """Send a message that does nothing. Heartbeat records when it was processed."""
    async_task("restaurant_monitor.jobs.tasks.heartbeat")


def last_heartbeat():
    """Return when the queue last processed a message, or None."""
    return Heartbeat.objects.values_list("seen_at", flat=True).first()
