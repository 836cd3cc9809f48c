"""Data loaded in parts gives the same timeline as data loaded at once."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stores.hours.special_dates import set_special_hours
from stores.models import Mark
from stores.timeline.check import check
from stores.timeline.moments import NoFigures
from stores.timeline.refresh import refresh
from tests.engine.timelines import (
    MONTH,
    clock_time,
    engine_timeline,
    reference_outages,
    reference_timeline,
)
from tests.support import engine, reference
from tests.support.reference import Data
from tests.support.strategies import dataset_and_as_of, datasets

pytestmark = pytest.mark.django_db
# Statements cost more here than rows: more stores in fewer datasets find as much.
MOST_STORES = 12
generated = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
AS_OF_NEWEST = "newest"


def without_conflicts(data):
    """The dataset with one poll per instant and one zone per store.

    So the order of its rows does not matter.
    """
    polls = {(store, at): (store, up, at) for store, up, at in data.polls}
    zones = dict(data.zones)
    return Data(list(polls.values()), data.hours, list(zones.items()), data.special)


@st.composite
def parts(draw, data):
    """The dataset in several parts, in any order; weeks and dates stay whole."""
    count = draw(st.integers(2, 4))
    part = st.integers(0, count - 1)
    found = [Data([], [], [], []) for _ in range(count)]
    for poll in data.polls:
        found[draw(part)].polls.append(poll)
    for store_id in sorted({store_id for store_id, *_ in data.hours}):
        week = [row for row in data.hours if row[0] == store_id]
        found[draw(part)].hours.extend(week)
    for zone in data.zones:
        found[draw(part)].zones.append(zone)
    for special_date in special_dates(data):
        rows = [row for row in data.special if row[:2] == special_date]
        found[draw(part)].special.extend(rows)
    return found


def special_dates(data):
    """The (store, date) pairs that have special hours."""
    return sorted({row[:2] for row in data.special})


@st.composite
def data_in_parts(draw):
    data, as_of = draw(dataset_and_as_of(MOST_STORES))
    data = without_conflicts(data)
    loads = draw(parts(data))
    # After each part: no report, one as of the newest poll, or one of any moment.
    reports = st.sampled_from([None, AS_OF_NEWEST, as_of or AS_OF_NEWEST])
    return data, [(load, draw(reports)) for load in loads]


def report(as_of):
    """Bring the timeline up to date as a report does, if there is a poll."""
    if as_of == AS_OF_NEWEST:
        as_of = None
    try:
        return refresh(as_of)
    except NoFigures:
        return None


def assert_as_if_loaded_at_once(data, carry=reference.CARRY):
    newest = report(AS_OF_NEWEST)
    assert engine_timeline(data) == reference_timeline(data, carry)
    for as_of in (newest, newest - timedelta(hours=31), newest + timedelta(days=4)):
        found = engine.outages_by_store(since=as_of - MONTH, as_of=as_of)
        assert found == reference_outages(data, as_of, carry)
    assert check() == {}
    assert not Mark.objects.exists()


@generated
@given(data_in_parts())
def test_several_ingests_in_any_order_give_the_timeline_of_one(example):
    data, loads = example
    if not data.polls:
        return
    with engine.rolled_back():
        for load, as_of in loads:
            engine.load(load)
            if as_of:
                report(as_of)
        assert_as_if_loaded_at_once(data)


@generated
@given(datasets(MOST_STORES), st.data())
def test_changed_hours_zones_and_polls_change_the_timeline(data, draw):
    data = without_conflicts(data)
    if not data.polls:
        return
    before = Data(
        [(store, up ^ draw.draw(st.booleans()), at) for store, up, at in data.polls],
        swapped(data.hours, draw),
        swapped(data.zones, draw),
        swapped_dates(data, draw),
    )
    with engine.rolled_back():
        engine.load(before)
        report(AS_OF_NEWEST)
        engine.load(data)
        assert_as_if_loaded_at_once(data)


def swapped(rows, draw):
    """The rows, with the weeks or zones of stores exchanged."""
    stores = sorted({store_id for store_id, *_ in rows})
    others = dict(zip(stores, draw.draw(st.permutations(stores)), strict=True))
    return [(others[store_id], *rest) for store_id, *rest in rows]


def swapped_dates(data, draw):
    """The special hours, with dates exchanged and some missing."""
    dates = special_dates(data)
    others = dict(zip(dates, draw.draw(st.permutations(dates)), strict=True))
    missing = draw.draw(st.sets(st.sampled_from(dates))) if dates else set()
    rows = [(*others[row[:2]], *row[2:]) for row in data.special]
    return [row for row in rows if row[:2] not in missing]


@settings(generated, max_examples=100)
@given(datasets(), st.data())
def test_special_hours_edited_one_by_one_change_the_timeline(data, draw):
    """Some dates are special at first; edits then produce the dataset."""
    data = without_conflicts(data)
    if not data.polls:
        return
    given_up = {
        (store_id, day + draw.draw(st.sampled_from([-1, 1, 3])) * reference.ONE_DAY)
        for store_id, day in special_dates(data)
    }
    closed = [(*of_date, None, None) for of_date in sorted(given_up)]
    before = Data(data.polls, data.hours, data.zones, closed)
    with engine.rolled_back():
        engine.load(before)
        report(AS_OF_NEWEST)
        dates = sorted(given_up | set(special_dates(data)))
        for store_id, day in draw.draw(st.permutations(dates)):
            set_special_hours(store_id, day, shifts_on(data, store_id, day))
            if draw.draw(st.booleans()):
                report(AS_OF_NEWEST)
        assert_as_if_loaded_at_once(data)


def shifts_on(data, store_id, day):
    """The special hours of a date, in the form of an edit."""
    if day not in data.special_of[store_id]:
        return None
    rows = data.special_of[store_id][day]
    return [tuple(clock_time(mark) for mark in row) for row in rows]


@generated
@given(datasets(MOST_STORES), st.sampled_from([0, 1, 23, 25, 47, 60]))
def test_another_carry_limit_changes_the_timeline(data, hours):
    if not data.polls:
        return
    carry = timedelta(hours=hours)
    with engine.rolled_back(), pytest.MonkeyPatch.context() as patch:
        engine.load(data)
        report(AS_OF_NEWEST)
        patch.setattr("django.conf.settings.CARRY_LIMIT", carry)
        assert_as_if_loaded_at_once(data, carry)


def test_loading_the_same_rows_again_leaves_no_marks(tmp_path):
    data = Data(
        [("1", True, reference.parse_instant("2023-01-23 17:14:00 UTC"))],
        [("1", 0, 0, 12 * reference.HOUR)],
        [("1", "America/Denver")],
    )
    engine.load(data)
    report(AS_OF_NEWEST)
    engine.load(data)
    assert not Mark.objects.exists()


def test_a_late_poll_on_an_uncovered_date_changes_the_next_covered_date():
    """Tuesday's poll is carried into Wednesday, which was already covered."""
    hours = [
        ("1", weekday, 9 * reference.HOUR, 17 * reference.HOUR) for weekday in (1, 2, 3)
    ]
    thursday = ("1", True, reference.parse_instant("2023-01-26 12:00:00 UTC"))
    tuesday = ("1", False, reference.parse_instant("2023-01-24 12:00:00 UTC"))
    engine.load(Data([thursday], hours, [("1", "UTC")]))
    # A week later, so that Wednesday is the first covered date.
    refresh(as_of=thursday[2] + timedelta(days=7))
    engine.load(Data([tuesday], [], []))
    assert_as_if_loaded_at_once(Data([tuesday, thursday], hours, [("1", "UTC")]))


