"""Which rows are rejected, and the reason of each."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from stores.ingest.staging import FILE_NAMES
from tests.ingest.rows import (
    DATE,
    DATE_YEARS,
    DAY,
    END,
    FORMULA,
    FUTURE,
    GOOD,
    ROUNDED,
    START,
    STATUS,
    TIMESTAMP,
    YEARS,
    ZONE,
    ingest,
    known_ids,
    read_csv,
)

in_database = pytest.mark.django_db
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
    # Valid as an end, not as a start.
    *(("hours", ["A", "0", text, "17:00"], START) for text in ["24:00", "24:00:00"]),
    *(("hours", ["A", "0", "09:00", text], END) for text in BAD_TIMES),
    *(("timezones", ["A", text], ZONE) for text in BAD_ZONES),
    *(("special", ["A", text, "09:00", "17:00"], DATE) for text in BAD_DATES),
    *(("special", ["A", text, "", ""], DATE_YEARS) for text in BAD_DATE_YEARS),
    *(("special", ["A", "2023-01-24", text, "17:00"], START) for text in BAD_TIMES),
    ("special", ["A", "2023-01-24", "24:00", "17:00"], START),
    *(("special", ["A", "2023-01-24", "09:00", text], END) for text in BAD_TIMES),
    # Of several reasons, the first one is given.
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
def test_it_sets_aside_each_invalid_row(write, tmp_path, kind):
    """Valid rows come first and last; each invalid row has its own store."""
    bad = [(row, reason) for of, row, reason in SET_ASIDE if of == kind]
    bad = [
        ([f"A{number}" if row[0] == "A" else row[0], *row[1:]], reason)
        for number, (row, reason) in enumerate(bad)
    ]
    rows = [["first", *GOOD[kind]], *(row for row, _ in bad), ["last", *GOOD[kind]]]
    path, rejects = write(kind, *rows), tmp_path / "rejects.csv"
    ingest(f"--{kind}", path, "--rejects", rejects, "--max-rejects", "100%")
    assert known_ids() == ["first", "last"]
    assert [
        (row["file"], row["record"], json.loads(row["row"]), row["reason"])
        for row in read_csv(rejects)
    ] == [
        (str(path), str(record), [field or None for field in row], reason)
        for record, (row, reason) in enumerate(bad, start=2)
    ]


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
