"""What an ingest makes of the rows, and what it tells: counts, rejects, progress."""

import csv
import fcntl
import gzip
import json
import os
import pty
import re
import struct
import sys
import termios
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stores import timeline
from stores.management.commands.ingest_csv import FILE_NAMES
from stores.models import BusinessHours, Mark, Poll, SpecialHours, Store
from tests.support import engine, processes
from tests.support.strategies import write_csv

HEADERS = {
    "status": ["store_id", "status", "timestamp_utc"],
    "hours": ["store_id", "day", "start_time_local", "end_time_local"],
    "timezones": ["store_id", "timezone_str"],
    "special": ["store_id", "date", "start_time_local", "end_time_local"],
}
# A row of each file that is right, for a store to be named.
GOOD = {
    "status": ["active", "2023-01-24 09:00:00"],
    "hours": ["0", "09:00", "17:00"],
    "timezones": ["America/Denver"],
    "special": ["2023-01-24", "09:00", "17:00"],
}
FORMULA = "store_id that a spreadsheet would run as a formula"
ROUNDED = "store_id that a spreadsheet has rounded"
STATUS = "status that is neither active nor inactive"
TIMESTAMP = "unreadable or impossible timestamp"
YEARS = "timestamp outside the years 1970 to 2100"
FUTURE = "timestamp more than a day in the future"
DAY = "day that is not 0 (Monday) to 6 (Sunday)"
START = "unreadable or impossible start_time_local"
END = "unreadable or impossible end_time_local"
WEEK = "another row of this store's week cannot be right"
ZONE = "unknown time zone"
DATE = "unreadable or impossible date"
DATE_YEARS = "date outside the years 1970 to 2100"
CLOSED_AND_OPEN = "date that is both closed and open"
OF_THE_DATE = "another row of this store's date cannot be right"

in_database = pytest.mark.django_db


@pytest.fixture
def write(tmp_path):
    """Write rows as one of the files; return its path."""

    def write(kind, *rows, name=None):
        path = tmp_path / (name or FILE_NAMES[kind])
        write_csv(path, HEADERS[kind], rows)
        return path

    return write


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


def statuses():
    return {poll.store_id: poll.is_active for poll in Poll.objects.all()}


# --- Rows that are set aside


