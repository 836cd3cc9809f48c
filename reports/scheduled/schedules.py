"""Every change of schedules, with its entry in the audit log."""

from datetime import UTC, datetime

from django.db import transaction

from reports.scheduled.models import ReportSchedule
from reports.scheduled.periods import next_run
from restaurant_monitor.access.audit import record

FIELDS = ["name", "period", "timezone", "hour", "labels"]
TIMES = ["period", "timezone", "hour"]  # what decides when it is sent


@transaction.atomic
def save_schedule(schedule, channels):
    """Save a new or changed ReportSchedule with its channels."""
    found = ReportSchedule.objects.select_for_update().filter(pk=schedule.pk).first()
    before = found and described(found)
    is_other_time = found is None or any(
        getattr(found, name) != getattr(schedule, name) for name in TIMES
    )
    # It may have been sent since it was read.
    schedule.next_at = (
        next_run(schedule, datetime.now(UTC)) if is_other_time else found.next_at
    )
    schedule.save()
    schedule.channels.set(channels)
    action = "report_schedule.changed" if before else "report_schedule.created"
    record(action, schedule.pk, before, described(schedule))


@transaction.atomic
def delete_schedule(schedule):
    """Delete a schedule. Messages that are written are still sent."""
    record("report_schedule.deleted", schedule.pk, before=described(schedule))
    schedule.delete()


def described(schedule):
    fields = {name: getattr(schedule, name) for name in FIELDS}
    channels = schedule.channels.values_list("name", flat=True)
    seen_by = schedule.seen_by and schedule.seen_by.get_username()
    return fields | {"seen_by": seen_by, "channels": list(channels)}
