"""Which part of an outage had which reason, against plain Python on generated data."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.models import Poll
from stores.timeline.outages import outages, with_reasons
from tests.api.generated import generated, ranges
from tests.support import engine, reference
from tests.support.reference import CARRY, HOUR, ONE_DAY, Data, parse_instant

pytestmark = pytest.mark.django_db
NOTHING = timedelta(0)


def set_reasons(reasons):
    for (store_id, observed_at), reason in reasons.items():
        Poll.objects.filter(pk=(store_id, observed_at)).update(reason=reason)


def spoken_for(data, store_id, day):
    """Yield the stretches of a date, with the instant of the poll that speaks."""
    seen = [at for at, _ in reference.evidence(data, store_id)]
    for opens_at, closes_at in reference.sessions(data, store_id, day):
        inside = [at for at in seen if opens_at <= at < closes_at]
        before = [at for at in seen if opens_at - CARRY <= at < opens_at][-1:]
        follows_on = opens_at in reference.closes(data, store_id, day)
        speaks = before if follows_on or not inside else []
        starts = [opens_at, *(inside if speaks else inside[1:]), closes_at]
        polls = [*speaks, *inside] or [None]
        for at, start, end in zip(polls, starts[:-1], starts[1:], strict=True):
            yield start, end, at


def expected(data, reasons, outage):
    """The seconds of an outage by reason, for the reasons that any poll has."""
    store_id, found = outage.store_id, Counter()
    first, last = (
        reference.local_date(data, store_id, at)
        for at in (outage.starts_at, outage.ends_at)
    )
    for day in reference.days(first - 2 * ONE_DAY, last + 2 * ONE_DAY):
        for start, end, at in spoken_for(data, store_id, day):
            length = min(end, outage.ends_at) - max(start, outage.starts_at)
            if length > NOTHING:
                found[reasons.get((store_id, at))] += length.total_seconds()
    return found if set(found) != {None} else {}


@generated
@given(ranges(), st.data())
def test_each_poll_speaks_for_the_time_that_has_its_status(example, draws):
    data, since, until, as_of = example
    pool = st.sampled_from([None, "store", "platform", "=1"])
    polls = sorted({(store_id, at) for store_id, _, at in data.polls})
    reasons = {poll: draws.draw(pool) for poll in polls}
    with engine.rolled_back():
        engine.load(data)
        set_reasons(reasons)
        found = list(outages(since, until, as_of))
        told = with_reasons([outage._asdict() for outage in found])
        for outage, row in zip(found, told, strict=True):
            seconds = {one["reason"]: one["down_seconds"] for one in row["reasons"]}
            assert seconds == pytest.approx(expected(data, reasons, outage))
            if seconds:
                assert sum(seconds.values()) == pytest.approx(outage.down_seconds)


def at(text):
    return parse_instant(f"2023-01-{text}:00 UTC")


def test_shares_are_the_downtime_of_each_reason_the_largest_first():
    """Open 09:00 to 21:00. On Monday, 10:00 speaks from 09:00 to 12:00, 12:00 until
    20:00, and 20:00, which has no reason, until 21:00. It carries over Tuesday up to
    15:00: in all 3, 8 and 1 + 6 hours of 18. The poll at 22:00 is no evidence."""
    week = [("A", weekday, 9 * HOUR, 21 * HOUR) for weekday in range(7)]
    polls = {
        "23 10:00": "store",
        "23 12:00": "no_couriers",
        "23 20:00": None,
        "23 22:00": "platform",
    }
    rows = [("A", False, at(text)) for text in polls]
    engine.load(Data([*rows, ("B", True, at("24 15:00"))], week, [("A", "UTC")]))
    set_reasons({("A", at(text)): reason for text, reason in polls.items()})
    [outage] = with_reasons([outage._asdict() for outage in outages()])
    assert outage["down_seconds"] == 18 * 3600
    assert outage["reasons"] == [
        {"reason": "no_couriers", "down_seconds": 8 * 3600, "percent": 44.44},
        {"reason": None, "down_seconds": 7 * 3600, "percent": 38.89},
        {"reason": "store", "down_seconds": 3 * 3600, "percent": 16.67},
    ]


def test_an_outage_whose_polls_have_no_reasons_has_no_shares():
    engine.load(Data([("A", False, at("23 10:00")), ("A", True, at("23 11:00"))]))
    [outage] = with_reasons([outage._asdict() for outage in outages()])
    assert outage["reasons"] == []
    assert with_reasons([]) == []
