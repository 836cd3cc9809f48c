"""The engine against the reference, on generated data."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from stores.timeline.check import check
from stores.timeline.moments import NoFigures
from stores.timeline.refresh import refresh
from tests.engine.timelines import engine_timeline, reference_timeline
from tests.support import engine, reference
from tests.support.strategies import dataset_and_as_of, datasets

pytestmark = pytest.mark.django_db

MONTH = timedelta(days=31)
generated = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class TestGenerated:
    @generated
    @given(dataset_and_as_of())
    def test_figures_equal_the_reference(self, example):
        data, as_of = example
        with engine.rolled_back():
            engine.load(data)
            if as_of is None and not data.polls:
                with pytest.raises(NoFigures):
                    engine.figures()
                return
            assert engine.figures(as_of) == reference.figures(data, as_of)
            assert check() == {}

    @generated
    @given(dataset_and_as_of())
    def test_timeline_equals_the_reference(self, example):
        data, as_of = example
        if as_of is None and not data.polls:
            return
        with engine.rolled_back():
            engine.load(data)
            refresh(as_of)
            assert engine_timeline(data) == reference_timeline(data)

    @generated
    @given(datasets())
    def test_outages_equal_the_reference(self, data):
        if not data.polls:
            return
        with engine.rolled_back():
            engine.load(data)
            as_of = refresh()
            found = engine.outages_by_store(since=as_of - MONTH)
            assert found == reference_outages(data, as_of)


def reference_outages(data, as_of):
    first_day, last_day = (as_of - MONTH).date(), (as_of + timedelta(days=2)).date()
    found = {
        store_id: [
            outage
            for outage in reference.outages(data, store_id, as_of, first_day, last_day)
            if outage.is_ongoing or outage.ends_at > as_of - MONTH
        ]
        for store_id in reference.known_stores(data)
    }
    return {store_id: outages for store_id, outages in found.items() if outages}
