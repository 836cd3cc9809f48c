"""The worker evaluates the rules and sends the messages."""

from django_q.tasks import async_task

from reports.alerts.evaluate import evaluate, is_due
from reports.alerts.outbox import due_messages, send_due
from restaurant_monitor.jobs import queue

# One message may take as long as its channel lets it wait, after those of a whole run.
LIMIT = 120


def send_if_due(**_):
    """Let a worker catch up, if something is due. The watch calls this.

    While other messages of the queue wait, all workers are busy.
    """
    if (is_due() or due_messages().exists()) and not queue.is_waiting():
        async_task("reports.alerts.tasks.catch_up", timeout=LIMIT)


def catch_up():
    """Evaluate the rules and send what is due. The queue calls this."""
    if is_due():
        evaluate()
    send_due()