BAD_IDS = {
    "": "empty store_id",
    "  ": "empty store_id",
    "x" * 65: "store_id longer than 64 characters",
    "é" * 65: "store_id longer than 64 characters",
    "=1+1": FORMULA,
    "+1": FORMULA,
    "-1": FORMULA,
    "@sum": FORMULA,
    " =1+1": FORMULA,
    "\t=1+1": FORMULA,
    "\v=1+1": FORMULA,
    "\n=1+1": FORMULA,
    "\x01a": FORMULA,
    "\x1ba": FORMULA,
    "\x7fa": FORMULA,
    "\x85a": FORMULA,
    "\x9fa": FORMULA,
    "8.41954E+18": ROUNDED,
    "8,41954E+18": ROUNDED,
    "8E+18": ROUNDED,
    "8.41954e+18": ROUNDED,
    " 8.41954E+18 ": ROUNDED,
}
BAD_STATUS = ["", "Active", "ACTIVE", "up", "1", "true", "inactiv", "active,", "\u00a0"]
BAD_TIMESTAMPS = [
    "",
    "now",
    "today",
    "infinity",
    "-infinity",
    "epoch",
    "2023-01-24",
    "2023-01-24 09:00",
    "2023-01-24 9:00:00",
    "2023-01-24 09:00:00.",
    "2023-01-24 09:00:00.1234567",
    "2023-01-24 09:00:00,5",
    "2023-01-24  09:00:00",
    "2023-01-24t09:00:00",
    "2023-01-24_09:00:00",
    "2023-01-24 09:00:00z",
    "2023-01-24 09:00:00 Z",
    "2023-01-24 09:00:00UTC",
    "2023-01-24 09:00:00 utc",
    "2023-01-24 09:00:00 GMT",
    "2023-01-24 09:00:00 PST",
    "2023-01-24 09:00:00 America/Chicago",
    "2023-01-24 09:00:00 AM",
    "2023-01-24 09:00:00 BC",
    "2023-01-24 09:00:00+00",
    "2023-01-24 09:00:00+0000",
    "2023-01-24 09:00:00 +00:00",
    "2023-01-24 09:00:00+15:60",
    "2023-01-24 09:00:00+16:00",
    "2023-01-24 09:00:00+99:99",
    "2023-01-24 09:00:00+00:00:01",
    "2023-01-24 09:00:00\u00a0UTC",
    "2023-01-24\u00a009:00:00",
    "\uff12\uff10\uff12\uff13-01-24 09:00:00",
    "٢٠٢٣-01-24 09:00:00",
    "01/24/2023 09:00:00",
    "24-01-2023 09:00:00",
    "2023-1-24 09:00:00",
    "20230124 09:00:00",
    "J2459969 09:00:00",
    "1674550800",
    "2023-00-24 09:00:00",
    "2023-13-24 09:00:00",
    "2023-01-00 09:00:00",
    "2023-01-32 09:00:00",
    "2023-02-29 09:00:00",
    "2023-02-30 09:00:00",
    "2100-02-29 09:00:00",
    "2023-01-24 24:00:00",
    "2023-01-24 24:00:01",
    "2023-01-24 25:00:00",
    "2023-01-24 09:60:00",
    "2023-01-24 09:00:60",
    "2016-12-31 23:59:60",
    "0000-01-01 00:00:00",
    "-2023-01-24 09:00:00",
    "12023-01-24 09:00:00",
]
BAD_YEARS = [
    "0001-01-01 00:00:00",
    "1969-12-31 23:59:59.999999",
    "1970-01-01 00:00:00+00:01",
    "2101-01-01 00:00:00",
    "9999-12-31 23:59:59.999999",
]
IN_THE_FUTURE = ["2100-12-31 23:59:59.999999", "2101-01-01 00:00:00+00:01"]
BAD_DAYS = [
    "",
    "7",
    "-1",
    "+1",
    "01",
    "1.0",
    "1e0",
    "Monday",
    "0x1",
    "\uff11",
    "1\u00a0",
]
BAD_TIMES = [
    "",
    "9",
    "0900",
    "9:00",
    "09:0",
    "09:00:",
    "09:00:00.",
    "09:00:0",
    "09:00:00.1234567",
    "09:00:00,5",
    "09:60",
    "09:00:60",
    "23:59:60",
    "24:00:01",
    "24:00:00.000001",
    "24:01",
    "25:00",
    "-09:00",
    "+09:00",
    "09:00 AM",
    "09:00am",
    "09:00 PM",
    "09:00Z",
    "09:00:00Z",
    "09:00+00",
    "09:00:00+00:00",
    "09:00 UTC",
    "T09:00",
    "2023-01-24 09:00",
    "now",
    "allballs",
    "\uff10\uff19:00",
    "09\u00a0:00",
]
BAD_ZONES = [
    "",
    "america/denver",
    "AMERICA/DENVER",
    "America/Nowhere",
    "America\\Denver",
    "America/Denver\u00a0",
    "America/Denver,",
    "Denver",
    "PST",
    "UTC+3",
    "UTC-06:00",
    "-06:00",
    "-6",
    "<-06>6",
    "posix/America/Denver",
    "../America/Denver",
    "NULL",
]
BAD_DATES = [
    "",
    "today",
    "infinity",
    "epoch",
    "2023-1-24",
    "2023-01-24 00:00:00",
    "2023/01/24",
    "20230124",
    "24-01-2023",
    "01/24/2023",
    "Jan 24 2023",
    "2023-024",
    "2023-W04-2",
    "2023-00-24",
    "2023-13-24",
    "2023-01-00",
    "2023-01-32",
    "2023-02-29",
    "2100-02-29",
    "0000-01-01",
    "-2023-01-24",
    "12023-01-24",
    "2023-01-24 BC",
    "\uff12\uff10\uff12\uff13-01-24",
    "2023-01-24\u00a0",
]
BAD_DATE_YEARS = ["0001-01-01", "1969-12-31", "2101-01-01", "9999-12-31"]
SET_ASIDE = [
    *(
        (kind, [store_id, *GOOD[kind]], reason)
        for store_id, reason in BAD_IDS.items()
        for kind in FILE_NAMES
    ),
    *(("status", ["A", text, "2023-01-24 09:00:00"], STATUS) for text in BAD_STATUS),
    *(("status", ["A", "active", text], TIMESTAMP) for text in BAD_TIMESTAMPS),
    *(("status", ["A", "active", text], YEARS) for text in BAD_YEARS),
    *(("status", ["A", "active", text], FUTURE) for text in IN_THE_FUTURE),
    *(("hours", ["A", text, "09:00", "17:00"], DAY) for text in BAD_DAYS),
    *(("hours", ["A", "0", text, "17:00"], START) for text in BAD_TIMES),
    # Where an end may be, a start may not.
    *(("hours", ["A", "0", text, "17:00"], START) for text in ["24:00", "24:00:00"]),
    *(("hours", ["A", "0", "09:00", text], END) for text in BAD_TIMES),
    *(("timezones", ["A", text], ZONE) for text in BAD_ZONES),
    *(("special", ["A", text, "09:00", "17:00"], DATE) for text in BAD_DATES),
    *(("special", ["A", text, "", ""], DATE_YEARS) for text in BAD_DATE_YEARS),
    *(("special", ["A", "2023-01-24", text, "17:00"], START) for text in BAD_TIMES),
    ("special", ["A", "2023-01-24", "24:00", "17:00"], START),
    *(("special", ["A", "2023-01-24", "09:00", text], END) for text in BAD_TIMES),
    # The first of several reasons is the one that is told.
    ("status", ["", "up", "now"], "empty store_id"),
    ("status", ["A", "up", "now"], STATUS),
    ("hours", ["=A", "7", "24:00", "25:00"], FORMULA),
    ("hours", ["A", "7", "24:00", "25:00"], DAY),
    ("hours", ["A", "6", "24:00", "25:00"], START),
    ("special", ["=A", "today", "24:00", "25:00"], FORMULA),
    ("special", ["A", "today", "24:00", "25:00"], DATE),
    ("special", ["A", "1969-12-31", "24:00", "25:00"], DATE_YEARS),
    ("special", ["A", "2023-01-24", "24:00", "25:00"], START),
]


@in_database
@pytest.mark.parametrize("kind", FILE_NAMES)
def test_sets_aside_each_row_that_cannot_be_right(write, tmp_path, kind):
    """Two rows that are right surround all that are not, each of a store of its own."""
    bad = [(row, reason) for of, row, reason in SET_ASIDE if of == kind]
    bad = [
        ([f"A{number}" if row[0] == "A" else row[0], *row[1:]], reason)
        for number, (row, reason) in enumerate(bad)
    ]
    rows = [["first", *GOOD[kind]], *(row for row, _ in bad), ["last", *GOOD[kind]]]
    path, rejects = write(kind, *rows), tmp_path / "rejects.csv"
    ingest(f"--{kind}", path, "--rejects", rejects)
    assert known_ids() == ["first", "last"]
    assert [
        (row["file"], row["record"], json.loads(row["row"]), row["reason"])
        for row in read_csv(rejects)
    ] == [
        (str(path), str(record), [field or None for field in row], reason)
        for record, (row, reason) in enumerate(bad, start=2)
    ]


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def instant(ahead):
    return (datetime.now(UTC) + ahead).isoformat()


