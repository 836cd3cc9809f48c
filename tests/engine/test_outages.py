"""When an outage goes on, and when it ends."""

from datetime import timedelta

import pytest

from stores.timeline.refresh import refresh
from tests.support import engine, reference

pytestmark = pytest.mark.django_db

MONTH = timedelta(days=31)


def mondays_only(*polled):
    """A store that is open on Mondays from 09:00 to 17:00 and down at these polls."""
    at = reference.parse_instant
    return reference.Data(
        [("1", False, at(f"{day} 10:00:00Z")) for day in polled]
        + [("2", True, at("2023-02-14 12:00:00Z"))],
        [("1", 0, 9 * reference.HOUR, 17 * reference.HOUR)],
        [("1", "UTC"), ("2", "UTC")],
    )


@pytest.mark.parametrize(
    ("polled", "hours_down"),
    [
        # The store is closed in between.
        (["2023-01-16", "2023-01-23"], [16]),
        # No poll on the 23rd: it may not have been one outage.
        (["2023-01-16", "2023-01-30"], [8, 8]),
        (["2023-01-09", "2023-01-30"], [8, 8]),
    ],
)
def test_an_outage_goes_on_over_closed_days_and_ends_with_unobserved_ones(
    polled, hours_down
):
    engine.load(mondays_only(*polled))
    as_of = refresh()
    found = engine.outages_by_store(since=as_of - 2 * MONTH)
    hour = timedelta(hours=1)
    assert [outage.down / hour for outage in found["1"]] == hours_down
