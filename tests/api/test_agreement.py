"""All answers of the API about a week agree."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given

from tests.api.asking import answer, client, iso, of_store, pages
from tests.api.generated import generated, ranges
from tests.support import engine, reference
from tests.support.reference import ONE_DAY

pytestmark = pytest.mark.django_db

WEEK = 7 * ONE_DAY


@generated
@given(ranges())
def test_report_uptime_timeline_and_outages_of_a_week_agree(example):
    """The report, and the uptime, timeline and all outages of each store."""
    data, _, _, as_of = example
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
    actual = [tuple(outage[name] for name in fields) for outage in found]
    assert sorted(actual) == sorted(expected)
    assert all(a[0] > b[0] for a, b in pairwise(actual))
