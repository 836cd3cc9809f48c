"""Which ranges of time may be asked for, and which are refused."""

import pytest

from stores import editing
from stores.hours.week import set_week
from stores.models import CoveredDay, Period
from stores.timeline.prune import prune_polls
from stores.timeline.refresh import refresh
from tests.api.asking import (
    answer,
    cells,
    check_is_problem,
    client,
    of_store,
    span,
    week_of,
)
from tests.support import engine
from tests.support.reference import Data, parse_instant

pytestmark = pytest.mark.django_db

MONDAY = {
    "business_seconds": 10800.0,
    "up_seconds": 8100.0,
    "down_seconds": 2700.0,
    "unobserved_seconds": 0.0,
    "excused_seconds": 0.0,
    "uptime_percent": 75.0,
}


def test_a_moment_may_have_any_utc_offset(denver):
    """PostgreSQL itself accepts only offsets below 16 hours."""
    moment = {"as_of": "2023-01-24T19:59:00+23:59"}
    for what in ("uptime", "timeline", "polls", "outages"):
        assert answer(of_store("denver", what, **moment))["as_of"] == (
            "2023-01-23T20:00:00Z"
        )


@pytest.mark.parametrize(
    ("zone", "newest", "since", "until", "seconds"),
    [
        # In Havana 00:00 to 01:00 exists twice; the first belongs to the day before.
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


@pytest.fixture
def newest_poll_is_pruned():
    """The newest remaining poll is before the boundary of pruning."""
    old = ("old", True, parse_instant("2023-01-11 12:00:00Z"))
    new = ("new", True, parse_instant("2023-01-22 12:00:00Z"))
    engine.load(Data([old, new]))
    sum(prune_polls(10))
    refresh()
    editing.delete(["new"])


def test_the_status_at_a_pruned_moment_is_null(newest_poll_is_pruned):
    [store] = answer(client.get("/api/stores"))["results"]
    assert store["status"] is None


def test_a_moment_after_the_pruned_ones_is_answered(newest_poll_is_pruned):
    set_week("old", week_of(9, 17))
    answer(of_store("old", "uptime", as_of="2023-01-22T12:00:00Z"))


def test_an_answer_in_csv_has_its_as_of_in_a_header(denver):
    response = of_store("denver", "uptime", accept="text/csv", group_by="day")
    assert response["X-As-Of"] == "2023-01-23T20:00:00+00:00"
    header, *rows = cells(response)
    assert header == ["day", *MONDAY]
    assert rows[0] == ["2023-01-16", *["0.0"] * 5, ""]
    figures = ["10800.0", "8100.0", "2700.0", "0.0", "0.0", "75.0"]
    assert rows[-1] == ["2023-01-23", *figures]
    header, *rows = cells(of_store("denver", "timeline", accept="text/csv"))
    assert rows[1] == [
        "2023-01-23",
        "2023-01-23T16:00:00Z",
        "2023-01-23T19:00:00Z",
        "2023-01-23T18:15:00Z",
        "2023-01-23T19:00:00Z",
        "down",
        "false",
    ]


def test_a_range_far_from_every_poll_is_unobserved_and_stores_nothing(denver):
    of_store("denver", "uptime")
    before = CoveredDay.objects.count(), Period.objects.count()
    asked = {"from": "2031-01-01", "to": "2031-01-29", "as_of": "2031-02-01"}
    found = answer(of_store("denver", "uptime", **asked))
    # Four Mondays.
    assert found["business_seconds"] == found["unobserved_seconds"] == 4 * 10800
    assert found["uptime_percent"] is None
    assert len(answer(of_store("denver", "timeline", **asked))["sessions"]) == 4
    assert (CoveredDay.objects.count(), Period.objects.count()) == before


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
    def test_an_invalid_range(self, denver, what, asked, field):
        problem = check_is_problem(of_store("denver", what, **asked), 400)
        assert list(problem["errors"]) == [field]

    @pytest.mark.parametrize("store_id", ["nowhere", "Denver", "denver ", "x\0", "a/b"])
    def test_an_unknown_store_is_not_found(self, denver, what, store_id):
        check_is_problem(of_store(store_id, what), 404)
        # Also if the range is invalid, too.
        check_is_problem(of_store(store_id, what, to="2099-01-01T00:00:00Z"), 404)

    def test_a_database_without_polls(self, what):
        engine.load(Data(zones=[("1", "UTC")]))
        check_is_problem(of_store("1", what), 409)
        assert of_store("1", what, as_of="2023-01-23").status_code == 200

    def test_a_pruned_range(self, what):
        engine.load(
            Data(
                [
                    ("1", True, parse_instant("2023-01-01 00:00:00Z")),
                    ("1", True, parse_instant("2023-01-23 00:00:00Z")),
                ]
            )
        )
        list(prune_polls(10))
        # Kept from the 13th, which begins last at 12:00Z, in UTC-12.
        assert of_store("1", what, **{"from": "2023-01-14"}).status_code == 200
        response = of_store("1", what, **{"from": "2023-01-13T23:59:59Z"})
        problem = check_is_problem(response, 400)
        assert "pruned" in problem["errors"]["from"][0]

    def test_an_unknown_format(self, denver, what):
        check_is_problem(of_store("denver", what, accept="text/html"), 406)


def test_a_made_up_cursor_is_refused(denver):
    problem = check_is_problem(client.get("/api/outages", {"cursor": "MQ"}), 400)
    assert list(problem["errors"]) == ["cursor"]


@pytest.mark.parametrize("size", ["0", "1001", "x", ""])
def test_an_invalid_page_size_is_refused(denver, size):
    problem = check_is_problem(client.get("/api/outages", {"page_size": size}), 400)
    assert list(problem["errors"]) == ["page_size"]
