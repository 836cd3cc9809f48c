"""The timeline over the API, by hand and against the reference."""

import pytest
from hypothesis import given

from tests.api.asking import answer, iso, of_store, span
from tests.api.generated import generated, periods_between, ranges
from tests.support import engine, reference
from tests.support.reference import ONE_DAY

pytestmark = pytest.mark.django_db
STATUSES = {True: "up", False: "down", None: "unobserved"}


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
                    "is_excused": False,
                },
                {
                    "starts_at": "2023-01-23T18:15:00Z",
                    "ends_at": "2023-01-23T19:00:00Z",
                    "status": "down",
                    "is_excused": False,
                },
            ],
        }
    ]


@generated
@given(ranges())
def test_the_timeline_equals_the_reference(example):
    data, since, until, as_of = example
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
