"""Filters of templates for lengths, percentages and times."""

from datetime import UTC, datetime, timedelta

from django import template

from stores.hours.week import DAYS

register = template.Library()
MINUTE, HOUR = 60, 3600
OLD = timedelta(hours=2)
NOTHING = "\N{EN DASH}"
FALLEN = "\N{BLACK DOWN-POINTING TRIANGLE} \N{MINUS SIGN}"


@register.filter
def lasting(seconds):
    """Return seconds as a text such as `2 h 05 min`, rounded down to minutes."""
    if seconds is None:
        return NOTHING
    if 0 < seconds < MINUTE:
        return "under 1 min"
    hours, minutes = divmod(int(seconds) // MINUTE, MINUTE)
    if not hours:
        return f"{minutes} min"
    return f"{hours:,} h {minutes:02} min"


@register.filter
def ago(age):
    """Return a timedelta as a text such as `5 min`, `3 h 10 min` or `12 days`."""
    if age.days > 1:
        return f"{age.days:,} days"
    return lasting(age.total_seconds())


@register.filter
def age_if_old(newest_poll):
    """Return how long ago the newest poll came if that is a warning, else None."""
    age = datetime.now(UTC) - newest_poll
    return age if age > OLD else None


@register.filter
def percent(number):
    """Return a percentage such as `99.87 %`, or a dash if there is none."""
    return NOTHING if number is None else f"{number:.2f} %"


@register.filter
def share(part, whole):
    """Return a part of a whole as a percentage such as `12.5 %`, a dash of nothing.

    A part that would be rounded to 0 % or 100 % is not shown as nothing or all.
    """
    if not whole:
        return NOTHING
    found = 100 * part / whole
    if 0 < found < 0.1:
        return "under 0.1 %"
    if 99.9 < found < 100:
        return "over 99.9 %"
    return f"{found:.1f} %"


@register.filter
def change(number, before):
    """Return the difference of two percentages, such as `▲ +0.25 points`."""
    if number is None or before is None:
        return NOTHING
    points = round(number - before, 2)
    if not points:
        return "no change"
    sign = "\N{BLACK UP-POINTING TRIANGLE} +" if points > 0 else FALLEN
    return f"{sign}{abs(points):.2f} points"


@register.filter
def minute(instant):
    """Return an instant, or a local time, as `Tue 2023-01-24 14:05`."""
    return f"{instant:%a %Y-%m-%d %H:%M}"


@register.filter
def utc(instant):
    """Return an instant in UTC as `2023-01-24 14:05 UTC`."""
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


@register.filter
def count(number):
    """Return a whole number as `14,000`."""
    return f"{number:,}"


@register.filter
def brief(number):
    """Return a percentage without its sign, such as `12` or `0.4`, or a dash."""
    if number is None:
        return NOTHING
    return f"{number:.0f}" if number >= 10 or number == 0 else f"{number:.1f}"


@register.filter
def weekday(number):
    """Return the name of a weekday; 0 is Monday."""
    return DAYS[number][:3].capitalize()


@register.filter
def times(number, factor):
    """Return a product, for the places in a chart."""
    return number * factor
