"""The week of business hours of a store, in its local time. 0 is Monday."""

from restaurant_monitor.access.audit import record
from stores.editing import editing, settle
from stores.hours.clock import written_shift
from stores.models import BusinessHours, Unsettled
from stores.timeline.marks import mark

DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def week_of(store_id):
    """Return a store's (weekday, start, end) rows in order. No rows: always open."""
    rows = BusinessHours.objects.filter(store=store_id)
    return list(
        rows.order_by("weekday", "starts", "ends").values_list(
            "weekday", "starts", "ends"
        )
    )


def set_week(store_id, week):
    """Replace a store's week by (weekday, start, end) rows. No rows: always open."""
    with editing(store_id):
        is_settled = settle(store_id, Unsettled.Missing.HOURS)
        before, after = week_of(store_id), sorted(set(week))
        if before == after and not is_settled:
            return
        BusinessHours.objects.filter(store=store_id).delete()
        BusinessHours.objects.bulk_create(
            BusinessHours(store_id=store_id, weekday=day, starts=starts, ends=ends)
            for day, starts, ends in after
        )
        mark([store_id])
        known = None if is_settled else described(before)
        record("hours.changed", store_id, known, described(after))


def described(week):
    """Return a week as in the audit log: if it is always open, or each day's shifts."""
    if not week:
        return {"always_open": True}
    return {"always_open": False} | dict.fromkeys(DAYS, "closed") | as_text(week)


def week_as_text(store_id):
    """Return the shifts as text, by the name of the weekday, if it has any."""
    return as_text(week_of(store_id))


def as_text(week):
    shifts = {}
    for weekday, starts, ends in week:
        shifts.setdefault(DAYS[weekday], []).append(written_shift(starts, ends))
    return {day: ", ".join(texts) for day, texts in shifts.items()}
