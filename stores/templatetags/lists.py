"""What the pages of lists show, in words."""

from django import template

from stores.models import Reason

register = template.Library()
MINUTE, HOUR = 60, 3600
NO_BREAK = "\N{NO-BREAK SPACE}"


@register.filter
def duration(seconds):
    """A length of time: 2 h 05 min, 7 min, or 30 s if it is less than a minute.

    It never breaks over lines.
    """
    if seconds < MINUTE:
        return f"{seconds:.0f} s".replace(" ", NO_BREAK)
    hours, rest = divmod(int(seconds), HOUR)
    minutes = rest // MINUTE
    text = f"{hours:,} h {minutes:02} min" if hours else f"{minutes} min"
    return text.replace(" ", NO_BREAK)


@register.filter
def in_words(reason):
    """Return the reason of a poll: a known one in words, any other text as it is."""
    if reason is None:
        return "unknown"
    return Reason(reason).label if reason in Reason.values else reason


@register.filter
def without_folder(path):
    """The name of a file, without its folder."""
    return path.replace("\\", "/").rpartition("/")[2]


@register.filter
def fields(values):
    """The fields of a row, as in its file. A field that is missing is empty."""
    return ", ".join(value or "" for value in values)
