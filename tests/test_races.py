"""What changes while a refresh, a report or a reader is under way.

A refresh or the next one hears of it; a report and an answer are of one moment.
"""

import csv
import io
import json
from datetime import timedelta
from itertools import cycle
from subprocess import PIPE

import pytest

from stores.management.commands.ingest_csv import FILE_NAMES
from tests.support import processes, reference
from tests.support.reference import HOUR, Data
from tests.support.strategies import write_csvs

FIRST = reference.parse_instant("2023-01-17 18:00:00 UTC")

# Names a statement, or each one, before it runs it, and then waits for a character.
STEP_BY_STEP = """
import os
import sys
import django
django.setup()
import sql
from django.test import Client
from reports.compute import compute
from reports.models import Report, ReportRow
from stores import timeline

execute = sql._executed

def step(name, *arguments):
    if name in (sys.argv[1:] or [name]):
        os.write(sys.stdout.fileno(), f"{name}\\n".encode())  # in one go
        os.read(sys.stdin.fileno(), 1)
    return execute(name, *arguments)

sql._executed = step
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
READ = (
    STEP_BY_STEP
    + """
from concurrent.futures import ThreadPoolExecutor

def answer(path):
    found = Client(SERVER_NAME="127.0.0.1").get(path)
    return f"{found.status_code} {found.content.decode()}"

paths = [argument for argument in sys.argv if argument.startswith("/")]
with ThreadPoolExecutor(len(paths)) as pool:
    print(*pool.map(answer, paths), sep="\\n")
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
            print(end=".", file=refresh.stdin, flush=True)
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
    return told_while(happen, database_url, step, script=REPORT)


def told_while(happen, database_url, *steps, script, more=()):
    """Run a script, and have something happen while it is at these statements."""
    arguments = [*steps, *more]
    with processes.started(
        database_url, *arguments, script=script, stdin=PIPE
    ) as process:
        reached = [process.stdout.readline().strip() for _ in steps]
        assert sorted(reached) == sorted(steps)
        happen()
        print(end="." * len(steps), file=process.stdin, flush=True)
        done = processes.ended(process)
    assert done.returncode == 0, done.stderr
    return done.stdout


def nothing():
    pass


def test_a_store_that_comes_before_the_sums_is_in_the_next_report(database_url, load):
    load([("1", True, at("22 12:00:00"))], ALWAYS, [("1", "UTC")])
    rows = report_while(
        database_url,
        "report/compute",
        lambda: load([("2", True, at("22 11:00:00"))]),
    )
    assert rows == "1 7 days, 0:00:00\n"


# Open for an hour a day, and for eight.
SHORT = [("1", weekday, 9 * HOUR, 10 * HOUR) for weekday in range(7)]
LONG = [("1", weekday, 9 * HOUR, 17 * HOUR) for weekday in range(7)]


@pytest.mark.parametrize(
    ("before", "after", "zone", "open_for"),
    [
        (ALWAYS, LONG, "UTC", "7 days, 0:00:00"),
        # Tokyo's date ends when London's opens anew.
        (ALWAYS, ALWAYS, "Asia/Tokyo", "7 days, 0:00:00"),
        # No row of the table stays.
        (SHORT, LONG, "UTC", "7:00:00"),
    ],
)
def test_a_week_that_changes_within_a_refresh_is_not_half_of_each(
    database_url, load, before, after, zone, open_for
):
    load([("1", True, at("16 12:00:00"))], before, [("1", "UTC")])
    report_while(database_url, "report/compute", nothing)
    load([("1", True, at("20 12:00:00"))])
    rows = report_while(
        database_url,
        "timeline/expand_sessions",
        lambda: load([], after, [("1", zone)]),
    )
    assert rows == f"1 {open_for}\n"


# --- Readers

STORE = "/api/stores/1"
EARLY = "from=2023-01-02T00:00:00Z&to=2023-01-03T00:00:00Z&as_of=2023-01-22T12:00:00Z"


@pytest.fixture
def loaded(database_url, load):
    """A store that is down since the evening of the first, and alive on the 22nd."""
    polls = [("1", False, at("01 20:00:00")), ("1", True, at("22 12:00:00"))]
    load(polls, ALWAYS, [("1", "UTC")])
    processes.finished(database_url, "run_report").check_returncode()


READERS = {
    f"{STORE}/uptime?{EARLY}": "uptime/by_day",
    f"{STORE}/timeline?{EARLY}": "uptime/periods",
    f"{STORE}/outages?{EARLY}": "outages/list",
    f"{STORE}/polls?{EARLY.replace('02T', '01T')}": "store/polls",
    f"/api/outages?{EARLY}": "outages/list",
    "/api/stores": "store/list",
}


