"""The uptime of all stores in groups, against the reference on generated data."""

from collections import defaultdict
from dataclasses import replace
from itertools import chain, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.timeline import rollup
from stores.timeline.reading import reading
from stores.timeline.rollup import Ranges
from tests.api.generated import generated, periods_between, printed, ranges
from tests.support import engine, reference
from tests.support.labels import chosen, label
from tests.support.reference import MICROSECOND, ONE_DAY

pytestmark = pytest.mark.django_db

FIGURES = list(printed([]))


@st.composite
def labelled(draw):
    """A dataset with labels of its stores, and a range in it."""
    data, since, until, as_of = draw(ranges())
    region = st.sampled_from(["west", "east", "the west", None])
    location = st.sampled_from(["x", "x", "y", None])
    labels = {
        store_id: {
            name: value
            for name, value in (("region", draw(region)), ("location", draw(location)))
            if value
        }
        for store_id in reference.known_stores(data)
    }
    return data, labels, since, until, as_of


wanted_labels = st.none() | st.lists(
    st.sampled_from([("region", "west"), ("region", "east"), ("location", "x")]),
    min_size=1,
    unique=True,
)


names = st.sampled_from([None, "region", "no"])


def figures(row, before=""):
    return {name: getattr(row, f"{before}{name}") for name in FIGURES}


def flat(lists):
    return list(chain.from_iterable(lists))


def length_of(ranges):
    return ranges.since - ranges.previous_since


@generated
@given(labelled(), wanted_labels, names, st.booleans())
def test_values_and_dates_equal_the_reference(example, wanted, name, by_day):
    data, labels, since, until, as_of = example
    store_ids = chosen(labels, wanted) if wanted else list(labels)
    asked = Ranges(since, until, None, labels=wanted and [":".join(w) for w in wanted])
    asked = asked.compared(by_day)
    with engine.rolled_back():
        engine.load(data)
        label(**labels)
        with reading(as_of):
            total, groups = rollup.by_label_and_day(asked, name, by_day)
    now, before, touched, stores = sort(data, labels, store_ids, asked, name, by_day)
    assert figures(total) == printed(flat(now.values()))
    assert figures(total, "previous_") == printed(flat(before.values()))
    assert total.stores == len(store_ids)
    assert {(g.value, g.day) for g in groups} == touched
    assert len(groups) == len(touched)
    for group in groups:
        place = group.value, group.day
        assert figures(group) == printed(now[place])
        assert figures(group, "previous_") == printed(before[place])
        assert group.stores == stores[group.value]


@generated
@given(labelled(), wanted_labels)
def test_windows_equal_the_reference(example, wanted):
    """The last half of a range is one, the whole another; a third has no previous."""
    data, labels, since, until, as_of = example
    store_ids = chosen(labels, wanted) if wanted else list(labels)
    whole = Ranges(since, until, None, labels=wanted and [":".join(w) for w in wanted])
    half = replace(whole, since=since + (until - since) / 2)
    windows = [half.compared(), whole.compared(), half]
    with engine.rolled_back():
        engine.load(data)
        label(**labels)
        with reading(as_of):
            found = rollup.by_window(windows)
    for window, row in zip(windows, found, strict=True):
        before = window.previous_since, window.previous_until
        assert figures(row) == printed(
            between(data, store_ids, window.since, window.until)
        )
        assert figures(row, "previous_") == printed(
            between(data, store_ids, *before) if all(before) else []
        )


def between(data, store_ids, since, until):
    return flat(periods_between(data, one, since, until) for one in store_ids)


def sort(data, labels, store_ids, asked, name, by_day):
    """Sort the reference's periods into the groups of both ranges."""
    now, before, touched, stores = defaultdict(list), defaultdict(list), set(), {}
    shift = length_of(asked) if by_day else 0 * ONE_DAY
    for store_id in store_ids:
        value = labels[store_id].get(name)
        stores[value] = stores.get(value, 0) + 1
        for day in dates_of(data, store_id, asked) if by_day else [None]:
            touched.add((value, day))
        for p in periods_between(data, store_id, asked.since, asked.until):
            now[value, p.day if by_day else None].append(p)
        previous = asked.previous_since, asked.previous_until
        for p in periods_between(data, store_id, *previous):
            place = value, p.day + shift if by_day else None
            before[place].append(p)
            touched.add(place)
    return now, before, touched, stores


