"""Loads, edits, deletions, pruning and reports in any order."""

import csv
from collections import defaultdict, namedtuple
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stores import editing
from stores.hours import changes, special_dates, week
from stores.ingest.staging import FILE_NAMES, KINDS
from stores.models import Mark, Poll, SpecialHours, Store
from stores.timeline.check import check
from stores.timeline.moments import NoFigures
from stores.timeline.prune import prune_polls
from stores.timeline.refresh import is_behind, refresh
from stores.timeline.tasks import catch_up
from tests.engine.timelines import (
    clock_time,
    engine_timeline,
    history_from,
    reference_timeline,
)
from tests.support import engine, reference
from tests.support.reference import DEFAULT_ZONE, ONE_DAY, Data
from tests.support.strategies import CLOSED, QUIET, ZONES, datasets

pytestmark = pytest.mark.django_db
SOME_MOMENT = datetime(2050, 1, 25, 12, tzinfo=UTC)
OFFSETS = [timedelta(days=days) for days in (0, 1, 8, 40, -8, -40)]


def grouped(rows, size):
    """Group rows by their key: their first value, or the first two."""
    groups = defaultdict(list)
    for row in rows:
        groups[row[:size]].append(row[size:])
    return dict(groups)


def flat(groups):
    return [(*key, *row) for key, rows in groups.items() for row in rows]


Change = namedtuple("Change", ["change_id", "day", "before", "after"])


@dataclass
class Known:
    """The data that should be in the database after all events."""

    stores: set = field(default_factory=set)
    polls: dict = field(default_factory=dict)
    weeks: dict = field(default_factory=dict)
    zones: dict = field(default_factory=dict)
    special: dict = field(default_factory=dict)
    changes: list = field(default_factory=list)  # of special hours of many stores
    named_zones: set = field(default_factory=set)  # stores with a zone of their own
    unsettled: set = field(default_factory=set)  # (store id, what is missing)

    def data(self):
        zones = {(store_id,): [(DEFAULT_ZONE,)] for store_id in self.stores}
        return Data(
            [(store_id, up, at) for (store_id, at), up in self.polls.items()],
            flat(self.weeks),
            flat(zones | self.zones),
            flat(self.special),
            frozenset(store_id for store_id, _ in self.unsettled),
        )

    def settle(self, store_ids, missing):
        self.unsettled -= {(store_id, missing) for store_id in store_ids}


def load(known, data):
    engine.load(data)
    known.stores.update(reference.known_stores(data))
    known.polls |= {(store_id, at): up for store_id, up, at in data.polls}
    known.weeks |= grouped(data.hours, 1)
    known.zones |= grouped(data.zones, 1)
    known.special |= grouped(data.special, 2)
    known.named_zones |= {row[0] for row in data.zones}
    known.settle({row[0] for row in data.hours}, "hours")
    known.settle({row[0] for row in data.zones}, "timezone")


