"""The worker brings the timeline up to date when no request or command did."""

from django.conf import settings
from django_q.tasks import async_task

from restaurant_monitor.jobs import queue
from stores.models import Mark
from stores.timeline.refresh import refresh_if_free


def send_if_behind(**_):
    """Let a worker process the marks, if there are any. The watch calls this.

    While other messages wait, all workers are busy.
    """
    if Mark.objects.exists() and not queue.is_waiting():
        limit = settings.INGEST_SECONDS + settings.GRACE_SECONDS
        async_task("stores.timeline.tasks.catch_up", timeout=limit)


def catch_up():
    """Process the marks, unless another process does. The queue calls this."""
    if Mark.objects.exists():
        refresh_if_free()
