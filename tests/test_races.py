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

# Names a statement, or each one, before it runs it, and then waits for a line.
STEP_BY_STEP = """
import sys
import django
django.setup()
import sql
from reports.compute import compute
from reports.models import Report, ReportRow
from stores import timeline

run = sql.run

def step(name, **parameters):
    if name in (sys.argv[1:] or [name]):
        print(name, flush=True)
        input()
    return run(name, **parameters)

sql.run = step
"""
REFRESH = STEP_BY_STEP + "timeline.refresh()"
REPORT = (
    STEP_BY_STEP
    + """
report = Report.objects.create(state="running")
compute(report)
for row in ReportRow.objects.filter(report_id=report.pk).order_by("store_id"):
    print(row.store_id, row.up_week + row.down_week + row.unobserved_week)
"""
)
ALWAYS = [("1", weekday, 0, 24 * HOUR) for weekday in range(7)]


@pytest.fixture
def database_url():
    with processes.new_database() as new_url:
        yield new_url


@pytest.fixture
def load(database_url, tmp_path):
    def load(polls, hours=(), zones=()):
        write_csvs(Data(polls, hours, zones), tmp_path)
        files = [
            f"--{kind}={tmp_path / name}"
            for kind, name in FILE_NAMES.items()
            if (tmp_path / name).exists()
        ]
        processes.finished(database_url, "ingest_csv", *files).check_returncode()

    return load


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


def test_ingests_between_the_steps_of_a_refresh_are_heard(database_url, load):
    everything = Data()

    def ingest(number):
        data = arrival(number)
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
            print(file=refresh.stdin, flush=True)
        assert processes.ended(refresh).returncode == 0
    assert {"timeline/gather_dates", "timeline/delete_marks"} < {*steps}
    report = processes.finished(database_url, "run_report")
    check = processes.finished(database_url, "check_timeline")
    assert report.stdout == as_csv(reference.csv_rows(reference.figures(everything)))
    assert check.returncode == 0


def at(text):
    return reference.parse_instant(f"2023-01-{text} UTC")


def report_while(database_url, step, happen):
    """Compute a report, and have something happen before one of its statements."""
    with processes.started(database_url, step, script=REPORT, stdin=PIPE) as report:
        assert report.stdout.readline().strip() == step
        happen()
        print(file=report.stdin, flush=True)
        done = processes.ended(report)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_store_that_comes_before_the_sums_is_in_the_next_report(database_url, load):
    load([("1", True, at("22 12:00:00"))], ALWAYS, [("1", "UTC")])
    rows = report_while(
        database_url,
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
def test_a_week_that_changes_within_a_refresh_is_not_half_of_each(
    database_url, load, hours, zone
):
    load([("1", True, at("16 12:00:00"))], ALWAYS, [("1", "UTC")])
    report_while(database_url, "report/compute", lambda: None)
    load([("1", True, at("20 12:00:00"))])
    rows = report_while(
        database_url,
        "timeline/expand_sessions",
        lambda: load([], hours, [("1", zone)]),
    )
    assert rows == "1 7 days, 0:00:00\n"
