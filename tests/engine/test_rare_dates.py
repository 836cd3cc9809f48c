"""Dates that few stores have polls for, and dates that only a report asked for."""

from datetime import timedelta

import pytest

from stores.models import CoveredDay, OwnDay, Period
from stores.timeline.check import check
from stores.timeline.prune import prune_polls
from stores.timeline.refresh import refresh
from tests.engine.timelines import engine_timeline, reference_timeline
from tests.support import engine, reference

pytestmark = pytest.mark.django_db

NEWEST = reference.parse_instant("2023-01-24 12:00:00Z")
# The first of 24 months, at noon.
LONG_AGO = [
    reference.parse_instant(f"{year}-{month:02}-01 12:00:00Z")
    for year in (2021, 2022)
    for month in range(1, 13)
]


def polls(*rows):
    """A dataset without hours: its stores are always open."""
    stores = sorted({store_id for store_id, *_ in rows})
    return reference.Data(list(rows), [], [(store_id, "UTC") for store_id in stores])


def ten_stores_of_which_one_is_old():
    now = [(str(number), True, NEWEST) for number in range(10)]
    return polls(*now, *[("1", True, at) for at in LONG_AGO])


def test_a_date_that_one_store_alone_has_polls_for_costs_only_its_sessions():
    data = ten_stores_of_which_one_is_old()
    engine.load(data)
    refresh()
    old = Period.objects.filter(day__year__lt=2023)
    # Each poll affects its date, one before and two after it, in some time zone.
    assert [p.store_id for p in old] == ["1"] * 24 * 4
    assert not CoveredDay.objects.filter(day__year__lt=2023).exists()
    assert engine_timeline(data) == reference_timeline(data)
    assert check() == {}


def test_a_report_of_such_a_date_covers_its_week_for_all_stores():
    data = ten_stores_of_which_one_is_old()
    as_of = LONG_AGO[5] + timedelta(hours=18)
    engine.load(data)
    refresh()
    assert engine.figures(as_of) == reference.figures(data, as_of)
    assert engine_timeline(data) == reference_timeline(data)
    week = [as_of.date() - timedelta(days=n) for n in range(8)]
    assert CoveredDay.objects.filter(day__in=week).count() == 8
    assert not OwnDay.objects.filter(day__in=week).exists()
    assert check() == {}


def test_such_a_date_is_computed_again_when_hours_change():
    data = ten_stores_of_which_one_is_old()
    engine.load(data)
    refresh()
    hours = [("1", day, 9 * reference.HOUR, 17 * reference.HOUR) for day in range(7)]
    changed = reference.Data(data.polls, hours, data.zones)
    engine.load(reference.Data([], hours, []))
    refresh()
    assert engine_timeline(changed) == reference_timeline(changed)
    assert check() == {}


def test_pruning_deletes_such_dates():
    engine.load(ten_stores_of_which_one_is_old())
    refresh()
    assert OwnDay.objects.filter(day__year__lt=2023).exists()
    for _ in prune_polls(keep_days=30):
        pass
    assert not OwnDay.objects.filter(day__year__lt=2022).exists()
    assert not Period.objects.filter(day__year__lt=2022).exists()
    assert check() == {}


def test_future_dates_that_only_a_report_asked_for_go_away():
    data = polls(("1", True, NEWEST))
    engine.load(data)
    refresh(as_of=NEWEST + timedelta(days=12))
    last_asked = (NEWEST + timedelta(days=13)).date()
    assert CoveredDay.objects.latest("day").day == last_asked
    refresh()
    # The poll may speak for a day, and zones need a date more at either side.
    last_spoken = (NEWEST + timedelta(days=3)).date()
    assert CoveredDay.objects.latest("day").day <= last_spoken
    assert Period.objects.latest("day").day <= last_spoken
    assert engine_timeline(data) == reference_timeline(data)
    assert check() == {}


def test_stores_that_come_later_are_not_covered_on_such_a_date():
    """The first store was alone when its dates were covered."""
    old = polls(*[("1", True, at) for at in LONG_AGO])
    engine.load(old)
    refresh()
    data = ten_stores_of_which_one_is_old()
    engine.load(data)
    refresh()
    week_when_alone = (LONG_AGO[-1] - timedelta(days=8)).date()
    others = Period.objects.exclude(store="1")
    assert not others.filter(day__lt=week_when_alone).exists()
    assert engine_timeline(data) == reference_timeline(data)
    assert check() == {}
