"""Rows of the files, reasons to set one aside, and the content of the tables."""

import csv

from django.core.management import call_command
from django.db import connection

from stores.ingest.staging import FILE_NAMES
from stores.models import BusinessHours, Poll, SpecialHours, Store, StoreLabel
from tests.support import processes

HEADERS = {
    "status": ["store_id", "status", "timestamp_utc"],
    "hours": ["store_id", "day", "start_time_local", "end_time_local"],
    "timezones": ["store_id", "timezone_str"],
    "special": ["store_id", "date", "start_time_local", "end_time_local"],
    "labels": ["store_id", "name", "value"],
    "names": ["store_id", "display_name"],
}
# A valid row of each file, without its store_id.
GOOD = {
    "status": ["active", "2023-01-24 09:00:00"],
    "hours": ["0", "09:00", "17:00"],
    "timezones": ["America/Denver"],
    "special": ["2023-01-24", "09:00", "17:00"],
    "labels": ["region", "west"],
    "names": ["Main Street"],
}
FORMULA = "store_id that a spreadsheet would run as a formula"
CONTROL = "store_id with a control character"
NUMBER = "store_id that a tool has turned into a floating-point number"
STATUS = "status that is neither active nor inactive"
TIMESTAMP = "timestamp that does not exist or is not like 2023-01-24 09:00:00 UTC"
YEARS = "timestamp outside the years 1970 to 2100"
FUTURE = "timestamp more than a day in the future"
DAY = "day that is not 0 (Monday) to 6 (Sunday) or an English name"
START = "start_time_local that is not a time of day like 09:30"
END = "end_time_local that is not a time of day like 17:30 or 24:00"
WEEK = "another row of this store's week is invalid"
ZONE = "unknown time zone: a name like America/Chicago is needed"
DATE = "date that does not exist or is not like 2023-01-24"
DATE_YEARS = "date outside the years 1970 to 2100"
CLOSED_AND_OPEN = "date that is both closed and open"
LABEL = "name that is not like region: a letter, then letters, digits or _, 32 at most"
LONG_VALUE = "value longer than 100 characters"
OF_THE_LABELS = "another row of this store's labels is invalid"
OF_THE_DATE = "another row of this store's date is invalid"


def ingest(*arguments, **options):
    call_command("ingest_csv", *map(str, arguments), **{"verbosity": 0} | options)


def all_content():
    with connection.cursor() as cursor:
        return processes.content(cursor)


def known_ids():
    return list(Store.objects.values_list("store_id", flat=True))


def week(store_id):
    found = BusinessHours.objects.filter(store_id=store_id)
    return list(
        found.order_by("weekday", "starts").values_list("weekday", "starts", "ends")
    )


def special(store_id):
    """The special hours of a store by date, as pairs of times."""
    return {
        row.date: list(zip(row.starts, row.ends, strict=True))
        for row in SpecialHours.objects.filter(store_id=store_id)
    }


def labels(store_id):
    """The labels of a store."""
    return dict(StoreLabel.objects.filter(store=store_id).values_list("name", "value"))


def names():
    return dict(Store.objects.values_list("store_id", "display_name"))


def statuses():
    return {poll.store_id: poll.is_active for poll in Poll.objects.all()}


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def summary_counts(text):
    """Parse the table of the summary: the counts of each kind of file."""
    table = [line.split() for line in text.replace(",", "").splitlines()]
    titles = [line for line in table if line[:1] == ["read"]]
    assert titles == [
        ["read", "new", "changed", "already", "there", "superseded", "rejected"]
    ]
    return {
        row[0]: [*map(int, row[1:])]
        for row in table
        if len(row) == 7 and row[0] in FILE_NAMES
    }
