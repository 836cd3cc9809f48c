"""The queue of jobs: what this project asks of django-q2.

A message says which job to attempt. The queue delivers it at least once, and may lose it
when its processes are killed. So the job's own row is what counts; see `recovery`.
"""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django_q.models import OrmQ
from django_q.tasks import async_task

from restaurant_monitor.jobs.models import Heartbeat


def enqueue(job):
    """Send the message on which a worker attempts a job."""
    async_task(
        "restaurant_monitor.jobs.tasks.attempt",
        job._meta.label,
        str(job.pk),
        timeout=job.SECONDS + settings.GRACE_SECONDS,
    )


def is_empty():
    return not OrmQ.objects.exists()


def redeliver(taken_for=None):
    """Deliver again the messages that a worker took: all, or those so long ago."""
    now = datetime.now(UTC)
    taken = OrmQ.objects.filter(lock__gt=now)
    if taken_for is not None:
        # When a message is taken, it is locked for the queue's `retry` seconds.
        retry = timedelta(seconds=settings.Q_CLUSTER["retry"])
        taken = taken.filter(lock__lte=now + retry - taken_for)
    taken.update(lock=now - timedelta(seconds=1))


def send_heartbeat():
    """Send a message that does nothing. When it is through, Heartbeat says so."""
    async_task("restaurant_monitor.jobs.tasks.heartbeat")


def last_heartbeat():
    """Return when a message last came through the queue, or None."""
    return Heartbeat.objects.values_list("seen_at", flat=True).first()