@in_database
def test_a_poll_may_be_a_day_ahead_of_the_clock(write):
    path = write(
        "status",
        ["A", "active", instant(timedelta(hours=24))],
        ["B", "active", instant(timedelta(hours=24, minutes=10))],
    )
    ingest("--status", path)
    assert known_ids() == ["A"]


# --- Weeks, later rows, known stores


@in_database
def test_hours_replace_the_whole_week_of_the_stores_they_name(write):
    ingest(
        "--hours",
        write(
            "hours",
            ["A", "0", "09:00", "17:00"],
            ["A", "1", "09:00", "17:00"],
            ["A", "1", "18:00", "20:00"],
            ["B", "2", "09:00", "17:00"],
        ),
    )
    ingest(
        "--hours",
        write("hours", ["A", "1", "09:00", "17:00"], ["A", "6", "10:00", "24:00"]),
    )
    assert week("A") == [(1, time(9), time(17)), (6, time(10), time(0))]
    assert week("B") == [(2, time(9), time(17))]


@in_database
def test_one_bad_row_leaves_the_week_as_it_was(write, tmp_path):
    ingest(
        "--hours",
        write("hours", ["A", "0", "09:00", "17:00"], ["B", "0", "09:00", "17:00"]),
    )
    path = write(
        "hours",
        ["A", "1", "10:00", "11:00"],
        ["B", "1", "10:00", "11:00"],
        [" A ", "7", "10:00", "11:00"],
        ["A", "2", "10:00", "11:00"],
        ["C", "7", "10:00", "11:00"],
        ["C", "1", "10:00", "11:00"],
    )
    ingest("--hours", path, "--rejects", tmp_path / "rejects.csv")
    assert week("A") == [(0, time(9), time(17))]
    assert week("B") == [(1, time(10), time(11))]
    assert known_ids() == ["A", "B"]
    assert [
        (row["record"], row["reason"]) for row in read_csv(tmp_path / "rejects.csv")
    ] == [("1", WEEK), ("3", DAY), ("4", WEEK), ("5", DAY), ("6", WEEK)]


@in_database
def test_special_hours_replace_the_whole_dates_they_name(write):
    ingest(
        "--special",
        write(
            "special",
            ["A", "2023-12-24", "09:00", "12:00"],
            ["A", "2023-12-24", "13:00", "15:00"],
            ["A", "2023-12-25", "10:00", "11:00"],
            ["A", "2023-12-31", "18:00", "02:00"],
            ["B", "2023-12-24", "", ""],
        ),
    )
    path = write(
        "special",
        ["A", "2023-12-25", "", ""],
        ["A", "2023-12-24", "16:00", "24:00"],
        ["A", "2023-12-24", "09:00:00", "12:00"],
        ["A", "2024-01-01", "", "  "],
    )
    ingest("--special", path)
    assert special("A") == {
        date(2023, 12, 24): [(time(9), time(12)), (time(16), time(0))],
        date(2023, 12, 25): [],
        date(2023, 12, 31): [(time(18), time(2))],
        date(2024, 1, 1): [],
    }
    assert special("B") == {date(2023, 12, 24): []}


@in_database
def test_one_bad_row_leaves_the_hours_of_its_date_as_they_were(write, tmp_path):
    ingest("--special", write("special", ["A", "2023-12-24", "09:00", "12:00"]))
    path = write(
        "special",
        ["A", "2023-12-24", "10:00", "11:00"],
        [" A ", " 2023-12-24 ", "10:00", ""],
        ["A", "2023-12-25", "10:00", "11:00"],
        ["B", "2023-12-24", "", ""],
        ["C", "2023-12-32", "", ""],
        ["C", "2023-12-24", "", "25:00"],
        ["C", "2023-12-24", "", ""],
    )
    ingest("--special", path, "--rejects", tmp_path / "rejects.csv")
    assert special("A") == {
        date(2023, 12, 24): [(time(9), time(12))],
        date(2023, 12, 25): [(time(10), time(11))],
    }
    assert special("B") == {date(2023, 12, 24): []}
    assert known_ids() == ["A", "B"]
    assert [
        (row["record"], row["reason"]) for row in read_csv(tmp_path / "rejects.csv")
    ] == [
        ("1", OF_THE_DATE),
        ("2", END),
        ("5", DATE),
        ("6", START),
        ("7", OF_THE_DATE),
    ]


@in_database
def test_a_date_is_not_both_closed_and_open(write, tmp_path):
    path = write(
        "special",
        ["A", "2023-12-24", "", ""],
        ["A", "2023-12-25", "", ""],
        ["A", "2023-12-24", "10:00", "11:00"],
        ["A", "2023-12-24", "12:00", "13:00"],
        ["B", "2023-12-24", "12:00", "13:00"],
    )
    ingest("--special", path, "--rejects", tmp_path / "rejects.csv")
    assert special("A") == {date(2023, 12, 25): []}
    assert special("B") == {date(2023, 12, 24): [(time(12), time(13))]}
    assert [
        (row["record"], row["reason"]) for row in read_csv(tmp_path / "rejects.csv")
    ] == [("1", CLOSED_AND_OPEN), ("3", CLOSED_AND_OPEN), ("4", CLOSED_AND_OPEN)]


