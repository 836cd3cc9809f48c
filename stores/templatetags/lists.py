"""What the pages of lists show, in words."""

from django import template

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
def without_folder(path):
    """The name of a file, without its folder."""
    return path.replace("\\", "/").rpartition("/")[2]


@register.filter
def fields(values):
    """The fields of a row, as in its file. A field that is missing is empty."""
    return ", ".join(value or "" for value in values)
