"""Stores do not depend on each other: two halves have together what all have.

So the stores can be on several servers. The moment is given, because by default it is
that of the newest poll of all stores.
"""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.timeline import rollup
from stores.timeline.moments import WEEK
from stores.timeline.reading import reading
from stores.timeline.rollup import Ranges
from tests.api.generated import generated
from tests.support import engine, reference
from tests.support.processes import PROJECT
from tests.support.reference import Data
from tests.support.strategies import dataset_and_as_of

pytestmark = pytest.mark.django_db
SUMS = ["business_seconds", "up_seconds", "down_seconds"]


def of_stores(data, store_ids):
    """The part of a dataset that is about these stores."""
    kinds = (data.polls, data.hours, data.zones, data.special)
    return Data(*([row for row in kind if row[0] in store_ids] for kind in kinds))


def found_in(data, as_of):
    """What a database with only this data says: by store, and summed."""
    with engine.rolled_back():
        engine.load(data)
        by_store = engine.figures(as_of), engine.outages_by_store(as_of=as_of)
        with reading(as_of):
            ranges = Ranges(as_of - WEEK, as_of, viewer=None)
            total, stores = rollup.by_store(ranges)
            _, days = rollup.by_label_and_day(ranges, by_day=True)
            _, hours = rollup.by_weekday_hour(ranges)
    rows = {row.store_id: row for row in stores}
    groups = [("total", total), *((row.day, row) for row in days)]
    groups += [((row.weekday, row.hour), row) for row in hours]
    return [*by_store, rows], Counter(
        {
            (group, name): round(getattr(row, name) * 1_000_000)
            for group, row in groups
            for name in SUMS
        }
    )


def check_halves(data, as_of, in_first):
    halves = [
        of_stores(
            data, {s for s in reference.known_stores(data) if in_first(s) is half}
        )
        for half in (True, False)
    ]
    stores, sums = found_in(data, as_of)
    (some, some_sums), (others, other_sums) = (found_in(half, as_of) for half in halves)
    for found, one, other in zip(stores, some, others, strict=True):
        assert found == one | other
    assert +sums == some_sums + other_sums


@generated
@given(
    dataset_and_as_of().filter(lambda found: found[0].polls),
    st.randoms(use_true_random=False),
)
def test_generated_stores(found, random):
    data, as_of = found
    as_of = as_of or reference.newest_poll(data)
    halves = {s: random.random() < 0.5 for s in reference.known_stores(data)}
    check_halves(data, as_of, halves.get)


def test_the_sample():
    data = reference.read_csvs(PROJECT / "fixtures")
    check_halves(data, reference.newest_poll(data), lambda s: ord(s[-1]) % 2 == 0)
