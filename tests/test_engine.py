"""The engine against the cases worked out by hand and against the reference."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from stores import timeline
from stores.models import CoveredDay
from stores.timeline import NoMoment
from tests.support import engine, reference
from tests.support.strategies import dataset_and_as_of, datasets
from tests.test_reference import CASES, as_of_of, expected, outage_row, printed_row

pytestmark = pytest.mark.django_db

generated = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
MONTH = timedelta(days=31)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
class TestCases:
    def test_figures(self, case):
        engine.load_folder(case)
        rows = [printed_row(*item) for item in engine.figures(as_of_of(case)).items()]
        assert rows == expected(case, "expected.csv")
        assert timeline.check() == {}

    def test_outages(self, case):
        if not (case / "expected_outages.csv").exists():
            return
        engine.load_folder(case)
        as_of = timeline.refresh(as_of_of(case))
        found = engine.outages_by_store(as_of=as_of, since=as_of - MONTH)
        rows = [outage_row(s, outage) for s, all_ in found.items() for outage in all_]
        assert rows == expected(case, "expected_outages.csv")


class TestGenerated:
    @generated
    @given(dataset_and_as_of())
    def test_figures_equal_the_reference(self, given_data):
        data, as_of = given_data
        with engine.rolled_back():
            engine.load(data)
            if as_of is None and not data.polls:
                with pytest.raises(NoMoment):
                    engine.figures()
                return
            assert engine.figures(as_of) == reference.figures(data, as_of)
            assert timeline.check() == {}

    @generated
    @given(dataset_and_as_of())
    def test_timeline_equals_the_reference(self, given_data):
        data, as_of = given_data
        if as_of is None and not data.polls:
            return
        with engine.rolled_back():
            engine.load(data)
            timeline.refresh(as_of)
            assert engine_timeline(data) == reference_timeline(data)

    @generated
    @given(datasets())
    def test_outages_equal_the_reference(self, data):
        if not data.polls:
            return
        with engine.rolled_back():
            engine.load(data)
            as_of = timeline.refresh()
            found = engine.outages_by_store(since=as_of - MONTH)
            assert found == reference_outages(data, as_of)


def covered_days():
    return list(CoveredDay.objects.order_by("day").values_list("day", flat=True))


def engine_timeline(data):
    days = covered_days()
    return {
        store_id: engine.periods(store_id, days[0], days[-1])
        for store_id in reference.known_stores(data)
    }


def reference_timeline(data, carry=reference.CARRY):
    days = covered_days()
    return {
        store_id: [
            period
            for day in days
            for period in reference.timeline(data, store_id, day, day, carry)
        ]
        for store_id in reference.known_stores(data)
    }


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


def mondays_only(*polled):
    """A store that is open on Mondays from 09:00 to 17:00, down at these polls."""
    at = reference.parse_instant
    return reference.Data(
        [("1", False, at(f"{day} 10:00:00Z")) for day in polled]
        + [("2", True, at("2023-02-14 12:00:00Z"))],
        [("1", 0, 9 * reference.HOUR, 17 * reference.HOUR)],
        [("1", "UTC"), ("2", "UTC")],
    )


@pytest.mark.parametrize(
    ("polled", "hours_down"),
    [
        # The store is closed in between: nothing else happened.
        (["2023-01-16", "2023-01-23"], [16]),
        # Nobody looked on the 23rd, so nobody knows that it was one outage.
        (["2023-01-16", "2023-01-30"], [8, 8]),
        (["2023-01-09", "2023-01-30"], [8, 8]),
    ],
)
def test_an_outage_goes_on_over_closed_days_and_ends_with_unobserved_ones(
    polled, hours_down
):
    engine.load(mondays_only(*polled))
    as_of = timeline.refresh()
    found = engine.outages_by_store(since=as_of - 2 * MONTH)
    hour = timedelta(hours=1)
    assert [outage.down / hour for outage in found["1"]] == hours_down
