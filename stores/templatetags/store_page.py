"""Tags of the page of a store: instants, lengths and changes."""

import re
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from django import template

register = template.Library()
HOUR = timedelta(hours=1) / timedelta(microseconds=1)
LEVELS = [5, 25, 50, 75]  # where a darker shade of the table of hours begins, in %


@register.inclusion_tag("pages/store/moment.html", takes_context=True)
def moment(context, instant, form="short"):
    """Show an instant in the store's local time, and in UTC.

    `short` is to the minute, and has the date in UTC only if it is another one. `exact`
    is to the second. `local` is to the minute, without UTC.
    """
    local = context["local"].get(instant)
    return {
        "instant": instant,
        "local": local,
        "is_other_date": local and instant and local.date() != instant.date(),
        "zone": context["store"].zone,
        "form": form,
    }


@register.filter
def shifts_of(text):
    """Return the shifts of a text, each with the comma after it."""
    return re.split(r"(?<=,) ", text)


@register.filter
def as_hours(length):
    """Return a timedelta as hours with two decimals, halves away from zero."""
    hours = Decimal(length / timedelta(microseconds=1)) / Decimal(HOUR)
    return hours.quantize(Decimal("0.01"), ROUND_HALF_UP)


@register.filter
def signed(change):
    """Return a number with its sign."""
    return f"{change:+,}".replace("-", "\u2212") if change else "\u00b10"


@register.filter
def down_percent(cell):
    """Return which part of the observed time was down, as whole percent."""
    percent = Decimal(100) - Decimal(str(cell.uptime_percent))
    if 0 < percent < 1:
        return "<1"
    if 99 < percent < 100:
        return ">99"
    return percent.quantize(Decimal(1), ROUND_HALF_UP)


@register.filter
def shade(cell):
    """Return the class of a cell of the table of hours."""
    if cell.business_seconds == cell.excused_seconds:
        return "closed"
    if cell.uptime_percent is None:
        return "unobserved"
    percent = 100 - cell.uptime_percent
    return f"shade{sum(percent >= level for level in LEVELS) + (percent > 0)}"