@in_database
def test_special_hours_come_in_any_order_of_columns_and_in_gzip(tmp_path):
    path = tmp_path / "holidays.csv.gz"
    path.write_bytes(
        gzip.compress(
            b"end_time_local,note,date,start_time_local, store_id\r\n"
            b'"",Christmas,2023-12-25,"", A\r\n'
            b"15:00,,2023-12-24, 09:00 ,A\r\n"
        )
    )
    ingest("--special", path)
    assert special("A") == {
        date(2023, 12, 24): [(time(9), time(15))],
        date(2023, 12, 25): [],
    }


@in_database
def test_a_poll_at_the_instant_a_special_date_begins_is_loaded_with_it(write):
    """Each of the two leaves a mark, from that very instant on."""
    load = [
        *("--status", write("status", ["A", "active", "2023-01-24 00:00:00"])),
        *("--special", write("special", ["A", "2023-01-24", "", ""])),
    ]
    ingest("--timezones", write("timezones", ["A", "UTC"]))
    ingest(*load)
    assert Mark.objects.filter(since="2023-01-24T00:00:00Z").count() == 2
    timeline.refresh()
    assert timeline.check() == {}


@in_database
def test_a_store_whose_week_is_set_aside_is_known_by_its_other_rows(write):
    paths = [
        *("--status", write("status", ["A", *GOOD["status"]])),
        *("--hours", write("hours", ["A", "7", "09:00", "17:00"], ["B", "7", "", ""])),
        *("--timezones", write("timezones", ["B", "Nowhere"], ["C", "Nowhere"])),
    ]
    ingest(*paths)
    assert known_ids() == ["A"]
    assert week("A") == []


@in_database
def test_of_two_polls_of_an_instant_the_later_row_wins(write):
    path = write(
        "status",
        ["A", "active", "2023-01-24 09:00:00"],
        ["B", "inactive", "2023-01-24 09:00:00 UTC"],
        ["A", "inactive", "2023-01-24T10:00:00+01:00"],
        ["B", "active", "2023-01-24 09:00:00.000"],
    )
    ingest("--status", path)
    assert statuses() == {"A": False, "B": True}


@in_database
def test_a_row_that_is_set_aside_does_not_win(write):
    path = write(
        "status",
        ["A", "active", "2023-01-24 09:00:00"],
        ["A", "down", "2023-01-24 09:00:00"],
    )
    ingest("--status", path)
    assert statuses() == {"A": True}


@in_database
def test_of_two_polls_of_an_instant_the_later_file_wins(write):
    for status, is_active in [("active", True), ("inactive", False), ("active", True)]:
        ingest("--status", write("status", ["A", status, "2023-01-24 09:00:00"]))
        assert statuses() == {"A": is_active}


@in_database
def test_the_later_row_wins_however_wide_the_rows(tmp_path):
    """Rows of very different widths stay in their order within the database, too."""
    header, path = "store_id,status,timestamp_utc,note\n", tmp_path / "wide.csv"
    widths = [0, 8000, 10, 5000, 0, 100, 7990, 3000]
    rows = [
        f"A,{'inactive' if number < 3999 else 'active'},2023-01-24 09:00:00,"
        f"{'x' * widths[number % len(widths)]}\n"
        for number in range(4000)
    ]
    path.write_text(header + "".join(rows))
    ingest("--status", path)
    assert statuses() == {"A": True}


@in_database
def test_of_two_zones_of_a_store_the_later_wins(write):
    ingest(
        "--timezones", write("timezones", ["A", "UTC"], ["A", "Asia/Tokyo"], ["A", "X"])
    )
    assert Store.objects.get().timezone == "Asia/Tokyo"
    ingest("--timezones", write("timezones", ["A", "Asia/Tokyo"], ["A", "UTC"]))
    assert Store.objects.get().timezone == "UTC"


# --- Loading a file again


@pytest.fixture
def folder(write, tmp_path):
    """A folder of all files, with rows of every kind."""
    write(
        "status",
        ["A", "inactive", "2023-01-24 09:00:00"],
        ["A", "active", "2023-01-24 09:00:00"],
        ["A", "inactive", "2023-01-24 10:00:00.5"],
        ["B", "active", "2023-01-24 10:00:00"],
        ["B", "unknown", "2023-01-24 10:00:00"],
    )
    write(
        "hours",
        ["A", "1", "08:00", "24:00"],
        ["A", "1", "08:00", "00:00"],
        ["A", "2", "00:00", "02:00"],
        ["C", "1", "08:00", "24:01"],
    )
    write("timezones", ["A", "UTC"], ["A", "America/Denver"], ["D", "Asia/Tokyo"])
    write(
        "special",
        ["A", "2023-01-24", "08:00", "12:00"],
        ["A", "2023-01-24", "13:00", "24:00"],
        ["A", "2023-01-24", "08:00", "12:00:00"],
        ["A", "2023-01-25", "", ""],
        ["E", "2023-01-25", "", ""],
        ["E", "2023-02-30", "", ""],
    )
    return tmp_path


def content_but_records():
    """All but the record of each ingest, which tells that there was one more."""
    found = all_content()
    return {table: found[table] for table in found if not table.startswith("ingest")}


@in_database
def test_loading_a_file_again_changes_nothing(folder):
    ingest(folder)
    assert Mark.objects.exists()
    timeline.refresh()
    assert not Mark.objects.exists()
    before = content_but_records()
    ingest(folder)
    assert content_but_records() == before


