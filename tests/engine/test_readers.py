"""Data changes while the API reads: an answer still comes from one snapshot."""

import json
from itertools import cycle
from subprocess import PIPE

import pytest

from tests.engine.steps import ALWAYS, LONG, READ, SHORT, at, do_nothing, output_while
from tests.support import processes, services

STORE = "/api/stores/1"
EARLY = "from=2023-01-02T00:00:00Z&to=2023-01-03T00:00:00Z&as_of=2023-01-22T12:00:00Z"


@pytest.fixture
def loaded(database_url, load):
    """A store that is down from the evening of the 1st and up on the 22nd."""
    polls = [("1", False, at("01 20:00:00")), ("1", True, at("22 12:00:00"))]
    load(polls, ALWAYS, [("1", "UTC")])
    processes.run_in_fork(database_url, "run_report").check_returncode()


READERS = {
    f"{STORE}/uptime?{EARLY}": "uptime/by_day",
    f"{STORE}/timeline?{EARLY}": "uptime/sessions",
    f"{STORE}/outages?{EARLY}": "uptime/outages",
    f"{STORE}/polls?{EARLY.replace('02T', '01T')}": "select poll",
    f"/api/outages?{EARLY}": "uptime/outages",
    f"/api/uptime?{EARLY}": "rollup/by_label_and_day",
    "/api/stores": "stores/list",
}


def answers_while(action, database_url, readers):
    """Send all requests at once; call `action` while they read."""
    steps = readers.values()
    return output_while(action, database_url, *steps, script=READ, more=readers)


def prune(database_url, load):
    processes.run_in_fork(database_url, "prune", "--polls=8").check_returncode()


def delete(database_url, load):
    deletion = "from stores import editing; editing.delete(['1'])"
    processes.run_in_fork(database_url, "shell", "-c", deletion).check_returncode()


def replace(database_url, load):
    """Replace all rows in the tables with others."""
    delete(database_url, load)
    load([("1", True, at("23 12:00:00"))], SHORT, [("1", "UTC")])
    processes.run_in_fork(database_url, "run_report").check_returncode()


@pytest.mark.parametrize("change", [prune, delete, replace])
def test_readers_return_the_state_before_a_concurrent_change(
    loaded, database_url, load, change
):
    before = answers_while(do_nothing, database_url, READERS).splitlines()
    now = answers_while(lambda: change(database_url, load), database_url, READERS)
    assert [line[:3] for line in before] == ["200"] * len(READERS)
    assert "down" in before[0]
    assert now.splitlines() == before


def test_a_reader_sees_one_zone_whenever_it_changes(loaded, database_url, load):
    """The store moves before each statement; its day has eight hours in any zone."""
    load([], LONG)
    # The two zones have no date in common, and they do not simply alternate.
    zones = cycle(["Pacific/Pago_Pago", "Pacific/Kiritimati", "Pacific/Kiritimati"])
    asked = EARLY.replace("00:00:00Z", "12:00:00Z")
    path = f"{STORE}/uptime?group_by=weekday_hour&{asked}"
    steps = ["set transaction isolation level repeatable read", "timeline/current"]
    steps += ["uptime/cut_range", "uptime/find_uncovered_days"]
    steps += ["uptime/by_day", "uptime/by_weekday_hour"]
    with processes.started(
        database_url, *steps, path, script=READ, stdin=PIPE
    ) as reader:
        for line in reader.stdout:
            if line.strip() not in steps:
                break
            load([], zones=[("1", next(zones))])
            print(end=".", file=reader.stdin, flush=True)
        assert processes.wait_for_end(reader).returncode == 0
    content = json.loads(line.removeprefix("200 "))
    groups = sum(group["business_seconds"] for group in content["groups"])
    assert content["business_seconds"] == groups == 8 * 3600


def test_readers_do_not_wait_for_a_refresh(loaded, database_url, load):
    """They read the last timeline, without the poll of the 23rd."""
    load([("1", True, at("23 12:00:00"))])
    paths = ["/api/stores", "/api/outages", f"{STORE}/uptime", f"{STORE}/outages"]
    with services.timeline_held(database_url):
        output = output_while(do_nothing, database_url, script=READ, more=paths)
    answers = output.splitlines()
    assert [line[:3] for line in answers] == ["200"] * len(paths)
    for answer in answers:
        assert '"as_of":"2023-01-22T12:00:00Z"' in answer


def shorten(database_url, load):
    load([], SHORT)
    processes.run_in_fork(database_url, "run_report").check_returncode()


def test_a_reader_of_dates_far_from_all_polls_sees_the_hours_of_its_snapshot(
    loaded, database_url, load
):
    shorten(database_url, load)
    far = "from=2022-10-03T00:00:00Z&to=2022-10-05T00:00:00Z"
    output = answers_while(
        lambda: load([], LONG),
        database_url,
        {f"{STORE}/uptime?{far}": "timeline/expand_sessions"},
    )
    assert '"business_seconds":7200.0' in output


def test_readers_do_not_see_the_emptied_timeline_during_a_rebuild(
    loaded, database_url, load
):
    """They have read the moment, but not yet the timeline."""
    readers = {f"{STORE}/uptime?{EARLY}": "uptime/cut_range"}
    before = answers_while(do_nothing, database_url, readers)
    now = answers_while(lambda: shorten(database_url, load), database_url, readers)
    assert now == before
    assert '"business_seconds":86400.0' in before


def test_groups_and_total_use_the_same_hours(loaded, database_url, load):
    path = f"{STORE}/uptime?group_by=weekday_hour&{EARLY}"
    output = answers_while(
        lambda: shorten(database_url, load),
        database_url,
        {path: "uptime/by_weekday_hour"},
    )
    status, _, content = output.partition(" ")
    content = json.loads(content)
    groups = sum(group["business_seconds"] for group in content["groups"])
    assert [status, content["business_seconds"], groups] == ["200", 86400, 86400]


def test_outages_of_pruned_dates_are_refused(loaded, database_url, load):
    asked = ("outages", "--from=2023-01-02", "--to=2023-01-03")
    assert "1 outages" in processes.run_in_fork(database_url, *asked).stdout
    prune(database_url, load)
    refused = processes.run_in_fork(database_url, *asked)
    assert refused.returncode == 1
    assert refused.stderr == (
        "CommandError: the polls before 2023-01-15T00:00:00+00:00 were pruned\n"
    )
