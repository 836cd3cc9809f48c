"""The special hours of a store: local dates that differ from its week."""

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
        if shifts is None:
            is_changed = known.delete()[0] > 0
        else:
            is_changed = replace(known, store_id, date, sorted(set(shifts)))
        if is_changed:
            mark([store_id], since_date=date)


def replace(known, store_id, date, shifts):
    """Store the shifts of a date; return if they differ from the known ones."""
    times = {"starts": [s for s, _ in shifts], "ends": [e for _, e in shifts]}
    if known.filter(**times).exists():
        return False
    known.delete()
    SpecialHours.objects.create(store_id=store_id, date=date, **times)
    return True


def shifts_of(special):
    return list(zip(special.starts, special.ends, strict=True))


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
            "shifts": ", ".join(written_shift(*shift) for shift in shifts_of(special))
            or "closed",
        }
        for special in reversed(list(newest_first))
    ]