@in_database
def test_the_same_rows_in_another_order_and_shape_change_nothing(write, folder):
    ingest(folder)
    timeline.refresh()
    before = content_but_records()
    write("hours", ["A", "2", "00:00:00", "02:00:00.0"], [" A", " 1", "08:00", "24:00"])
    write("timezones", ["D", "Asia/Tokyo"], ["A", "America/Denver"])
    write(
        "special",
        ["A", "2023-01-25", "", ""],
        ["A ", "2023-01-24", "13:00:00", "00:00"],
        ["A", " 2023-01-24", "08:00", " 12:00"],
    )
    write(
        "status",
        ["B", "active", "2023-01-24T10:00:00Z"],
        ["A", "inactive", "2023-01-24 10:00:00.500000 UTC"],
        ["A", "active", "2023-01-24 11:00:00+02:00"],
    )
    ingest(folder)
    assert content_but_records() == before


# --- What is told


def told_counts(text):
    """The table of the summary: for each kind of file its numbers as they stand."""
    table = [line.split() for line in text.replace(",", "").splitlines()]
    titles = [line for line in table if line[:1] == ["read"]]
    assert titles == [
        ["read", "new", "changed", "already", "there", "superseded", "rejected"]
    ]
    return {
        row[0]: [*map(int, row[1:])] for row in table if row[1:2] and row[1].isdigit()
    }


@in_database
def test_counts_what_became_of_each_row(write, folder, capsys):
    ingest(folder, verbosity=1)
    assert told_counts(capsys.readouterr().out) == {
        # read, new, changed, already there, superseded, rejected
        "status": [5, 3, 0, 0, 1, 1],
        "hours": [4, 2, 0, 0, 1, 1],
        "timezones": [3, 2, 0, 0, 1, 0],
        "special": [6, 4, 0, 0, 1, 1],
    }
    ingest(folder, verbosity=1)
    assert told_counts(capsys.readouterr().out) == {
        "status": [5, 0, 0, 3, 1, 1],
        "hours": [4, 0, 0, 2, 1, 1],
        "timezones": [3, 0, 0, 2, 1, 0],
        "special": [6, 0, 0, 4, 1, 1],
    }
    write(
        "status",
        ["A", "inactive", "2023-01-24 09:00:00"],
        ["B", "active", "2023-01-24 10:00:00"],
        ["B", "active", "2023-01-24 11:00:00"],
    )
    write("hours", ["A", "2", "00:00", "02:00"], ["A", "3", "00:00", "02:00"])
    write("timezones", ["A", "Asia/Tokyo"], ["B", "Asia/Tokyo"], ["D", "Asia/Tokyo"])
    write(
        "special",
        ["A", "2023-01-24", "08:00", "12:00"],
        ["A", "2023-01-25", "", ""],
        ["B", "2023-01-25", "08:00", "12:00"],
        ["B", "2023-01-25", "13:00", "15:00"],
    )
    ingest(folder, verbosity=1)
    told = capsys.readouterr().out
    assert told_counts(told) == {
        "status": [3, 1, 1, 1, 0, 0],
        "hours": [2, 0, 1, 1, 0, 0],
        "timezones": [3, 1, 1, 1, 0, 0],
        "special": [4, 2, 1, 1, 0, 0],
    }
    assert "1 rows of earlier weeks gave way" in told


@in_database
def test_counts_the_rows_set_aside_by_their_reason(write, capsys):
    path = write(
        "status",
        ["A", "up", "2023-01-24 09:00:00"],
        ["A", "down", "2023-01-24 09:00:00"],
        ["=A", "active", "2023-01-24 09:00:00"],
        ["A", "active", "2023-01-24 09:00:00"],
    )
    ingest("--status", path, verbosity=1)
    told = capsys.readouterr().out
    assert (
        f"set aside: 2 of status: {STATUS}\nset aside: 1 of status: {FORMULA}\n" in told
    )


@in_database
def test_rejects_has_each_row_set_aside_with_its_place(write, folder):
    rejects = folder / "rejects.csv"
    status = folder / FILE_NAMES["status"]
    status.write_text(
        "note,timestamp_utc,status,store_id\n"
        '"two\nlines",2023-01-24 09:00:00,active,A\n'
        '"two\nlines, and ""quotes"" é",2023-01-24 09:00:00, Active ,A\n'
        ",,,\n"
    )
    ingest(folder, "--rejects", rejects)
    assert rejects.read_text(encoding="utf-8").splitlines() == [
        "file,record,reason,row",
        f'{status},2,{STATUS},"[""two\\nlines, and \\""quotes\\"" é"", '
        '""2023-01-24 09:00:00"", "" Active "", ""A""]"',
        f'{status},3,empty store_id,"[null, null, null, null]"',
        f'{folder}/menu_hours.csv,4,{END},"[""C"", ""1"", ""08:00"", ""24:01""]"',
        f'{folder}/special_hours.csv,6,{DATE},"[""E"", ""2023-02-30"", null, null]"',
    ]


@in_database
def test_rejects_has_no_rows_where_none_is_set_aside(write, tmp_path):
    rejects = tmp_path / "rejects.csv"
    rejects.write_text("of,an,earlier,ingest\n1,2,3,4\n")
    ingest("--timezones", write("timezones", ["A", "UTC"]), "--rejects", rejects)
    assert read_csv(rejects) == []


@in_database
def test_rejects_may_not_be_one_of_the_files(write):
    path = write("timezones", ["A", "UTC"], ["B", "Nowhere"])
    before = path.read_bytes()
    with pytest.raises(CommandError):
        ingest("--timezones", path, "--rejects", path)
    assert path.read_bytes() == before
    assert known_ids() == []


