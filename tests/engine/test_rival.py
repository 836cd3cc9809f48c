"""The DuckDB report of the benchmark, a third implementation of the rules."""

import pytest
from django.core.management import call_command

from reports.compute import compute_now
from reports.output import write_csv
from tests.bench import rival
from tests.support import engine
from tests.support.processes import PROJECT

pytestmark = pytest.mark.django_db


def reports(folder, results):
    """Load a folder and compute both reports; return the two CSV files."""
    ours, theirs = results / "ours.csv", results / "theirs.csv"
    engine.load_folder(folder)
    with ours.open("wb") as file:
        write_csv(compute_now(), file)
    rival.load(folder)
    rival.report(theirs)
    return ours, theirs


def test_both_reports_agree_on_the_fixtures(tmp_path):
    rival.refuse_difference(*reports(PROJECT / "fixtures", tmp_path))


@pytest.mark.parametrize("seed", [2, 3])
def test_both_reports_agree_on_other_samples(tmp_path, seed):
    call_command(
        "make_sample", tmp_path / "sample", stores=150, days=9, seed=seed, verbosity=0
    )
    rival.refuse_difference(*reports(tmp_path / "sample", tmp_path))


def test_a_difference_is_refused(tmp_path):
    ours, theirs = reports(PROJECT / "fixtures", tmp_path)
    theirs.write_text(theirs.read_text().replace("23.04", "23.05", 1))
    with pytest.raises(RuntimeError, match=r"23\.04.*23\.05"):
        rival.refuse_difference(ours, theirs)