def test_a_poll_with_the_same_status_may_be_carried_into_the_next_date():
    """Tuesday opens 25 hours after Monday's first poll, 18 after its second."""
    hours = [
        ("1", 0, 9 * reference.HOUR, 17 * reference.HOUR),
        ("1", 1, 10 * reference.HOUR, 17 * reference.HOUR),
    ]
    first = ("1", True, reference.parse_instant("2023-01-23 09:00:00 UTC"))
    second = ("1", True, reference.parse_instant("2023-01-23 16:00:00 UTC"))
    engine.load(Data([first], hours, [("1", "UTC")]))
    report(AS_OF_NEWEST)
    engine.load(Data([second], [], []))
    assert_as_if_loaded_at_once(Data([first, second], hours, [("1", "UTC")]))


def test_new_up_and_down_polls_in_an_unobserved_session_are_processed():
    hours = [("1", 1, 9 * reference.HOUR, 17 * reference.HOUR)]
    elsewhere = ("2", True, reference.parse_instant("2023-01-24 12:00:00 UTC"))
    up = ("1", True, reference.parse_instant("2023-01-24 10:00:00 UTC"))
    down = ("1", False, reference.parse_instant("2023-01-24 11:00:00 UTC"))
    zones = [("1", "UTC"), ("2", "UTC")]
    engine.load(Data([elsewhere], hours, zones))
    report(AS_OF_NEWEST)
    engine.load(Data([up, down], [], []))
    assert_as_if_loaded_at_once(Data([elsewhere, up, down], hours, zones))


def test_polls_loaded_with_new_hours_and_a_new_zone_are_processed():
    """The store already has periods, from a report before its first poll."""
    poll = ("1", True, reference.parse_instant("2023-01-24 12:00:00 UTC"))
    hours = [("1", 1, 9 * reference.HOUR, 17 * reference.HOUR)]
    zones = [("1", "America/Denver")]
    engine.load(Data([], [], [("1", "UTC")]))
    refresh(as_of=poll[2] - timedelta(days=30))
    engine.load(Data([poll], hours, zones))
    assert refresh() == poll[2]
    assert_as_if_loaded_at_once(Data([poll], hours, zones))


def test_a_newer_poll_loaded_with_new_hours_moves_as_of():
    older = ("1", True, reference.parse_instant("2023-01-24 12:00:00 UTC"))
    newer = ("1", False, reference.parse_instant("2023-02-21 12:00:00 UTC"))
    hours = [("1", 1, 9 * reference.HOUR, 17 * reference.HOUR)]
    zones = [("1", "UTC")]
    engine.load(Data([older], [], zones))
    report(AS_OF_NEWEST)
    engine.load(Data([newer], hours, []))
    assert refresh() == newer[2]
    assert_as_if_loaded_at_once(Data([older, newer], hours, zones))


def test_a_session_removed_by_a_clock_change_does_not_end_an_outage():
    """Open on Sundays from 02:30 to 03:30, which does not exist on 12 March."""
    polls = [
        ("1", False, reference.parse_instant("2023-03-05 08:40:00Z")),
        ("1", False, reference.parse_instant("2023-03-19 07:40:00Z")),
        ("2", True, reference.parse_instant("2023-03-29 12:00:00Z")),
    ]
    hours = [("1", 6, 5 * reference.HOUR // 2, 7 * reference.HOUR // 2)]
    data = Data(polls, hours, [("1", "America/Chicago")])
    engine.load(data)
    as_of = refresh()
    found = engine.outages_by_store(since=as_of - timedelta(days=28))
    days = (as_of.date() - timedelta(days=29), as_of.date())
    assert found["1"] == reference.outages(data, "1", as_of, *days)
