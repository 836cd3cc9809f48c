"""Times of day and shifts as text. An end at 24:00 is kept as 00:00 (rule 3)."""

import re
from datetime import time

from django.core.exceptions import ValidationError

TIME = re.compile(r"\d\d:\d\d(:\d\d(\.\d{1,6})?)?", re.ASCII)
MIDNIGHT_AS_END = re.compile(r"24:00(:00(\.0{1,6})?)?")
DASH = re.compile(r"\s*[-\u2013]\s*")
MIDNIGHT = time(0)


# --- Reading


def read_shift(text):
    """Read a shift such as 09:00-17:30, as a pair of times."""
    times = DASH.split(text)
    if len(times) != 2:
        raise ValidationError(f"“{text}” is not of the form 09:00-17:30.")
    return read_time(times[0]), read_end(times[1])


def read_shifts(text):
    """Read shifts such as 09:00-12:00, 13:00-17:30, as a list of pairs of times."""
    parts = [part.strip() for part in text.split(",")]
    return [read_shift(part) for part in parts if part]


def read_end(text):
    return MIDNIGHT if MIDNIGHT_AS_END.fullmatch(text) else read_time(text)


def read_time(text):
    if not TIME.fullmatch(text):
        raise ValidationError(f"“{text}” is not a time like 09:00 or 17:30:15.")
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise ValidationError(f"“{text}” is not a time of day.") from None


# --- Writing


def written(instant):
    """Return a time as PostgreSQL writes it: 09:00:00 or 09:00:00.5."""
    text = instant.isoformat()
    return text.rstrip("0") if "." in text else text


def written_end(instant):
    return "24:00:00" if instant == MIDNIGHT else written(instant)


def written_shift(starts, ends):
    """Return a shift as text: 09:00-17:30, with seconds if it has any."""
    return f"{to_the_minute(written(starts))}-{to_the_minute(written_end(ends))}"


def to_the_minute(text):
    return re.sub(r"^(\d\d:\d\d):00$", r"\1", text)


def times_as_text(starts, ends):
    """Return the fields of a row of hours, as in a file."""
    return {"start_time_local": written(starts), "end_time_local": written_end(ends)}