@in_database
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux only")
def test_rejects_that_cannot_be_written_refuse_all(write):
    path = write("timezones", ["A", "UTC"], ["B", "Nowhere"])
    with pytest.raises(CommandError, match="No space left on device"):
        ingest("--timezones", path, "--rejects", "/dev/full")
    assert known_ids() == []


@in_database
def test_strict_refuses_all_for_a_row_set_aside(folder, capsys):
    before, rejects = all_content(), folder / "rejects.csv"
    with pytest.raises(CommandError) as refused:
        ingest(folder, "--strict", "--rejects", rejects, verbosity=1)
    assert str(refused.value) == "3 rows cannot be right; nothing was changed"
    assert all_content() == before
    told = capsys.readouterr().out
    assert told_counts(told)["status"][-1] == 1
    assert f"set aside: 1 of hours: {END}" in told
    assert [row["reason"] for row in read_csv(rejects)] == [STATUS, END, DATE]


@in_database
def test_strict_loads_what_is_all_right(write):
    ingest("--strict", "--timezones", write("timezones", ["A", "UTC"], ["A", "UTC"]))
    assert known_ids() == ["A"]


@in_database
@pytest.mark.parametrize("broken", FILE_NAMES)
def test_one_refused_file_refuses_all(folder, broken):
    with (folder / FILE_NAMES[broken]).open("a") as file:
        file.write("A\n")
    before = all_content()
    with pytest.raises(CommandError, match=f"{FILE_NAMES[broken]}, line "):
        ingest(folder)
    assert all_content() == before


@in_database
def test_an_ingest_works_after_a_refused_one(write, folder):
    """Within one transaction even, as in a test: nothing is left in the way."""
    path = folder / FILE_NAMES["timezones"]
    path.write_text("store_id,timezone_str\nA,UTC,1\n")
    with pytest.raises(CommandError):
        ingest(folder)
    write("timezones", ["A", "UTC"])
    ingest(folder)
    assert known_ids() == ["A", "B", "E"]


# --- Arguments


@in_database
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give a folder, or any of --status, --hours, --timezones, --special"),
        (
            ["{folder}", "--status", "{folder}/store_status.csv"],
            "give a folder, or any of --status, --hours, --timezones, --special",
        ),
        (
            ["{folder}/none"],
            "{folder}/none has neither of store_status.csv and store_status.csv.gz",
        ),
        (
            ["{folder}/timezones.csv"],
            "{folder}/timezones.csv has neither of store_status.csv and "
            "store_status.csv.gz",
        ),
    ],
)
def test_says_what_is_wrong_with_the_arguments(folder, arguments, message):
    with pytest.raises(CommandError) as refused:
        ingest(*(argument.format(folder=folder) for argument in arguments))
    assert str(refused.value) == message.format(folder=folder)


@in_database
def test_a_folder_has_one_of_each_file(folder):
    zones = folder / "timezones.csv"
    packed = folder / "timezones.csv.gz"
    packed.write_bytes(b"")
    with pytest.raises(CommandError) as refused:
        ingest(folder)
    assert str(refused.value) == (
        f"{folder} has both of timezones.csv and timezones.csv.gz"
    )
    packed.unlink()
    zones.unlink()
    with pytest.raises(CommandError) as refused:
        ingest(folder)
    assert str(refused.value) == (
        f"{folder} has neither of timezones.csv and timezones.csv.gz"
    )


@in_database
def test_special_hours_are_not_missed_in_a_folder_and_not_told_of(folder, capsys):
    path = folder / FILE_NAMES["special"]
    path.unlink()
    ingest(folder, verbosity=1)
    told = capsys.readouterr().out
    assert list(told_counts(told)) == ["status", "hours", "timezones"]
    assert "special_hours.csv" not in told
    assert not SpecialHours.objects.exists()
    path.write_text("")
    (folder / f"{path.name}.gz").write_bytes(b"")
    with pytest.raises(CommandError) as refused:
        ingest(folder)
    assert str(refused.value) == (
        f"{folder} has both of special_hours.csv and special_hours.csv.gz"
    )


