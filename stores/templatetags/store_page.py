"""Tags of the page of a store: instants, lengths and changes."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from django import template

from stores.hours.week import DAYS

register = template.Library()
HOUR = timedelta(hours=1) / timedelta(microseconds=1)
LEVELS = [5, 25, 50, 75]  # where a darker shade of the table of hours begins, in %


@register.inclusion_tag("pages/store/moment.html", takes_context=True)
def moment(context, instant):
    """Show an instant in the store's local time, and in UTC."""
    return {
        "instant": instant,
        "local": context["local"].get(instant),
        "zone": context["store"].zone,
    }


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
    if not cell.business_seconds:
        return "closed"
    if cell.uptime_percent is None:
        return "unobserved"
    percent = 100 - cell.uptime_percent
    return f"shade{sum(percent >= level for level in LEVELS) + (percent > 0)}"


@register.filter
def weekday_name(weekday):
    """Return the name of a weekday. 0 is Monday."""
    return DAYS[weekday].capitalize()
