"""Rule 7: windows end at the newest poll, or now if that is earlier."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from stores.timeline.prune import prune_polls
from stores.timeline.refresh import refresh
from tests.support import engine
from tests.support.reference import Data

pytestmark = pytest.mark.django_db


def hours_from_now(hours):
    return datetime.now(UTC) + timedelta(hours=hours)


@pytest.fixture
def fast_clock():
    """A store that was down an hour ago, and one whose clock is 20 hours fast."""
    engine.load(
        Data(
            [("late", False, hours_from_now(-1)), ("fast", True, hours_from_now(20))],
            [],
            [("late", "UTC"), ("fast", "UTC")],
        )
    )


@pytest.mark.usefixtures("fast_clock")
def test_a_poll_ahead_of_the_clock_does_not_move_the_windows():
    before = datetime.now(UTC)
    as_of = refresh()
    assert before <= as_of <= datetime.now(UTC)


@pytest.mark.usefixtures("fast_clock")
def test_the_list_of_stores_that_are_down_keeps_them():
    answer = Client().get("/api/stores?status=down").json()
    assert [row["store_id"] for row in answer["results"]] == ["late"]
    assert answer["as_of"] <= datetime.now(UTC).isoformat().replace("+00:00", "Z")


@pytest.mark.usefixtures("fast_clock")
def test_an_outage_at_that_moment_is_ongoing():
    [outage] = engine.outages_by_store()["late"]
    assert outage.is_ongoing


@pytest.mark.usefixtures("fast_clock")
def test_a_given_moment_may_be_later_than_now():
    later = hours_from_now(19)
    assert refresh(later) == later


def test_pruning_counts_back_from_now():
    engine.load(Data([("old", True, hours_from_now(-24 * 8.5))], [], []))
    engine.load(Data([("fast", True, hours_from_now(23))], [], []))
    assert sum(prune_polls(8)) == 0


def test_it_is_the_newest_poll_if_that_is_earlier():
    at = hours_from_now(-1)
    engine.load(Data([("late", False, at)], [], []))
    assert refresh() == at
