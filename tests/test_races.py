"""What is ingested while a refresh is under way is heard by it or by the next one."""

import csv
import io
from datetime import timedelta
from subprocess import PIPE

import pytest

from stores.management.commands.ingest_csv import FILE_NAMES
from tests import processes, reference
from tests.reference import HOUR, Data
from tests.strategies import write_csvs

FIRST = reference.parse_instant("2023-01-17 18:00:00 UTC")

# A refresh that names each statement before it runs it, and then waits for a line.
STEP_BY_STEP = """
import django
django.setup()
import sql
from stores import timeline

run = sql.run

def step(name, **parameters):
    print(name, flush=True)
    input()
    return run(name, **parameters)

sql.run = step
timeline.refresh()
"""


def arrival(number):
    """Polls of a known store and of a new one; some tell of a later day than others.

    The newest poll comes with a store that the refresh sees when it looks for the
    stores, and did not see when it looked for the marks.
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


def test_ingests_between_the_steps_of_a_refresh_are_heard(tmp_path):
    everything = Data()

    def ingest(number):
        data = arrival(number)
        write_csvs(data, tmp_path)
        processes.finished(database_url, "ingest_csv", tmp_path).check_returncode()
        everything.polls.extend(data.polls)
        everything.hours.extend(data.hours)
        everything.zones.extend(data.zones)

    with processes.new_database() as database_url:
        ingest(0)
        with processes.started(
            database_url, script=STEP_BY_STEP, stdin=PIPE
        ) as refresh:
            steps = []
            for line in refresh.stdout:
                steps.append(line.strip())
                ingest(len(steps))
                print(file=refresh.stdin, flush=True)
            assert processes.ended(refresh).returncode == 0
        assert {"timeline/gather_dates", "timeline/delete_marks"} < {*steps}
        report = processes.finished(database_url, "run_report")
        check = processes.finished(database_url, "check_timeline")
    assert report.stdout == as_csv(reference.csv_rows(reference.figures(everything)))
    assert check.returncode == 0


# A report that waits before one of its statements, and then prints its rows.
STOP_AT = """
import sys
import django
django.setup()
import sql
from reports.compute import compute
from reports.models import Report, ReportRow

run = sql.run

def step(name, **parameters):
    if name == sys.argv[1]:
        print("here", flush=True)
        input()
    return run(name, **parameters)

sql.run = step
report = Report.objects.create(state="running")
compute(report)
for row in ReportRow.objects.filter(report_id=report.pk).order_by("store_id"):
    print(row.store_id, row.up_week + row.down_week + row.unobserved_week)
"""
ALWAYS = [("1", weekday, 0, 24 * HOUR) for weekday in range(7)]


@pytest.fixture
def load(tmp_path):
    with processes.new_database() as database_url:

        def load(polls, hours=(), zones=()):
            write_csvs(Data(polls, hours, zones), tmp_path)
            files = [
                f"--{kind}={tmp_path / name}"
                for kind, name in FILE_NAMES.items()
                if (tmp_path / name).exists()
            ]
            loaded = processes.finished(database_url, "ingest_csv", *files)
            loaded.check_returncode()

        load.database_url = database_url
        yield load


def at(text):
    return reference.parse_instant(f"2023-01-{text} UTC")


def report_while(database_url, step, happen):
    """Compute a report, and have something happen before one of its statements."""
    with processes.started(database_url, step, script=STOP_AT, stdin=PIPE) as report:
        assert report.stdout.readline() == "here\n"
        happen()
        print(file=report.stdin, flush=True)
        done = processes.ended(report)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_store_that_comes_before_the_sums_is_in_the_next_report(load):
    load([("1", True, at("22 12:00:00"))], ALWAYS, [("1", "UTC")])
    rows = report_while(
        load.database_url,
        "report/compute",
        lambda: load([("2", True, at("22 11:00:00"))]),
    )
    assert rows == "1 7 days, 0:00:00\n"


@pytest.mark.parametrize(
    ("hours", "zone"),
    [
        # Open for eight hours a day from now on.
        ([("1", weekday, 9 * HOUR, 17 * HOUR) for weekday in range(7)], "UTC"),
        # Tokyo's date ends when London's opens anew.
        (ALWAYS, "Asia/Tokyo"),
    ],
)
def test_a_week_that_changes_within_a_refresh_is_not_half_of_each(load, hours, zone):
    load([("1", True, at("16 12:00:00"))], ALWAYS, [("1", "UTC")])
    report_while(load.database_url, "report/compute", lambda: None)
    load([("1", True, at("20 12:00:00"))])
    rows = report_while(
        load.database_url,
        "timeline/expand_sessions",
        lambda: load([], hours, [("1", zone)]),
    )
    assert rows == "1 7 days, 0:00:00\n"
