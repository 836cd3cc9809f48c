"""Reads the files a second time, in plain Python: written from the rules of the files.

A text that has no form of its field raises ValueError.
"""

import csv
import gzip
import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from io import StringIO
from unicodedata import category
from zoneinfo import available_timezones

WHITE_SPACE = " \t\n\r\f\v"
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
WEEKDAYS = [
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
]
OTHER_NAMES = {
    "dayofweek": "day",
    "timezone": "timezonestr",
    "timestamp": "timestamputc",
}


# Rows


def read_rows(path):
    """The rows of a file, as dicts by plain_name; none if there is no file."""
    if not path.exists():
        return
    data = path.read_bytes()
    if data.startswith(b"\x1f\x8b"):
        data = gzip.decompress(data)
    lines = list(StringIO(data.decode("utf-8-sig"), newline=""))
    if lines[0].lower().startswith("sep="):
        lines.pop(0)
    separator = next((found for found in ";\t" if found in lines[0]), ",")
    names, *others = csv.reader(lines, delimiter=separator)
    for cells in others:
        fields = (cell.strip(WHITE_SPACE) for cell in cells)
        yield dict(zip(map(plain_name, names), fields, strict=True))


def plain_name(name):
    """Letter case, blanks and underscores do not count; some have two names."""
    plain = re.sub(r"[\s_]", "", name).lower()
    return OTHER_NAMES.get(plain, plain)


# Fields


def parse_id(text: str) -> str:
    """Opaque text: no formula, no control character, not ruined by a tool."""
    number = re.fullmatch(r"[0-9]+[.,]0+|[0-9]([.,][0-9]+)?[eE]\+?[0-9]+", text)
    has_control = any(category(character) == "Cc" for character in text)
    if not 1 <= len(text) <= 64 or text[0] in "=+-@" or has_control or number:
        raise ValueError(text)
    return text


def parse_status(text: str) -> bool:
    return ["inactive", "active"].index(in_small_letters(text)) == 1


INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}):([0-9]{2})"
    r"(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"
    r"( UTC|Z|([+-])([0-9]{2})(?::?([0-9]{2}))?)?"
)


def parse_instant(text: str) -> datetime:
    """A timestamp of the store status file; without an offset it is UTC."""
    found = match(INSTANT, text)
    day, hour, minute, second, fraction, _, sign, *offset = found.groups()
    local = datetime.fromisoformat(day).replace(
        hour=int(hour), minute=int(minute), second=int(second or 0), tzinfo=UTC
    )
    local += timedelta(microseconds=int((fraction or "").ljust(6, "0")[:6]))
    hours, minutes = (int(part or 0) for part in offset)
    if hours > 15 or minutes > 59:
        raise ValueError(text)
    ahead = timedelta(hours=hours, minutes=minutes)
    instant = local + ahead if sign == "-" else local - ahead
    return checked_years(instant)


def parse_date(text: str) -> date:
    """A date of the file of special hours."""
    match(re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}"), text)
    return checked_years(date.fromisoformat(text))


def checked_years(day):
    if not 1970 <= day.year <= 2100:
        raise ValueError(str(day))
    return day


def parse_weekday(text: str) -> int:
    """0 is Monday. The number may end in .0; a name may be cut to three letters."""
    plain = in_small_letters(text)
    for number, name in enumerate(WEEKDAYS):
        if plain in (str(number), f"{number}.0", name, name[:3]):
            return number
    raise ValueError(text)


CLOCK = re.compile(
    r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6}))?)?(?: ([AaPp])[Mm])?"
)


def parse_clock(text: str) -> int:
    """Microseconds since local midnight; 24:00 is the end of the day."""
    hour, minute, second, fraction, half = match(CLOCK, text).groups()
    hour, minute, second = int(hour), int(minute), int(second or 0)
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(text)
        hour = hour % 12 + (12 if half in "pP" else 0)
    micros = hour * HOUR + minute * MINUTE + second * SECOND
    micros += int((fraction or "").ljust(6, "0"))
    if max(minute, second) > 59 or micros > 24 * HOUR:
        raise ValueError(text)
    return micros


def parse_start(text: str) -> int:
    """Microseconds since local midnight, less than a day."""
    micros = parse_clock(text)
    if micros == 24 * HOUR:
        raise ValueError(text)
    return micros


def parse_zone(text: str) -> str:
    """The name of a time zone as the tz database writes it."""
    if in_small_letters(text) not in zones():
        raise ValueError(text)
    return zones()[in_small_letters(text)]


@cache
def zones():
    """The names that a store's zone may have, by their form in small letters."""
    names = available_timezones() - {"Factory", "localtime", "posixrules"}
    return {in_small_letters(name): name for name in names}


def match(form, text):
    found = form.fullmatch(text)
    if not found:
        raise ValueError(text)
    return found


def in_small_letters(text):
    """Only the English letters have two cases here."""
    return re.sub("[A-Z]", lambda letter: letter[0].lower(), text)
