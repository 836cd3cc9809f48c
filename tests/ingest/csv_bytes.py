"""CSV files as bytes, and the polls in them."""

from datetime import UTC, datetime

from django.core.management import call_command

from stores.ingest.csv_file import CHUNK
from stores.models import Poll

HEADER = b"store_id,status,timestamp_utc\n"
ROW = b"A,active,2023-01-24 09:00:00\n"
PLAIN = HEADER + ROW + b"B,inactive,2023-01-24 10:00:00\n"
NOTED = HEADER.replace(b"\n", b",note\n")
POLLS = [
    ("A", datetime(2023, 1, 24, 9, tzinfo=UTC), True),
    ("B", datetime(2023, 1, 24, 10, tzinfo=UTC), False),
]
BOM = b"\xef\xbb\xbf"


def ingest(kind, path):
    call_command("ingest_csv", f"--{kind}", str(path), verbosity=0)


def polls():
    found = Poll.objects.order_by("store_id", "observed_at")
    return list(found.values_list("store_id", "observed_at", "is_active"))


def noted(note_of_a, note_of_b=b""):
    """The plain file with an unknown column `note` that has these values."""
    header, a, b = PLAIN.splitlines()
    return b"\n".join(
        [header + b",note", a + b"," + note_of_a, b + b"," + note_of_b, b""]
    )


def filled(size):
    """A file of this size: a header, then polls of one store and instant."""
    row = b"P,active,2023-01-24 08:00:00,%s\n"
    lines, short = divmod(size - len(NOTED), 1000)
    wide = row % (b"x" * (1000 - len(row % b"")))
    last = row % (b"y" * (1000 + short - len(row % b"")))
    return NOTED + wide * (lines - 1) + last


def across(piece, cut):
    """A file whose first chunk ends `cut` bytes into a piece."""
    return filled(CHUNK - cut) + piece


FILLING = ("P", datetime(2023, 1, 24, 8, tzinfo=UTC), True)
ROWS = noted(b"", b"").removeprefix(NOTED)
