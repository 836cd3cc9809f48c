"""What a new row replaces: weeks, special dates, earlier rows."""

import gzip
from datetime import date, time

import pytest

from stores.models import Mark, Store
from stores.timeline.check import check
from stores.timeline.refresh import refresh
from tests.ingest.rows import (
    CLOSED_AND_OPEN,
    DATE,
    DAY,
    END,
    GOOD,
    OF_THE_DATE,
    START,
    WEEK,
    ingest,
    known_ids,
    read_csv,
    special,
    statuses,
    week,
)

in_database = pytest.mark.django_db


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
    """Each of the two leaves a mark that begins at that instant."""
    load = [
        *("--status", write("status", ["A", "active", "2023-01-24 00:00:00"])),
        *("--special", write("special", ["A", "2023-01-24", "", ""])),
    ]
    ingest("--timezones", write("timezones", ["A", "UTC"]))
    ingest(*load)
    assert Mark.objects.filter(since="2023-01-24T00:00:00Z").count() == 2
    refresh()
    assert check() == {}


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
    """Rows of very different widths keep their order in the database."""
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
