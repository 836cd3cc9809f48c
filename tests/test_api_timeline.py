"""What the API tells of the timeline, against cases by hand and the reference."""

import csv
from datetime import datetime, time, timedelta
from fractions import Fraction
from io import StringIO
from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from reports.compute import compute_now
from stores import edit, retention, timeline
from stores.models import CoveredDay, Period
from tests.support import engine, reference
from tests.support.reference import HOUR, MICROSECOND, ONE_DAY, Data, parse_instant
from tests.support.strategies import dataset_and_as_of
from tests.test_api import check_is_problem

pytestmark = pytest.mark.django_db

generated = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
MINUTE = timedelta(minutes=1)
WEEK = 7 * ONE_DAY
STATUSES = {True: "up", False: "down", None: "unobserved"}
client = APIClient()


def of_store(store_id, what, accept="application/json", **parameters):
    address = f"/api/stores/{quote(store_id, safe='')}/{what}"
    return client.get(address, parameters, headers={"accept": accept})


def answer(response):
    assert response.status_code == 200, response.json()
    assert response["Content-Type"] == "application/json"
    return response.json()


def cells(response):
    """The header and the rows of an answer in CSV."""
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(StringIO(response.content.decode())))


def iso(instant):
    return instant.isoformat().replace("+00:00", "Z")


def span(since, until, as_of):
    return {"from": iso(since), "to": iso(until), "as_of": iso(as_of)}


