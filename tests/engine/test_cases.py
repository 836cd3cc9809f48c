"""The engine against the hand-computed cases."""

from datetime import timedelta

import pytest

from stores.timeline.check import check
from stores.timeline.refresh import refresh
from tests.support import engine
from tests.support.cases import CASES, as_of_of, expected, outage_row, printed_row

pytestmark = pytest.mark.django_db

MONTH = timedelta(days=31)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
class TestCases:
    def test_figures(self, case):
        engine.load_folder(case)
        rows = [printed_row(*item) for item in engine.figures(as_of_of(case)).items()]
        assert rows == expected(case, "expected.csv")
        assert check() == {}

    def test_outages(self, case):
        if not (case / "expected_outages.csv").exists():
            return
        engine.load_folder(case)
        as_of = refresh(as_of_of(case))
        found = engine.outages_by_store(as_of=as_of, since=as_of - MONTH)
        rows = [outage_row(s, outage) for s, all_ in found.items() for outage in all_]
        assert rows == expected(case, "expected_outages.csv")
