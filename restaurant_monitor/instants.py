"""Reads moments in time."""

from argparse import ArgumentTypeError
from datetime import UTC, datetime

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
END = datetime(2101, 1, 1, tzinfo=UTC)


def instant(text):
    """Read an ISO 8601 moment in the years 1970 to 2100, by default in UTC."""
    try:
        # Python accepts some invisible characters. They are refused here.
        read = datetime.fromisoformat(text if text.isprintable() else "")
    except ValueError:
        raise ArgumentTypeError(f"{text!a} is not an ISO 8601 date and time") from None
    read = read if read.tzinfo else read.replace(tzinfo=UTC)
    if not EARLIEST <= read < END:
        raise ArgumentTypeError(f"{text} is not in the years 1970 to 2100")
    # PostgreSQL accepts no offset of more than 16 hours, so it gets UTC.
    return read.astimezone(UTC)