def printed(periods):
    """The reference's figures of periods, as the API gives them."""
    sums = reference.added_up(periods)
    observed = sums.up + sums.down
    percent = Fraction(100 * (sums.up // MICROSECOND), (observed // MICROSECOND) or 1)
    return {
        "business_seconds": (observed + sums.unobserved).total_seconds(),
        "up_seconds": sums.up.total_seconds(),
        "down_seconds": sums.down.total_seconds(),
        "unobserved_seconds": sums.unobserved.total_seconds(),
        "uptime_percent": int(percent * 100 + Fraction(1, 2)) / 100
        if observed
        else None,
    }


def periods_between(data, store_id, since, until):
    """The reference's timeline from since to until."""
    first, last = (reference.local_date(data, store_id, at) for at in (since, until))
    return reference.cut(
        reference.timeline(data, store_id, first - ONE_DAY, last + ONE_DAY),
        since,
        until,
    )


# Monday 09:00 to 12:00 in Denver is 16:00Z to 19:00Z.
DENVER = Data(
    [
        ("denver", True, parse_instant("2023-01-23 17:14:00 UTC")),
        ("denver", False, parse_instant("2023-01-23 18:15:00 UTC")),
        ("late", True, parse_instant("2023-01-23 20:00:00 UTC")),
    ],
    [("denver", 0, 9 * HOUR, 12 * HOUR)],
    [("denver", "America/Denver"), ("late", "UTC")],
)
MONDAY = {
    "business_seconds": 10800.0,
    "up_seconds": 8100.0,
    "down_seconds": 2700.0,
    "unobserved_seconds": 0.0,
    "uptime_percent": 75.0,
}


@pytest.fixture
def denver():
    engine.load(DENVER)


# --- By hand


def test_uptime_tells_of_the_week_before_the_newest_poll(denver):
    assert answer(of_store("denver", "uptime")) == {
        "store_id": "denver",
        "as_of": "2023-01-23T20:00:00Z",
        "from": "2023-01-16T20:00:00Z",
        "to": "2023-01-23T20:00:00Z",
        "timezone": "America/Denver",
        **MONDAY,
    }


def test_uptime_by_day_has_every_local_date_of_the_range(denver):
    found = answer(of_store("denver", "uptime", group_by="day"))
    days = {group.pop("day"): group for group in found["groups"]}
    assert list(days) == [f"2023-01-{day}" for day in range(16, 24)]
    nothing = dict.fromkeys(MONDAY, 0.0) | {"uptime_percent": None}
    assert days.pop("2023-01-23") == MONDAY
    assert all(figures == nothing for figures in days.values())


def test_uptime_by_weekday_and_hour_reads_the_clock_of_the_store(denver):
    found = answer(of_store("denver", "uptime", group_by="weekday_hour"))
    groups = {(g["weekday"], g["hour"]): g for g in found["groups"]}
    assert list(groups) == [(day, hour) for day in range(7) for hour in range(24)]
    up = {place: g["up_seconds"] for place, g in groups.items() if g["up_seconds"]}
    down = {p: g["down_seconds"] for p, g in groups.items() if g["down_seconds"]}
    assert up == {(0, 9): 3600, (0, 10): 3600, (0, 11): 900}
    assert down == {(0, 11): 2700}


def test_the_timeline_has_sessions_with_their_periods(denver):
    found = answer(of_store("denver", "timeline"))
    assert found["sessions"] == [
        {
            "day": "2023-01-23",
            "opens_at": "2023-01-23T16:00:00Z",
            "closes_at": "2023-01-23T19:00:00Z",
            "periods": [
                {
                    "starts_at": "2023-01-23T16:00:00Z",
                    "ends_at": "2023-01-23T18:15:00Z",
                    "status": "up",
                },
                {
                    "starts_at": "2023-01-23T18:15:00Z",
                    "ends_at": "2023-01-23T19:00:00Z",
                    "status": "down",
                },
            ],
        }
    ]


def test_polls_are_listed_as_a_status_file_has_them(denver):
    assert cells(of_store("denver", "polls", accept="text/csv")) == [
        ["store_id", "status", "timestamp_utc"],
        ["denver", "active", "2023-01-23T17:14:00Z"],
        ["denver", "inactive", "2023-01-23T18:15:00Z"],
    ]


def test_both_ends_of_a_range_count_for_polls(denver):
    found = answer(of_store("late", "polls"))
    assert found["to"] == "2023-01-23T20:00:00Z"
    assert [row["timestamp_utc"] for row in found["results"]] == [found["to"]]
    at = {"from": "2023-01-23T17:14:00Z", "to": "2023-01-23T18:15:00Z"}
    assert len(answer(of_store("denver", "polls", **at))["results"]) == 2


def test_a_moment_may_be_told_by_any_clock(denver):
    """PostgreSQL itself knows none that is more than 16 hours from UTC."""
    moment = {"as_of": "2023-01-24T19:59:00+23:59"}
    for what in ("uptime", "timeline", "polls", "outages"):
        assert answer(of_store("denver", what, **moment))["as_of"] == (
            "2023-01-23T20:00:00Z"
        )


@pytest.mark.parametrize(
    ("zone", "newest", "since", "until", "seconds"),
    [
        # Havana's 00:00 to 01:00 comes twice; the first one belongs to the day before.
        (
            "America/Havana",
            "2022-11-06 12:00:00Z",
            "2022-11-06 04:15:00Z",
            "2022-11-06 04:45:00Z",
            1800,
        ),
        # On dates that the timeline does not cover.
        (
            "America/Havana",
            "2010-11-07 12:00:00Z",
            "2022-11-06 04:15:00Z",
            "2022-11-06 04:45:00Z",
            1800,
        ),
        # A minute after midnight the clock went back an hour.
        (
            "America/St_Johns",
            "2010-11-07 12:00:00Z",
            "2010-11-07 02:30:30Z",
            "2010-11-07 12:00:00Z",
            9.5 * 3600 - 30,
        ),
    ],
)
def test_a_range_may_begin_where_midnight_repeats(zone, newest, since, until, seconds):
    engine.load(Data([("1", True, parse_instant(newest))], zones=[("1", zone)]))
    asked = span(*map(parse_instant, (since, until, until)))
    assert answer(of_store("1", "uptime", **asked))["business_seconds"] == seconds
    days = answer(of_store("1", "uptime", group_by="day", **asked))["groups"]
    assert sum(day["business_seconds"] for day in days) == seconds
    sessions = answer(of_store("1", "timeline", **asked))["sessions"]
    assert sessions


def week_of(opens, closes):
    return [(weekday, time(opens), time(closes)) for weekday in range(7)]


@pytest.mark.parametrize("polled", [[], ["2"]])
def test_hours_that_changed_are_heard_of_without_any_poll(polled):
    """There has been a report, and all stores with polls are gone again."""
    now = parse_instant("2023-01-22 00:00:00Z")
    hours = [("1", weekday, 9 * HOUR, 17 * HOUR) for weekday in range(7)]
    polls = [(store_id, True, now) for store_id in polled]
    engine.load(Data(polls, hours, [("1", "UTC")]))
    compute_now(now)
    edit.delete(polled)
    edit.set_week("1", week_of(9, 10))
    found = answer(of_store("1", "uptime", as_of=iso(now)))
    assert found["business_seconds"] == 7 * 3600


@pytest.fixture
def recalled():
    """The newest poll that is left is older than what is kept."""
    old = ("old", True, parse_instant("2023-01-11 12:00:00Z"))
    new = ("new", True, parse_instant("2023-01-22 12:00:00Z"))
    engine.load(Data([old, new]))
    sum(retention.prune_polls(10))
    timeline.refresh()
    edit.delete(["new"])


def test_how_a_store_stood_when_it_was_pruned_is_not_told(recalled):
    [store] = answer(client.get("/api/stores"))["results"]
    assert store["status"] is None


def test_a_moment_after_the_pruned_ones_is_told_of(recalled):
    edit.set_week("old", week_of(9, 17))
    answer(of_store("old", "uptime", as_of="2023-01-22T12:00:00Z"))


@pytest.mark.parametrize("days", [0, 1, 2, 4, 6, 7, 20])
def test_an_outage_goes_on_as_long_as_the_store_is_closed(days):
    """Open on Mondays only; nobody looked on the next one."""
    monday = parse_instant("2023-01-23 10:00:00Z")
    hours = [("1", 0, 9 * HOUR, 17 * HOUR)]
    data = Data([("1", False, monday)], hours, [("1", "UTC")])
    engine.load(data)
    timeline.refresh()
    as_of = monday + days * ONE_DAY
    dates = (monday.date() - ONE_DAY, as_of.date() + ONE_DAY)
    [expected] = reference.outages(data, "1", as_of, *dates)
    asked = {"from": iso(monday - WEEK), "as_of": iso(as_of)}
    [found] = answer(client.get("/api/outages", asked))["results"]
    assert found["is_ongoing"] == expected.is_ongoing == (days < 7)


def test_an_outage_goes_on_also_when_the_first_to_ask_brings_its_poll_in():
    """Until the newest poll is heard of, as_of is far from all polls."""
    hours = [("1", weekday, 9 * HOUR, 17 * HOUR) for weekday in (0, 1)]
    tuesday = parse_instant("2023-01-17 12:00:00Z")
    engine.load(Data([("1", True, tuesday - 16 * ONE_DAY)], hours, [("1", "UTC")]))
    timeline.refresh()
    engine.load(Data([("1", False, tuesday)]))
    asked = {"from": "2023-01-02T00:00:00Z", "as_of": "2023-01-21T12:00:00Z"}
    [found] = answer(client.get("/api/outages", asked))["results"]
    assert found["is_ongoing"]
    assert found["starts_at"] == "2023-01-17T09:00:00Z"


def test_outages_of_all_stores_come_with_what_is_ongoing_first():
    at = "2023-01-23 {}:00 UTC".format
    engine.load(
        Data(
            [
                ("ended", False, parse_instant(at("13:00"))),
                ("ended", True, parse_instant(at("14:00"))),
                ("long", False, parse_instant(at("10:00"))),
                ("short", False, parse_instant(at("19:59"))),
                ("ended", True, parse_instant(at("20:00"))),
            ],
            [(store, 0, 9 * HOUR, 22 * HOUR) for store in ("ended", "long", "short")],
            [(store, "UTC") for store in ("ended", "long", "short")],
        )
    )

    def found(**asked):
        rows = answer(client.get("/api/outages", asked))["results"]
        return [(r["store_id"], r["down_seconds"], r["is_ongoing"]) for r in rows]

    # By rule 5 the first poll speaks for the time since the opening at 09:00.
    ended, long, short = (
        ("ended", 18000.0, False),
        ("long", 39600.0, True),
        ("short", 39600.0, True),
    )
    assert found() == [long, short, ended]
    assert found(ongoing="true") == [long, short]
    assert found(ongoing="false") == [ended]
    assert found(at_least_seconds=18001) == [long, short]
    assert found(at_least_seconds=39601) == []
    assert answer(of_store("long", "outages"))["results"] == [
        {
            "store_id": "long",
            "starts_at": "2023-01-23T09:00:00Z",
            "ends_at": "2023-01-23T20:00:00Z",
            "down_seconds": 39600.0,
            "is_ongoing": True,
        }
    ]


def test_an_answer_in_csv_tells_its_moment_in_a_header(denver):
    response = of_store("denver", "uptime", accept="text/csv", group_by="day")
    assert response["X-As-Of"] == "2023-01-23T20:00:00+00:00"
    header, *rows = cells(response)
    assert header == ["day", *MONDAY]
    assert rows[0] == ["2023-01-16", "0.0", "0.0", "0.0", "0.0", ""]
    assert rows[-1] == ["2023-01-23", "10800.0", "8100.0", "2700.0", "0.0", "75.0"]
    header, *rows = cells(of_store("denver", "timeline", accept="text/csv"))
    assert rows[1] == [
        "2023-01-23",
        "2023-01-23T16:00:00Z",
        "2023-01-23T19:00:00Z",
        "2023-01-23T18:15:00Z",
        "2023-01-23T19:00:00Z",
        "down",
    ]


def test_a_range_far_from_every_poll_is_unobserved_and_leaves_nothing_behind(denver):
    of_store("denver", "uptime")
    before = CoveredDay.objects.count(), Period.objects.count()
    asked = {"from": "2031-01-01", "to": "2031-01-29", "as_of": "2031-02-01"}
    found = answer(of_store("denver", "uptime", **asked))
    # Four Mondays.
    assert found["business_seconds"] == found["unobserved_seconds"] == 4 * 10800
    assert found["uptime_percent"] is None
    assert len(answer(of_store("denver", "timeline", **asked))["sessions"]) == 4
    assert (CoveredDay.objects.count(), Period.objects.count()) == before


def test_all_pages_speak_of_one_moment(denver):
    first = answer(of_store("denver", "polls", page_size=1))
    engine.load(Data([("late", True, parse_instant("2023-01-30 12:00:00 UTC"))]))
    second = answer(client.get(first["next"]))
    assert second["as_of"] == first["as_of"] == "2023-01-23T20:00:00Z"
    assert [row["status"] for row in second["results"]] == ["inactive"]


# --- What is refused


@pytest.mark.parametrize("what", ["uptime", "timeline", "polls", "outages"])
class TestRefused:
    @pytest.mark.parametrize(
        ("asked", "field"),
        [
            ({"from": "yesterday"}, "from"),
            ({"to": ""}, "to"),
            ({"as_of": "2023-01-23T20:00:00\0"}, "as_of"),
            ({"until": "2023-01-23"}, "until"),
            ({"to": "2023-01-23T20:00:01Z"}, "to"),
            ({"from": "2023-01-23T20:00:00Z"}, "from"),
            ({"from": "2021-12-19T19:59:59Z"}, "from"),
            ({"from": ["2023-01-20", "2023-01-21"]}, "from"),
        ],
    )
    def test_a_range_that_makes_no_sense(self, denver, what, asked, field):
        problem = check_is_problem(of_store("denver", what, **asked), 400)
        assert list(problem["errors"]) == [field]

    @pytest.mark.parametrize("store_id", ["nowhere", "Denver", "denver ", "x\0", "a/b"])
    def test_a_store_that_is_not_there(self, denver, what, store_id):
        check_is_problem(of_store(store_id, what), 404)
        # Whatever else could be said against it.
        check_is_problem(of_store(store_id, what, to="2099-01-01T00:00:00Z"), 404)

    def test_a_database_without_polls(self, what):
        engine.load(Data(zones=[("1", "UTC")]))
        check_is_problem(of_store("1", what), 409)
        assert of_store("1", what, as_of="2023-01-23").status_code == 200

    def test_what_has_been_pruned(self, what):
        engine.load(
            Data(
                [
                    ("1", True, parse_instant("2023-01-01 00:00:00Z")),
                    ("1", True, parse_instant("2023-01-23 00:00:00Z")),
                ]
            )
        )
        list(retention.prune_polls(10))
        # Kept from the 13th, and that begins last at 12:00Z.
        assert of_store("1", what, **{"from": "2023-01-14"}).status_code == 200
        response = of_store("1", what, **{"from": "2023-01-13T23:59:59Z"})
        problem = check_is_problem(response, 400)
        assert "pruned" in problem["errors"]["from"][0]

    def test_a_format_that_there_is_not(self, denver, what):
        check_is_problem(of_store("denver", what, accept="text/html"), 406)


def test_a_made_up_cursor_is_refused(denver):
    problem = check_is_problem(client.get("/api/outages", {"cursor": "MQ"}), 400)
    assert list(problem["errors"]) == ["cursor"]


@pytest.mark.parametrize("size", ["0", "1001", "x", ""])
def test_a_page_of_an_odd_size_is_refused(denver, size):
    problem = check_is_problem(client.get("/api/outages", {"page_size": size}), 400)
    assert list(problem["errors"]) == ["page_size"]


# --- On generated data


@st.composite
def ranges(draw):
    """A dataset, and from, to and as_of near its polls or far from them."""
    data, as_of = draw(dataset_and_as_of().filter(lambda found: found[0].polls))
    as_of = as_of or reference.newest_poll(data)
    lengths = st.integers(1, 20).map(lambda n: n * timedelta(hours=11)) | st.just(WEEK)
    waits = st.just(timedelta(0)) | st.integers(0, 10**12).map(MICROSECOND.__mul__)
    until = as_of - draw(waits)
    return data, until - draw(lengths), until, as_of


@generated
@given(ranges())
def test_uptime_equals_the_reference(given_range):
    data, since, until, as_of = given_range
    with engine.rolled_back():
        engine.load(data)
        for store_id in reference.known_stores(data):
            expected = periods_between(data, store_id, since, until)
            found = of_store(
                store_id, "uptime", group_by="day", **span(since, until, as_of)
            )
            check_days(answer(found), data, expected, since, until)


def check_days(found, data, expected, since, until):
    total = {name: found[name] for name in printed([])}
    assert total == printed(expected)
    first, last = (
        reference.local_date(data, found["store_id"], at)
        for at in (since, until - MICROSECOND)
    )
    days = {group.pop("day"): group for group in found["groups"]}
    tz = reference.zone(data, found["store_id"])
    assert days == {
        day.isoformat(): printed([p for p in expected if p.day == day])
        for day in reference.days(first - ONE_DAY, last + ONE_DAY)
        # By rule 3, which where midnight repeats is not what the clock says.
        if reference.to_utc(tz, day, 0) < until
        and reference.to_utc(tz, day + ONE_DAY, 0) > since
    }


@generated
@given(ranges())
def test_uptime_by_weekday_and_hour_equals_the_reference(given_range):
    data, since, until, as_of = given_range
    since = max(since, until - ONE_DAY)  # the reference takes its time
    with engine.rolled_back():
        engine.load(data)
        for store_id in reference.known_stores(data)[:2]:
            asked = span(since, until, as_of)
            found = of_store(store_id, "uptime", group_by="weekday_hour", **asked)
            expected = by_weekday_hour(data, store_id, since, until)
            assert {
                (group.pop("weekday"), group.pop("hour")): group
                for group in answer(found)["groups"]
            } == expected


def by_weekday_hour(data, store_id, since, until):
    """Minute by minute: no clock of these years shows another hour within one."""
    groups = {(day, hour): [] for day in range(7) for hour in range(24)}
    zone = reference.zone(data, store_id)
    for period in periods_between(data, store_id, since, until):
        at = period.starts_at
        while at < period.ends_at:
            following = at.replace(second=0, microsecond=0) + MINUTE
            piece = reference.cut([period], at, following)
            local = at.astimezone(zone)
            groups[local.weekday(), local.hour] += piece
            at = following
    return {place: printed(pieces) for place, pieces in groups.items()}


@generated
@given(ranges())
def test_the_timeline_equals_the_reference(given_range):
    data, since, until, as_of = given_range
    with engine.rolled_back():
        engine.load(data)
        for store_id in reference.known_stores(data):
            found = of_store(store_id, "timeline", **span(since, until, as_of))
            sessions = answer(found)["sessions"]
            assert [
                (period["starts_at"], period["ends_at"], period["status"])
                for session in sessions
                for period in session["periods"]
            ] == [
                (iso(p.starts_at), iso(p.ends_at), STATUSES[p.is_up])
                for p in periods_between(data, store_id, since, until)
            ]
            check_sessions(sessions, data, store_id, since, until)


def check_sessions(sessions, data, store_id, since, until):
    first, last = (reference.local_date(data, store_id, at) for at in (since, until))
    expected = [
        (day.isoformat(), iso(max(opens_at, since)), iso(min(closes_at, until)))
        for day in reference.days(first - ONE_DAY, last + ONE_DAY)
        for opens_at, closes_at in reference.sessions(data, store_id, day)
        if opens_at < until and closes_at > since
    ]
    assert [(s["day"], s["opens_at"], s["closes_at"]) for s in sessions] == expected


@generated
@given(ranges())
def test_all_that_tells_of_a_week_agrees(given_range):
    """The report, and uptime, timeline and outages of each store, read to the end."""
    data, _, _, as_of = given_range
    with engine.rolled_back():
        engine.load(data)
        report = engine.figures(as_of)
        outages = pages(client.get("/api/outages", {"as_of": iso(as_of)}))
        for store_id, windows in report.items():
            week = windows["week"]
            found = answer(of_store(store_id, "uptime", as_of=iso(as_of)))
            assert found["up_seconds"] == week.up.total_seconds()
            assert found["down_seconds"] == week.down.total_seconds()
            assert found["unobserved_seconds"] == week.unobserved.total_seconds()
            sessions = answer(of_store(store_id, "timeline", as_of=iso(as_of)))
            assert down_in(sessions["sessions"]) == week.down
            mine = [outage for outage in outages if outage["store_id"] == store_id]
            assert mine == pages(of_store(store_id, "outages", as_of=iso(as_of)))
            check_outages(mine, data, store_id, as_of)


def pages(response):
    """All rows, page by page of one row each."""
    found, rows = answer(response), []
    while found["results"]:
        rows += found["results"]
        if found["next"] is None:
            break
        found = answer(client.get(found["next"]))
    return rows


def down_in(sessions):
    lengths = [
        datetime.fromisoformat(period["ends_at"])
        - datetime.fromisoformat(period["starts_at"])
        for session in sessions
        for period in session["periods"]
        if period["status"] == "down"
    ]
    return sum(lengths, timedelta(0))


def check_outages(found, data, store_id, as_of):
    first = reference.local_date(data, store_id, as_of - 5 * WEEK)
    last = reference.local_date(data, store_id, as_of) + ONE_DAY
    expected = [
        (iso(o.starts_at), iso(o.ends_at), o.down.total_seconds(), o.is_ongoing)
        for o in reference.outages(data, store_id, as_of, first, last)
        if o.is_ongoing or o.ends_at > as_of - WEEK
    ]
    fields = ["starts_at", "ends_at", "down_seconds", "is_ongoing"]
    told = [tuple(outage[name] for name in fields) for outage in found]
    assert sorted(told) == sorted(expected)
    assert all(a[0] > b[0] for a, b in pairwise(told))


@generated
@given(ranges(), st.integers(1, 3))
def test_pages_of_polls_have_each_poll_once(given_range, size):
    data, since, until, as_of = given_range
    with engine.rolled_back():
        engine.load(data)
        for store_id in reference.known_stores(data):
            asked = span(since, until, as_of) | {"page_size": size}
            found = pages(of_store(store_id, "polls", **asked))
            assert [(row["timestamp_utc"], row["status"]) for row in found] == [
                (iso(at), "active" if is_active else "inactive")
                for at, is_active in sorted(data.polls_of[store_id].items())
                if since <= at <= until
            ]
