"""Writes the scheduled reports that are due, as messages for the outbox of alerts."""

import logging
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Q

from reports.alerts.models import AlertMessage
from reports.scheduled.content import content
from reports.scheduled.mail import mail_of
from reports.scheduled.models import ReportSchedule
from reports.scheduled.periods import next_run
from stores.timeline.moments import NoFigures

logger = logging.getLogger("restaurant_monitor.reports")


def due():
    """Return the schedules that are due. Users who are not active get nothing."""
    is_active = Q(seen_by=None) | Q(seen_by__is_active=True)
    return ReportSchedule.objects.filter(is_active, next_at__lte=datetime.now(UTC))


def write_due():
    """Write the messages of all schedules that are due, each in its transaction.

    Of a schedule that was missed several times, only the last one is sent.
    """
    for schedule_id in due().values_list("pk", flat=True):
        write(schedule_id)


@transaction.atomic
def write(schedule_id):
    """Write the messages of a schedule, if it is still due, and plan the next one."""
    found = due().select_for_update(skip_locked=True, of=["self"])
    schedule = found.filter(pk=schedule_id).first()
    if schedule is None:
        return
    now = datetime.now(UTC)
    while (following := next_run(schedule, schedule.next_at)) <= now:
        schedule.next_at = following
    queue(schedule, now)
    ReportSchedule.objects.filter(pk=schedule.pk).update(next_at=following)


@transaction.atomic
def send_now(schedule):
    """Write the messages of the last whole period; return how many."""
    schedule.next_at = now = datetime.now(UTC)  # not saved
    return queue(schedule, now)


def queue(schedule, now):
    """Write the messages of a schedule for each of its channels; return how many."""
    try:
        found = content(schedule)
    except NoFigures as error:
        logger.warning("the report %s is not sent: %s", schedule.name, error)
        return 0
    mail = mail_of(found)
    channels = schedule.channels.values_list("pk", flat=True)
    messages = [
        AlertMessage(
            channel_id=channel, event="report", created_at=now, next_at=now, **mail
        )
        for channel in channels
    ]
    AlertMessage.objects.bulk_create(messages)
    return len(messages)
