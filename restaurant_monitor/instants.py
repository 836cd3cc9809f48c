"""Reads and prints moments in time."""

from argparse import ArgumentTypeError
from datetime import UTC, datetime


def instant(text):
    """Read an ISO 8601 moment; it is in UTC unless it says otherwise."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not an ISO 8601 date and time") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