def dates_of(data, store_id, asked):
    """The local dates that a range touches."""
    tz = reference.zone(data, store_id)
    first, last = (
        reference.local_date(data, store_id, at)
        for at in (asked.since, asked.until - MICROSECOND)
    )
    return [
        day
        for day in reference.days(first - ONE_DAY, last + ONE_DAY)
        if reference.to_utc(tz, day, 0) < asked.until
        and reference.to_utc(tz, day + ONE_DAY, 0) > asked.since
    ]


@generated
@given(labelled())
def test_times_of_locations_equal_the_reference(example):
    data, labels, since, until, as_of = example
    asked = Ranges(since, until, None).compared()
    with engine.rolled_back():
        engine.load(data)
        label(**labels)
        with reading(as_of):
            total, groups = rollup.by_location(asked)
            total_of_all, _ = rollup.by_label_and_day(asked)
    assert figures(total) == figures(total_of_all)
    assert figures(total, "previous_") == figures(total_of_all, "previous_")
    found = {group.value: group for group in groups}
    places = defaultdict(list)
    for store_id, its_labels in labels.items():
        places[its_labels.get("location")].append(store_id)
    assert set(found) == set(places)
    for value, store_ids in places.items():
        group = found[value]
        assert group.stores == len(store_ids)
        for before, span in (
            ("", (since, until)),
            ("previous_", (asked.previous_since, asked.previous_until)),
        ):
            periods = {s: periods_between(data, s, *span) for s in store_ids}
            assert figures(group, before) == printed(flat(periods.values()))
            expected = (None, None) if value is None else down_times(periods)
            assert expected == (
                getattr(group, f"{before}any_down_seconds"),
                getattr(group, f"{before}all_down_seconds"),
            )


def down_times(periods):
    """The seconds with any store down, and with all open ones down, edge by edge."""
    everything = [period for found in periods.values() for period in found]
    edges = {edge for p in everything for edge in (p.starts_at, p.ends_at)}
    any_down = all_down = 0 * ONE_DAY
    for starts_at, ends_at in pairwise(sorted(edges)):
        at = [p.is_up for p in everything if p.starts_at <= starts_at < p.ends_at]
        any_down += (ends_at - starts_at) * (False in at)
        all_down += (ends_at - starts_at) * (set(at) == {False})
    return any_down.total_seconds(), all_down.total_seconds()


@generated
@given(labelled())
def test_hours_of_the_week_add_up_to_the_total(example):
    data, labels, since, until, as_of = example
    asked = Ranges(since, until, None).compared()
    with engine.rolled_back():
        engine.load(data)
        with reading(as_of):
            total, groups = rollup.by_weekday_hour(asked)
            total_of_all, _ = rollup.by_label_and_day(asked)
    assert total.stores == len(labels)
    assert [(g.weekday, g.hour) for g in groups] == [
        (weekday, hour) for weekday in range(7) for hour in range(24)
    ]
    for before in ("", "previous_"):
        assert figures(total, before) == figures(total_of_all, before)
        for name in FIGURES[:-1]:
            found = [round(figures(g, before)[name] * 10**6) for g in groups]
            assert sum(found) == round(figures(total, before)[name] * 10**6)


def test_many_groups_are_cut_off(monkeypatch):
    monkeypatch.setattr(rollup, "MOST_GROUPS", 3)
    at = reference.parse_instant("2023-01-23 12:00:00Z")
    engine.load(reference.Data([("1", True, at)]))
    with reading(at):
        asked = Ranges(at - 7 * ONE_DAY, at, None)
        total, groups = rollup.by_label_and_day(asked, by_day=True)
    assert total.business_seconds == 7 * 86400
    assert len(groups) == 4