def load_row(kind, row):
    """Load a file that has one row."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / FILE_NAMES[kind]
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([KINDS[kind], row])
        engine.load_folder(folder)


def reject_hours(known, store_id):
    load_row("hours", [store_id, "7", "09:00", "17:00"])
    if not known.weeks.get((store_id,)):
        known.unsettled.add((store_id, "hours"))


def reject_zone(known, store_id):
    load_row("timezones", [store_id, "Mars/Olympus"])
    if store_id not in known.named_zones:
        known.unsettled.add((store_id, "timezone"))


def label(known, store_id):
    load_row("labels", [store_id, "region", "west"])
    known.stores.add(store_id)


def name(known, store_id):
    load_row("names", [store_id, "Main Street"])
    known.stores.add(store_id)


def set_week(known, store_id, rows):
    shifts = [
        (weekday, clock_time(start), clock_time(end)) for weekday, start, end in rows
    ]
    week.set_week(store_id, shifts)
    known.weeks[(store_id,)] = rows
    known.settle({store_id}, "hours")


def set_timezone(known, store_id, zone):
    editing.set_timezone(store_id, zone)
    known.zones[(store_id,)] = [(zone or DEFAULT_ZONE,)]
    known.named_zones.discard(store_id)
    if zone:
        known.named_zones.add(store_id)
        known.settle({store_id}, "timezone")


def set_special_hours(known, store_id, day, rows):
    shifts = [(clock_time(start), clock_time(end)) for start, end in rows]
    special_dates.set_special_hours(store_id, day, shifts)
    known.special[(store_id, day)] = rows or CLOSED


def forget_special_hours(known, store_id, day):
    special_dates.set_special_hours(store_id, day, None)
    known.special.pop((store_id, day), None)


def set_hours_of_many(known, day, rows):
    """Set the special hours of all stores; None: as in the week."""
    shifts = rows and [(clock_time(start), clock_time(end)) for start, end in rows]
    wanted = changes.Wanted(day, None, shifts)
    changes.set_for_many(None, wanted, changes.preview(None, wanted).digest)
    after = rows if rows is None else rows or CLOSED
    before = {
        store_id: known.special.get((store_id, day))
        for store_id in known.stores
        if not is_same(known.special.get((store_id, day)), after)
    }
    set_special_of(known, day, dict.fromkeys(before, after))
    if before:
        [made] = changes.recent(None, 1)
        known.changes.append(Change(made.change_id, day, before, after))


def undo_hours_of_many(known):
    """Undo the last change that was not undone, but for what was changed since."""
    if not known.changes:
        return
    made = known.changes.pop()
    restored = {
        store_id: rows
        for store_id, rows in made.before.items()
        if is_same(known.special.get((store_id, made.day)), made.after)
    }
    set_special_of(known, made.day, restored)
    if made.before:
        change = changes.find(None, made.change_id)
        digest = changes.preview_undo(None, change).digest
        undone = changes.undo(None, made.change_id, digest)
        assert undone == len(restored)


def set_special_of(known, day, rows_of_stores):
    for store_id, rows in rows_of_stores.items():
        known.special[(store_id, day)] = rows
        if rows is None:
            del known.special[(store_id, day)]


def is_same(rows, others):
    """Return whether rows of a date mean the same: their order does not matter."""
    return set(rows or ["none"]) == set(others or ["none"])


def delete(known, store_id):
    editing.delete([store_id])
    for change in known.changes:
        change.before.pop(store_id, None)
    known.stores.remove(store_id)
    known.named_zones.discard(store_id)
    for facts in (known.polls, known.weeks, known.zones, known.special):
        for key in [key for key in facts if key[0] == store_id]:
            del facts[key]


def prune(known, keep_days):
    before, deleted = len(known.polls), sum(prune_polls(keep_days))
    if deleted:
        first_day = datetime.combine(history_from() - ONE_DAY, time(0), UTC)
        kept = first_day - reference.CARRY
        known.polls = {key: up for key, up in known.polls.items() if key[1] >= kept}
    assert before - len(known.polls) == deleted


def report(known, as_of):
    moment = as_of or reference.newest_poll(known.data())
    if moment is None or is_pruned(moment):
        with pytest.raises(NoFigures):
            refresh(as_of)
    else:
        assert refresh(as_of) == moment


def work(known):
    """The worker finds time. It covers dates ahead, if there are polls."""
    catch_up()
    catch_up()
    assert not is_behind()


def is_pruned(moment):
    """Return whether the week before a moment needs pruned polls."""
    boundary = history_from()
    return boundary is not None and (moment - 8 * ONE_DAY).date() < boundary


@st.composite
def some_of(draw, data):
    """A part of a dataset; some polls get the opposite status or an earlier week."""
    some = [
        {key: rows for key, rows in groups.items() if draw(st.booleans())}
        for groups in (
            grouped(data.hours, 1),
            grouped(data.zones, 1),
            grouped(data.special, 2),
        )
    ]
    before = draw(st.sampled_from([0, 0, 1, 4])) * 7 * ONE_DAY
    polls = [
        (store_id, up ^ draw(st.booleans()), at - before)
        for store_id, up, at in data.polls
        if draw(st.booleans())
    ]
    return Data(polls, *map(flat, some))


def events(data):
    """The possible events for the stores of a dataset, with their arguments."""
    store = st.sampled_from(reference.known_stores(data))
    weeks = [[], *grouped(data.hours, 1).values()]
    special = grouped(data.special, 2)
    days = {QUIET} | {day for _, day in special} | {at.date() for *_, at in data.polls}
    day = st.sampled_from(sorted(days))
    shifts = [[row for row in rows if row != CLOSED[0]] for rows in special.values()]
    moments = [at + offset for *_, at in data.polls for offset in OFFSETS]
    loads = st.tuples(st.just(load), some_of(data))
    reports = st.tuples(st.just(report), st.sampled_from([None, *moments]))
    return st.one_of(
        *[loads, reports] * 3,
        st.tuples(st.just(set_week), store, st.sampled_from(weeks)),
        st.tuples(st.just(set_timezone), store, st.sampled_from([None, *ZONES])),
        st.tuples(
            st.just(set_special_hours), store, day, st.sampled_from([[], *shifts])
        ),
        st.tuples(st.just(forget_special_hours), store, day),
        st.tuples(
            st.just(set_hours_of_many), day, st.sampled_from([None, [], *shifts])
        ),
        st.tuples(st.just(undo_hours_of_many)),
        st.tuples(st.just(delete), store),
        st.tuples(st.sampled_from([reject_hours, reject_zone, label, name]), store),
        st.tuples(st.just(prune), st.integers(8, 12)),
        st.tuples(st.just(work)),
    )


def final_as_of(data):
    """None, for the newest poll, unless it is missing or its week is pruned."""
    newest = reference.newest_poll(data)
    if newest is None:
        return SOME_MOMENT
    return newest + 60 * ONE_DAY if is_pruned(newest) else None


OF_ANY_STORE = {
    *(load, report, prune, work, reject_hours, reject_zone, label, name),
    *(set_hours_of_many, undo_hours_of_many),
}
histories = datasets().flatmap(lambda data: st.lists(events(data), min_size=2))


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(histories)
def test_after_any_events_the_timeline_matches_the_remaining_data(history):
    known = Known()
    with engine.rolled_back():
        for event, *details in history:
            # Only a known store can be edited.
            if event in OF_ANY_STORE or details[0] in known.stores:
                event(known, *details)
        data = known.data()
        report(known, final_as_of(data))
        assert {*Store.objects.values_list("pk", flat=True)} == known.stores
        assert {*SpecialHours.objects.values_list("pk", flat=True)} == {*known.special}
        assert {*Poll.objects.values_list("pk", flat=True)} == known.polls.keys()
        assert engine_timeline(data) == reference_timeline(data)
        assert check() == {}
        assert not Mark.objects.exists()
