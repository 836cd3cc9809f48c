"""What the pages of lists show, in words."""

from django import template

register = template.Library()
MINUTE, HOUR = 60, 3600


@register.filter
def duration(seconds):
    """A length of time: 2 h 05 min, 7 min, or 30 s if it is less than a minute."""
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    hours, rest = divmod(int(seconds), HOUR)
    minutes = rest // MINUTE
    return f"{hours:,} h {minutes:02} min" if hours else f"{minutes} min"


@register.filter
def fields(values):
    """The fields of a row, as in its file. A field that is missing is empty."""
    return ", ".join(value or "" for value in values)
