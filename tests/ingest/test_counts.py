"""The summary: counts of rows, and the reasons of rejected ones."""

import pytest

from tests.ingest.rows import FORMULA, STATUS, ingest, summary_counts

in_database = pytest.mark.django_db


@in_database
def test_it_counts_the_outcome_of_each_row(write, folder, capsys):
    ingest(folder, verbosity=1)
    assert summary_counts(capsys.readouterr().out) == {
        # read, new, changed, already there, superseded, rejected
        "status": [5, 3, 0, 0, 1, 1],
        "hours": [4, 2, 0, 0, 1, 1],
        "timezones": [3, 2, 0, 0, 1, 0],
        "special": [6, 4, 0, 0, 1, 1],
    }
    ingest(folder, verbosity=1)
    assert summary_counts(capsys.readouterr().out) == {
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
    output = capsys.readouterr().out
    assert summary_counts(output) == {
        "status": [3, 1, 1, 1, 0, 0],
        "hours": [2, 0, 1, 1, 0, 0],
        "timezones": [3, 1, 1, 1, 0, 0],
        "special": [4, 2, 1, 1, 0, 0],
    }
    assert "1 rows of earlier weeks were replaced" in output


@in_database
def test_it_counts_the_rows_set_aside_by_reason(write, capsys):
    path = write(
        "status",
        ["A", "up", "2023-01-24 09:00:00"],
        ["A", "down", "2023-01-24 09:00:00"],
        ["=A", "active", "2023-01-24 09:00:00"],
        ["A", "active", "2023-01-24 09:00:00"],
    )
    ingest("--status", path, verbosity=1)
    output = capsys.readouterr().out
    assert (
        f"rejected: 2 of status: {STATUS}\nrejected: 1 of status: {FORMULA}\n" in output
    )
