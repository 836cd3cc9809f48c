"""Outages of one label value that overlap, against plain Python on generated data."""

from itertools import groupby
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.timeline.outages import listed_outages, outages_together
from stores.timeline.reading import reading
from tests.api.generated import generated, ranges
from tests.support import engine, reference
from tests.support.labels import label

pytestmark = pytest.mark.django_db


@st.composite
def labelled(draw):
    """A dataset with regions of its stores, and a range in it."""
    data, since, until, as_of = draw(ranges())
    regions = st.sampled_from(["west", "west", "east", ""])
    values = {store_id: draw(regions) for store_id in reference.known_stores(data)}
    return data, values, since, until, as_of


def events_of(outages, as_of):
    """Yield the runs of outages of one value in which none begins after all ended."""
    run, end = [], None
    for outage in sorted(outages, key=lambda outage: outage.starts_at):
        if run and outage.starts_at > end:
            yield run, end
            run, end = [], None
        last = as_of if outage.is_ongoing else outage.ends_at
        run, end = [*run, outage], max(last, end or last)
    yield run, end


def expected(outages, values, as_of):
    """Events by value. Without one, each outage is alone, with the id of its store."""

    def tied(outage):
        value = values[outage.store_id]
        return (value, "") if value else ("", outage.store_id)

    return [
        (
            *names,
            run[0].starts_at,
            end,
            len({outage.store_id for outage in run}),
            len(run),
            sum(outage.down_seconds for outage in run),
            sum(outage.is_ongoing for outage in run),
        )
        for names, group in groupby(sorted(outages, key=tied), tied)
        for run, end in events_of(group, as_of)
    ]


@generated
@given(
    labelled(),
    st.sampled_from([0, 3600]),
    st.sampled_from([None, True, False]),
    st.booleans(),
)
def test_events_are_the_outages_of_the_list_that_overlap(
    example, at_least, ongoing, largest_first
):
    data, values, since, until, as_of = example
    params = SimpleNamespace(
        since=since,
        until=until,
        as_of=as_of,
        ongoing=ongoing,
        at_least_seconds=at_least,
        cursor=None,
        page_size=1000,
    )
    with engine.rolled_back():
        engine.load(data)
        label(**{key: {"region": value} for key, value in values.items() if value})
        with reading(as_of):
            outages = listed_outages(params, None)
            events = outages_together(
                params, None, "region", largest_first=largest_first
            )
    found = [
        (e.name, e.starts_at, e.ends_at, e.stores, e.outages, e.ongoing) for e in events
    ]
    wanted = expected(outages, values, as_of)
    wanted.sort(key=largest if largest_first else newest)
    assert found == [(e[0] or e[1], *e[2:6], e[7]) for e in wanted]
    assert [e.value or "" for e in events] == [e[0] for e in wanted]
    assert [e.down_seconds for e in events] == pytest.approx([e[6] for e in wanted])


def newest(event):
    value, store_id, starts_at, *_, ongoing = event
    return not value, not ongoing, -starts_at.timestamp(), value or store_id


def largest(event):
    value, store_id, starts_at, _, stores, *_ = event
    return not value, -stores, -starts_at.timestamp(), value or store_id