def answers_while(happen, database_url, readers):
    """Ask the API for all at once, and have something happen while it reads."""
    steps = readers.values()
    return told_while(happen, database_url, *steps, script=READ, more=readers)


def prune(database_url, load):
    processes.finished(database_url, "prune", "--polls=8").check_returncode()


def delete(database_url, load):
    deletion = "from stores import edit; edit.delete(['1'])"
    processes.finished(database_url, "shell", "-c", deletion).check_returncode()


def replace(database_url, load):
    """Have other rows in the tables, and none of those before."""
    delete(database_url, load)
    load([("1", True, at("23 12:00:00"))], SHORT, [("1", "UTC")])
    processes.finished(database_url, "run_report").check_returncode()


@pytest.mark.parametrize("overtake", [prune, delete, replace])
def test_readers_that_are_overtaken_tell_what_was(loaded, database_url, load, overtake):
    before = answers_while(nothing, database_url, READERS).splitlines()
    now = answers_while(lambda: overtake(database_url, load), database_url, READERS)
    assert [line[:3] for line in before] == ["200"] * len(READERS)
    assert "down" in before[0]
    assert now.splitlines() == before


def test_a_reader_sees_one_zone_whenever_it_changes(loaded, database_url, load):
    """The store moves before each statement; its day has eight hours in any zone."""
    load([], LONG)
    # They have no date in common, and neither comes every other time.
    zones = cycle(["Pacific/Pago_Pago", "Pacific/Kiritimati", "Pacific/Kiritimati"])
    asked = EARLY.replace("00:00:00Z", "12:00:00Z")
    path = f"{STORE}/uptime?group_by=weekday_hour&{asked}"
    steps = ["timeline/see_one_moment", "timeline/current", "uptime/uncovered_days"]
    steps += ["uptime/by_day", "uptime/by_weekday_hour"]
    with processes.started(
        database_url, *steps, path, script=READ, stdin=PIPE
    ) as reader:
        for line in reader.stdout:
            if line.strip() not in steps:
                break
            load([], zones=[("1", next(zones))])
            print(end=".", file=reader.stdin, flush=True)
        assert processes.ended(reader).returncode == 0
    content = json.loads(line.removeprefix("200 "))
    groups = sum(group["business_seconds"] for group in content["groups"])
    assert content["business_seconds"] == groups == 8 * 3600


def test_a_reader_of_dates_far_from_all_polls_sees_the_hours_that_were(
    loaded, database_url, load
):
    load([], SHORT)
    far = "from=2022-10-03T00:00:00Z&to=2022-10-05T00:00:00Z"
    told = answers_while(
        lambda: load([], LONG),
        database_url,
        {f"{STORE}/uptime?{far}": "timeline/expand_sessions"},
    )
    assert '"business_seconds":7200.0' in told


def shorten(database_url, load):
    load([], SHORT)
    processes.finished(database_url, "run_report").check_returncode()


def test_readers_do_not_see_a_timeline_emptied_to_be_made_anew(
    loaded, database_url, load
):
    """They have looked for the moment, and not yet at the timeline."""
    readers = {f"{STORE}/uptime?{EARLY}": "uptime/uncovered_days"}
    before = answers_while(nothing, database_url, readers)
    now = answers_while(lambda: shorten(database_url, load), database_url, readers)
    assert now == before
    assert '"business_seconds":86400.0' in before


def test_groups_and_total_are_of_the_same_hours(loaded, database_url, load):
    path = f"{STORE}/uptime?group_by=weekday_hour&{EARLY}"
    told = answers_while(
        lambda: shorten(database_url, load),
        database_url,
        {path: "uptime/by_weekday_hour"},
    )
    status, _, content = told.partition(" ")
    content = json.loads(content)
    groups = sum(group["business_seconds"] for group in content["groups"])
    assert [status, content["business_seconds"], groups] == ["200", 86400, 86400]


def test_outages_of_what_was_pruned_are_refused(loaded, database_url, load):
    asked = ("outages", "--from=2023-01-02", "--to=2023-01-03")
    assert "1 outages" in processes.finished(database_url, *asked).stdout
    prune(database_url, load)
    refused = processes.finished(database_url, *asked)
    assert refused.returncode == 1
    assert refused.stderr == (
        "CommandError: the polls before 2023-01-15T00:00:00+00:00 have been pruned\n"
    )