@in_database
def test_special_hours_are_found_in_a_folder_in_gzip(folder):
    path = folder / FILE_NAMES["special"]
    (folder / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    ingest(folder)
    assert special("E") == {date(2023, 1, 25): []}


@in_database
def test_a_path_that_cannot_be_is_an_error_like_others():
    with pytest.raises(CommandError, match="File name too long"):
        ingest("x" * 5000)


@in_database
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are in UTF-8")
def test_a_file_may_have_any_name(write):
    path = write("timezones", ["A", "UTC"], name=os.fsdecode(b"caf\xe9.csv"))
    ingest("--timezones", path)
    assert known_ids() == ["A"]


@in_database
def test_verbosity_0_is_silent(folder, capsys):
    ingest(folder)
    assert capsys.readouterr() == ("", "")


# --- Any rows at all, against a plain model

ID_TEXTS = {"A": "A", " A": "A", "B": "B", "\tC ": "C", "=A": None, "": None, " ": None}
STATUS_TEXTS = {"active": True, " inactive ": False, "inactive": False, "up": None}
INSTANT_TEXTS = {
    "2023-01-24 09:00:00": 9,
    "2023-01-24T10:00:00.000+01:00": 9,
    "2023-01-24 09:00:00 UTC": 9,
    "2023-01-24 10:00:00": 10,
    "2023-02-30 09:00:00": None,
}
DAY_TEXTS = {"0": 0, " 1 ": 1, "7": None}
CLOCK_TEXTS = {"09:00": 9, "09:00:00.0": 9, "00:00": 0, "24:00": 0, "9 AM": None}
ZONE_TEXTS = {"UTC": "UTC", "Asia/Tokyo ": "Asia/Tokyo", "asia/tokyo": None}
DATE_TEXTS = {"2023-01-24": 24, " 2023-01-25": 25, "2023-02-30": None}
SPECIAL_TEXTS = {"09:00": 9, " 09:00:00 ": 9, "": -1, " ": -1, "24:00": 0, "9 AM": None}
ROWS = {
    "status": [ID_TEXTS, STATUS_TEXTS, INSTANT_TEXTS],
    "hours": [ID_TEXTS, DAY_TEXTS, CLOCK_TEXTS, CLOCK_TEXTS],
    "timezones": [ID_TEXTS, ZONE_TEXTS],
    "special": [ID_TEXTS, DATE_TEXTS, SPECIAL_TEXTS, SPECIAL_TEXTS],
}
files_of_rows = st.fixed_dictionaries(
    {},
    optional={
        kind: st.lists(st.tuples(*map(st.sampled_from, map(list, texts))), min_size=1)
        for kind, texts in ROWS.items()
    },
)


class Model:
    """What the database should hold: dicts by what there is only one of."""

    def __init__(self):
        self.polls, self.weeks, self.zones, self.known = {}, {}, {}, set()
        self.special_dates = {}

    def load(self, files):
        """Take the files in; return how many rows of each came to which end."""
        return {kind: getattr(self, kind)(rows) for kind, rows in files.items()}

    def status(self, rows):
        accepted = [row for row in read_rows("status", rows) if None not in row]
        return self.update(
            self.polls, rows, accepted, {(row[0], row[2]): row[1] for row in accepted}
        )

    def timezones(self, rows):
        accepted = [row for row in read_rows("timezones", rows) if None not in row]
        return self.update(self.zones, rows, accepted, dict(accepted))

    def update(self, known, rows, accepted, latest):
        before = dict(known)
        known.update(latest)
        self.known.update(row[0] for row in accepted)
        return [
            len(rows),
            len(latest.keys() - before.keys()),
            sum(before.get(key, value) != value for key, value in latest.items()),
            len(latest.items() & before.items()),
            len(accepted) - len(latest),
            len(rows) - len(accepted),
        ]

    def hours(self, rows):
        read = read_rows("hours", rows)
        # 24:00 may end a day, not begin it.
        starts = [None if text == "24:00" else 0 for _, _, text, _ in rows]
        bad = {
            row[0]
            for row, start in zip(read, starts, strict=True)
            if None in (*row, start)
        }
        accepted = [row for row in read if row[0] is not None and row[0] not in bad]
        weeks = {row[0]: set() for row in accepted}
        for row in accepted:
            weeks[row[0]].add(row[1:])
        new = [week for store, week in weeks.items() if store not in self.weeks]
        old = [
            (week, self.weeks[store])
            for store, week in weeks.items()
            if store in self.weeks
        ]
        self.weeks.update(weeks)
        self.known.update(weeks)
        return [
            len(rows),
            sum(len(week) for week in new),
            sum(len(week - before) for week, before in old),
            sum(len(week & before) for week, before in old),
            len(accepted) - sum(len(week) for week in weeks.values()),
            len(rows) - len(accepted),
        ]

    def special(self, rows):
        """Of each date all rows are taken or none; (-1, -1) is closed."""
        found, rejected = {}, 0
        for (store, day, *times), row in zip(
            read_rows("special", rows), rows, strict=True
        ):
            bad = None in times or times.count(-1) == 1 or row[2] == "24:00"
            if store is None or day is None:
                rejected += 1
            else:
                found.setdefault((store, day), []).append(None if bad else (*times,))
        dates = {}
        for key, times in found.items():
            if None in times or ((-1, -1) in times and len(set(times)) > 1):
                rejected += len(times)
            else:
                dates[key] = set(times)
        before = dict(self.special_dates)
        self.special_dates.update(dates)
        self.known.update(store for store, _ in dates)

        def total(keys):
            return sum(len(dates[key]) for key in keys)

        known = [key for key in dates if key in before]
        same = [key for key in known if before[key] == dates[key]]
        return [
            len(rows),
            total(dates.keys() - before.keys()),
            total(set(known) - set(same)),
            total(same),
            len(rows) - rejected - total(dates),
            rejected,
        ]


def read_rows(kind, rows):
    return [
        tuple(texts[text] for texts, text in zip(ROWS[kind], row, strict=True))
        for row in rows
    ]


@in_database
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(files_of_rows, min_size=1, max_size=3))
def test_any_rows_end_as_the_model_says(ingests):
    model = Model()
    with engine.rolled_back():
        for files in ingests:
            expected = model.load(files)
            summary = load(files)
            assert {
                kind: list(counts) for kind, counts in summary.counts.items()
            } == expected
            for read, *ends in expected.values():
                assert read == sum(ends)
                assert min(ends) >= 0
            assert {
                (poll.store_id, poll.observed_at.hour): poll.is_active
                for poll in Poll.objects.all()
            } == model.polls
            found = {}
            for row in BusinessHours.objects.all():
                times = (row.weekday, row.starts.hour, row.ends.hour)
                found.setdefault(row.store_id, set()).add(times)
            assert found == model.weeks
            assert {
                (row.store_id, row.date.day): {
                    (starts.hour, ends.hour)
                    for starts, ends in zip(row.starts, row.ends, strict=True)
                }
                or {(-1, -1)}
                for row in SpecialHours.objects.all()
            } == model.special_dates
            zones = dict(Store.objects.values_list("store_id", "timezone"))
            assert zones.keys() == model.known
            assert {store: zone for store, zone in zones.items() if zone} == model.zones


