"""Reads moments in time."""

from argparse import ArgumentTypeError
from datetime import UTC, datetime

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
END = datetime(2101, 1, 1, tzinfo=UTC)


def instant(text):
    """Read an ISO 8601 moment of the years 1970 to 2100; without a zone it is UTC."""
    try:
        # What cannot be seen is no part of a moment, whatever Python makes of it.
        read = datetime.fromisoformat(text if text.isprintable() else "")
    except ValueError:
        raise ArgumentTypeError(f"{text!a} is not an ISO 8601 date and time") from None
    read = read if read.tzinfo else read.replace(tzinfo=UTC)
    if not EARLIEST <= read < END:
        raise ArgumentTypeError(f"{text} is not in the years 1970 to 2100")
    # PostgreSQL knows no zone that is more than 16 hours from UTC.
    return read.astimezone(UTC)
