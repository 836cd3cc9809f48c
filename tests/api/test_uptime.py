"""Uptime over the API, by hand and against the reference."""

from datetime import timedelta

import pytest
from hypothesis import given

from reports.compute import compute_now
from stores import editing
from stores.hours.week import set_week
from tests.api.asking import answer, iso, of_store, span, week_of
from tests.api.generated import generated, periods_between, printed, ranges
from tests.support import engine, reference
from tests.support.reference import HOUR, MICROSECOND, ONE_DAY, Data, parse_instant

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


MONDAY = {
    "business_seconds": 10800.0,
    "up_seconds": 8100.0,
    "down_seconds": 2700.0,
    "unobserved_seconds": 0.0,
    "excused_seconds": 0.0,
    "uptime_percent": 75.0,
}


def test_uptime_covers_the_week_before_the_newest_poll(denver):
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


def test_uptime_by_weekday_and_hour_uses_the_local_time_of_the_store(denver):
    found = answer(of_store("denver", "uptime", group_by="weekday_hour"))
    groups = {(g["weekday"], g["hour"]): g for g in found["groups"]}
    assert list(groups) == [(day, hour) for day in range(7) for hour in range(24)]
    up = {place: g["up_seconds"] for place, g in groups.items() if g["up_seconds"]}
    down = {p: g["down_seconds"] for p, g in groups.items() if g["down_seconds"]}
    assert up == {(0, 9): 3600, (0, 10): 3600, (0, 11): 900}
    assert down == {(0, 11): 2700}


@pytest.mark.parametrize("polled", [[], ["2"]])
def test_changed_hours_are_processed_without_any_poll(polled):
    """After a report, all stores with polls are deleted."""
    now = parse_instant("2023-01-22 00:00:00Z")
    hours = [("1", weekday, 9 * HOUR, 17 * HOUR) for weekday in range(7)]
    polls = [(store_id, True, now) for store_id in polled]
    engine.load(Data(polls, hours, [("1", "UTC")]))
    compute_now(now)
    editing.delete(polled)
    set_week("1", week_of(9, 10))
    found = answer(of_store("1", "uptime", as_of=iso(now)))
    assert found["business_seconds"] == 7 * 3600


@generated
@given(ranges())
def test_uptime_equals_the_reference(example):
    data, since, until, as_of = example
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
        # By rule 3; where midnight repeats, the clock shows another date.
        if reference.to_utc(tz, day, 0) < until
        and reference.to_utc(tz, day + ONE_DAY, 0) > since
    }


@generated
@given(ranges())
def test_uptime_by_weekday_and_hour_equals_the_reference(example):
    data, since, until, as_of = example
    since = max(since, until - ONE_DAY)  # the reference is slow
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
    """Minute by minute: in these years no zone changes the hour within a minute."""
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
