"""What is kept of rejected rows. test_forms.py has the reason of each form."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from stores.ingest.staging import FILE_NAMES
from tests.ingest.rows import (
    DATE,
    DATE_YEARS,
    DAY,
    FORMULA,
    GOOD,
    START,
    STATUS,
    ingest,
    known_ids,
    read_csv,
)

in_database = pytest.mark.django_db
# Of several reasons, the first one is given.
SET_ASIDE = [
    ("timezones", ["=A", "Nowhere"], FORMULA),
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
