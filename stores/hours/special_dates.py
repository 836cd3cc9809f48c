"""The special hours of a store: local dates that differ from its week."""

from restaurant_monitor.access.audit import record
from stores.editing import editing
from stores.hours.clock import times_as_text, written_shift
from stores.models import SpecialHours
from stores.timeline.marks import mark


def special_dates(store_id, **conditions):
    """Return a queryset of a store's SpecialHours that meet conditions, by date."""
    return SpecialHours.objects.filter(store=store_id, **conditions).order_by("date")


def set_special_hours(store_id, date, shifts):
    """Set the (start, end) rows of a date. Empty: closed. None: as in the week."""
    with editing(store_id):
        known = special_dates(store_id, date=date)
        before = next(map(shifts_of, known), None)
        after = None if shifts is None else sorted(set(shifts))
        if before == after:
            return
        known.delete()
        if after is not None:
            times = {"starts": [s for s, _ in after], "ends": [e for _, e in after]}
            SpecialHours.objects.create(store_id=store_id, date=date, **times)
        mark([store_id], since_date=date)
        day = date.isoformat()
        values = {day: described(before)}, {day: described(after)}
        record("special_hours.changed", store_id, *values)


def shifts_of(special):
    return list(zip(special.starts, special.ends, strict=True))


def described(shifts):
    """Return the shifts of a date as text; None if it has no special hours."""
    if shifts is None:
        return None
    return ", ".join(written_shift(*shift) for shift in shifts) or "closed"


def date_as_text(store_id, date):
    """Return the shifts of a date as text; None if it has no special hours."""
    return described(next(map(shifts_of, special_dates(store_id, date=date)), None))


def rows_of(special):
    """Return the rows of a date as text. No rows: it is closed."""
    return [times_as_text(*shift) for shift in shifts_of(special)]


def last_as_text(store_id, before=None, limit=None):
    """Return the last special dates, before a date if given, as text for the admin."""
    conditions = {"date__lt": before} if before else {}
    newest_first = special_dates(store_id, **conditions).reverse()[:limit]
    return [
        {
            "date": special.date.isoformat(),
            "shifts": described(shifts_of(special)),
        }
        for special in reversed(list(newest_first))
    ]
