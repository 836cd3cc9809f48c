"""The worker brings the timeline up to date when no request or command did."""

from django.conf import settings
from django_q.tasks import async_task

from restaurant_monitor.jobs import queue
from stores.timeline.refresh import is_behind, refresh_if_free


def send_if_behind(**_):
    """Let a worker bring the timeline up to date, if it is not. The watch calls this.

    While other messages wait, all workers are busy.
    """
    if is_behind() and not queue.is_waiting():
        limit = settings.INGEST_SECONDS + settings.GRACE_SECONDS
        async_task("stores.timeline.tasks.catch_up", timeout=limit)


def catch_up():
    """Bring the timeline up to date, if it is not. The queue calls this."""
    if is_behind():
        refresh_if_free()
