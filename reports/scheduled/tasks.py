"""The worker writes the scheduled reports when they are due."""

from django.conf import settings
from django_q.tasks import async_task

from reports.scheduled.sending import due
from restaurant_monitor.jobs import queue


def write_if_due(**_):
    """Let a worker write the reports that are due. The watch calls this.

    While other messages of the queue wait, all workers are busy.
    """
    if due().exists() and not queue.is_waiting():
        limit = settings.REPORT_SECONDS + settings.GRACE_SECONDS
        async_task("reports.scheduled.sending.write_due", timeout=limit)