def load(files):
    with TemporaryDirectory() as folder:
        for kind, rows in files.items():
            write_csv(Path(folder) / FILE_NAMES[kind], HEADERS[kind], rows)
        return engine.load_folder(folder)


# --- Processes


@pytest.fixture(scope="module")
def database_url():
    with processes.new_database() as new_url:
        yield new_url


def content_of(database_url):
    with processes.cursor_on(database_url) as cursor:
        return processes.content(cursor)


def test_a_refused_file_ends_with_one_line_and_exit_code_1(database_url, tmp_path):
    path = tmp_path / "ragged.csv"
    path.write_text("store_id,timezone_str\nA,UTC\nB\n")
    before = content_of(database_url)
    ended = processes.finished(database_url, "ingest_csv", "--timezones", path)
    assert ended.returncode == 1
    assert ended.stderr == (
        f'CommandError: {path}, line 3: missing data for column "timezone_str"; '
        "nothing was changed\n"
    )
    assert content_of(database_url) == before


def test_strict_ends_with_exit_code_1(database_url, write):
    path = write("timezones", ["A", "UTC"], ["B", "Nowhere"])
    before = content_of(database_url)
    ended = processes.finished(
        database_url, "ingest_csv", "--timezones", path, "--strict", "-v", "0"
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        "CommandError: 1 rows cannot be right; nothing was changed\n"
    )
    assert content_of(database_url) == before


def test_tells_plain_lines_to_a_pipe(database_url, write):
    path = write("timezones", ["plain", "UTC"], ["plain", "Nowhere"])
    ended = processes.finished(database_url, "ingest_csv", "--timezones", path)
    assert (ended.returncode, ended.stderr) == (0, "")
    *lines, last = ended.stdout.splitlines()
    assert lines == [
        f"reading {path}",
        "checking the rows",
        "storing what is new",
        "                    read           new       changed already there"
        "    superseded      rejected",
        "timezones              2             1             0             0"
        "             0             1",
        "set aside: 1 of timezones: unknown time zone",
    ]
    assert re.fullmatch(r"Ingested in \d+\.\d s\.", last)


def test_verbosity_0_says_nothing_to_a_terminal(database_url, folder):
    assert on_a_terminal(database_url, folder, "-v", "0") == ""


def test_a_progress_bar_shows_rate_and_remaining_time_on_a_terminal(
    database_url, tmp_path
):
    path = tmp_path / "large.csv"
    row = "shown,active,2023-01-24 09:00:00," + "x" * 960
    path.write_text("store_id,status,timestamp_utc,note\n" + f"{row}\n" * 10_000)
    shown = on_a_terminal(database_url, "--status", path)
    assert re.search(r"reading:   0%\|.*\[\d\d:\d\d<\?, \?B/s\]", shown)
    assert re.search(
        r"reading: 100%\|.*9\.9\dM/9\.9\dM \[\d\d:\d\d<\d\d:\d\d, .*B/s\]", shown
    )
    assert "checking the rows" in shown


def on_a_terminal(database_url, *arguments):
    """Run an ingest to its end on a terminal; return all that it showed."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    with processes.started(
        database_url, "ingest_csv", *arguments, stdout=its, stderr=its
    ) as process:
        os.close(its)
        shown = b"".join(iter(lambda: read_terminal(ours), b""))
    os.close(ours)
    assert process.returncode == 0
    return shown.decode()


def read_terminal(terminal):
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # how Linux says that the other side is closed
        return b""


def test_two_ingests_at_once_take_turns(database_url, write):
    """Both are made to wait for a third, so that they really meet."""
    rows = [[f"turn{number}", "UTC"] for number in range(3)]
    path = write("timezones", *rows)
    with processes.cursor_on(database_url) as cursor:
        cursor.execute("lock table store in share row exclusive mode")
        arguments = [database_url, "ingest_csv", "--timezones", path]
        with processes.started(*arguments) as one, processes.started(*arguments) as two:
            processes.wait_for(lambda: len(processes.waiting(cursor)) == 2)
            cursor.connection.rollback()
            ended = [processes.ended(one), processes.ended(two)]
    assert [end.returncode for end in ended] == [0, 0]
    counts = sorted(told_counts(end.stdout)["timezones"] for end in ended)
    assert counts == [[3, 0, 0, 3, 0, 0], [3, 3, 0, 0, 0, 0]]


MEASURED = """
import sys
from pathlib import Path
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
print(Path("/proc/self/status").read_text())
"""
MEGABYTE = 1_000_000


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux only")
def test_takes_no_more_memory_for_a_larger_file(database_url, tmp_path):
    small = peak_memory(database_url, tmp_path, MEGABYTE)
    large = peak_memory(database_url, tmp_path, 60 * MEGABYTE)
    assert large - small < 30 * MEGABYTE


def peak_memory(database_url, folder, size):
    """The memory of an ingest of a file of this size, half of it set aside."""
    path = folder / "file.csv"
    note = "x" * 950
    good = f"memory,active,2023-01-24 09:00:00,{note}\n"
    bad = f"memory,up,2023-01-24 09:00:00,{note}\n"
    rows = (good + bad) * (size // len(good + bad))
    path.write_text("store_id,status,timestamp_utc,note\n" + rows)
    options = ["--rejects", folder / "rejects.csv", "-v", "0"]
    with processes.started(
        database_url, "ingest_csv", "--status", path, *options, script=MEASURED
    ) as process:
        ended = processes.ended(process)
    assert ended.returncode == 0, ended.stderr
    return int(re.search(r"VmHWM:\s+(\d+) kB", ended.stdout)[1]) * 1024
