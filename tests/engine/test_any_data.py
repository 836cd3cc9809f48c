"""The engine against the reference, on generated data."""

import pytest
from hypothesis import HealthCheck, given, settings

from stores.timeline.check import check
from stores.timeline.moments import NoFigures
from stores.timeline.refresh import refresh
from tests.engine.timelines import (
    MONTH,
    engine_timeline,
    reference_outages,
    reference_timeline,
)
from tests.support import engine, reference
from tests.support.strategies import dataset_and_as_of, datasets

pytestmark = pytest.mark.django_db

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
