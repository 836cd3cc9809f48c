"""Data loaded during a refresh or a report is processed then or the next time."""

import csv
import io
from datetime import timedelta
from subprocess import PIPE

import pytest

from tests.engine.steps import (
    ALWAYS,
    LONG,
    REFRESH,
    REPORT,
    SHORT,
    at,
    do_nothing,
    output_while,
)
from tests.support import processes, reference
from tests.support.reference import HOUR, Data

FIRST = reference.parse_instant("2023-01-17 18:00:00 UTC")


def new_data(number):
    """Polls of a known store and of a new one, on different days.

    The newest poll is of a store that the refresh sees when it reads the stores, but
    did not see when it read the marks.
    """
    at, store_id = FIRST + number * 5 % 13 * timedelta(hours=12), f"store {number}"
    polls = [
        ("known", number % 3 == 0, at - timedelta(days=1)),
        (store_id, number % 2 == 0, at - timedelta(hours=3)),
        (store_id, number % 2 == 1, at),
    ]
    hours = [(store_id, weekday, 9 * HOUR, 17 * HOUR) for weekday in range(7)]
    return Data(polls, hours, [(store_id, "America/Denver")])


def as_csv(rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def test_ingests_between_the_steps_of_a_refresh_are_processed(database_url, load):
    everything = Data()

    def ingest(number):
        data = new_data(number)
        load(data.polls, data.hours, data.zones)
        everything.polls.extend(data.polls)
        everything.hours.extend(data.hours)
        everything.zones.extend(data.zones)

    ingest(0)
    with processes.started(database_url, script=REFRESH, stdin=PIPE) as refresh:
        steps = []
        for line in refresh.stdout:
            steps.append(line.strip())
            ingest(len(steps))
            print(end=".", file=refresh.stdin, flush=True)
        assert processes.wait_for_end(refresh).returncode == 0
    assert {"timeline/gather_dates", "delete timeline_mark"} < {*steps}
    report = processes.run_in_fork(database_url, "run_report")
    check = processes.run_in_fork(database_url, "check_timeline")
    assert report.stdout == as_csv(reference.csv_rows(reference.figures(everything)))
    assert check.returncode == 0


def report_while(database_url, step, action):
    """Compute a report; call `action` before one of its statements."""
    return output_while(action, database_url, step, script=REPORT)


def test_a_store_loaded_just_before_the_sums_is_left_to_the_next_report(
    database_url, load
):
    load([("1", True, at("22 12:00:00"))], ALWAYS, [("1", "UTC")])
    rows = report_while(
        database_url,
        "report/compute",
        lambda: load([("2", True, at("22 11:00:00"))]),
    )
    assert rows == "1 7 days, 0:00:00\n"


@pytest.mark.parametrize(
    ("before", "after", "zone", "open_for"),
    [
        (ALWAYS, LONG, "UTC", "7 days, 0:00:00"),
        # The same hours, but each date begins nine hours earlier.
        (ALWAYS, ALWAYS, "Asia/Tokyo", "7 days, 0:00:00"),
        # No period stays.
        (SHORT, LONG, "UTC", "7:00:00"),
    ],
)
def test_hours_changed_during_a_refresh_are_not_mixed_with_the_old_ones(
    database_url, load, before, after, zone, open_for
):
    load([("1", True, at("16 12:00:00"))], before, [("1", "UTC")])
    report_while(database_url, "report/compute", do_nothing)
    load([("1", True, at("20 12:00:00"))])
    rows = report_while(
        database_url,
        "timeline/expand_sessions",
        lambda: load([], after, [("1", zone)]),
    )
    assert rows == f"1 {open_for}\n"
