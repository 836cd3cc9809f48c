"""Sends the messages that evaluations wrote: each at least once.

A sender first notes the attempt, and when the next one is due. If it is killed, or
fails in a way that nobody expected, the message is sent again then, with the same key.
"""

from datetime import UTC, datetime, timedelta
from time import monotonic

from django.db import transaction

import sql
from reports.alerts.channels import NotSent, send
from reports.alerts.models import AlertMessage

QUEUED, SENT, DEAD = (
    AlertMessage.State.QUEUED,
    AlertMessage.State.SENT,
    AlertMessage.State.DEAD,
)
# After each failed attempt, before the next. After the last one, the message is dead.
WAITS = [timedelta(seconds=seconds) for seconds in (5, 60, 300, 1800, 7200)]
# A worker sends for so long, and leaves the rest to the next one.
SECONDS = 60
LONGEST_ERROR = 500
NO_END = "the attempt did not end"
SENDING = "sending alerts"  # the key of a lock


def due_messages():
    return AlertMessage.objects.filter(state=QUEUED, next_at__lte=datetime.now(UTC))


def send_due():
    """Send the messages that are due, unless another worker does.

    If a channel fails, its other messages wait for the next run.
    """
    if not sql.hold(SENDING):
        return
    try:
        failed, deadline = set(), monotonic() + SECONDS
        while monotonic() < deadline:
            message = send_next(due_messages().exclude(channel__in=failed))
            if message is None:
                break
            if message.state != SENT:
                failed.add(message.channel_id)
    finally:
        sql.release(SENDING)


def send_next(messages):
    """Send the first of these messages; return it, or None if there is none."""
    message = claim(messages.select_related("channel").order_by("next_at"))
    if message is None or message.state == DEAD:
        return message
    try:
        send(message.channel, message)
    except NotSent as error:
        message.error = str(error)[:LONGEST_ERROR]
        if message.attempts > len(WAITS):
            message.state = DEAD
    else:
        message.state, message.sent_at = SENT, datetime.now(UTC)
        message.error, message.attachment = "", None
    message.save(update_fields=["state", "sent_at", "error", "attachment"])
    return message


@transaction.atomic
def claim(messages):
    """Note an attempt at the first of these messages; return it, or None.

    It is dead if its last attempt was noted before, and did not end.
    """
    message = messages.select_for_update(skip_locked=True, of=["self"]).first()
    if message is None:
        return None
    if message.attempts > len(WAITS):
        message.state = DEAD
    else:
        wait = WAITS[min(message.attempts, len(WAITS) - 1)]
        message.next_at = datetime.now(UTC) + wait
        message.attempts += 1
        message.error = NO_END
    message.save(update_fields=["state", "attempts", "next_at", "error"])
    return message


def send_again(messages):
    """Queue dead messages of a queryset again; return how many."""
    return messages.filter(state=DEAD).update(
        state=QUEUED, attempts=0, next_at=datetime.now(UTC)
    )
