"""Readers do a little work on the timeline. The worker does all else."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stores.models import CoveredDay, Mark
from stores.timeline import refresh as refreshes
from stores.timeline.check import check
from stores.timeline.moments import Behind
from stores.timeline.reading import reading
from stores.timeline.tasks import catch_up
from tests.support import engine, reference

pytestmark = pytest.mark.django_db

FIRST = reference.parse_instant("2023-01-24 12:00:00Z")
SECOND = FIRST + timedelta(hours=1)


def load(*instants):
    engine.load(reference.Data([("1", True, at) for at in instants], [], []))


def as_of_of_reading(as_of=None):
    with reading(as_of) as moment:
        return moment.as_of


@pytest.fixture
def much_work(monkeypatch):
    monkeypatch.setattr(refreshes, "LITTLE_WORK", 0)


def test_a_reader_processes_few_marks():
    load(FIRST)
    assert as_of_of_reading() == FIRST
    load(SECOND)
    assert as_of_of_reading() == SECOND
    assert not Mark.objects.exists()


def test_a_second_refresh_computes_nothing():
    """A request may make several edits, each of which ends with a refresh."""
    load(FIRST)
    refreshes.refresh_if_little()
    with CaptureQueriesContext(connection) as queries:
        refreshes.refresh_if_little()
    assert not any("temp" in query["sql"] for query in queries)


def test_a_reader_leaves_many_marks_and_reads_the_last_timeline(much_work):
    load(FIRST)
    refreshes.refresh()
    load(SECOND)
    assert as_of_of_reading() == FIRST
    assert as_of_of_reading(FIRST - timedelta(hours=3)) == FIRST - timedelta(hours=3)
    assert Mark.objects.exists()


def test_a_moment_after_the_last_timeline_waits_for_the_worker(much_work):
    load(FIRST)
    refreshes.refresh()
    load(SECOND)
    with pytest.raises(Behind):
        as_of_of_reading(SECOND)
    catch_up()
    assert as_of_of_reading(SECOND) == SECOND


def test_there_is_nothing_to_read_before_the_first_timeline(much_work):
    load(FIRST)
    with pytest.raises(Behind):
        as_of_of_reading()
    catch_up()
    assert as_of_of_reading() == FIRST


def test_moving_all_stores_to_new_dates_is_much_work():
    """Each of the 101 stores counts ten times, and one mark once."""
    rows = [(str(number), True, FIRST) for number in range(101)]
    engine.load(reference.Data(rows, [], []))
    refreshes.refresh()
    engine.load(reference.Data([("1", True, SECOND)], [], []))
    assert as_of_of_reading() == SECOND
    a_week_later = FIRST + timedelta(days=7)
    engine.load(reference.Data([("1", True, a_week_later)], [], []))
    assert as_of_of_reading() == SECOND


def test_another_carry_limit_is_much_work(settings):
    rows = [(str(number), True, FIRST) for number in range(101)]
    engine.load(reference.Data(rows, [], []))
    refreshes.refresh()
    settings.CARRY_LIMIT = timedelta(hours=30)
    with pytest.raises(Behind):
        as_of_of_reading(SECOND)


class TestAhead:
    """By rule 6, polls of 2023-01-24 can affect 2023-01-26, in any time zone."""

    EVENING = reference.parse_instant("2023-01-24 18:00:00Z")
    MORNING = reference.parse_instant("2023-01-25 00:10:00Z")

    def last_day(self):
        return CoveredDay.objects.latest("day").day.isoformat()

    def test_in_the_evening_the_worker_covers_one_more_date(self):
        load(FIRST)
        refreshes.refresh()
        catch_up()
        assert self.last_day() == "2023-01-26"
        load(self.EVENING)
        refreshes.refresh()
        assert refreshes.is_behind()
        catch_up()
        assert self.last_day() == "2023-01-27"
        assert not refreshes.is_behind()

    def test_then_the_first_polls_of_a_date_are_little_work(self):
        rows = [(str(number), True, self.EVENING) for number in range(101)]
        engine.load(reference.Data(rows, [], []))
        refreshes.refresh()
        catch_up()
        load(self.MORNING)
        assert as_of_of_reading() == self.MORNING
        assert self.last_day() == "2023-01-27"

    def test_figures_and_outages_are_those_of_the_reference(self):
        rows = [("1", True, FIRST), ("1", False, self.EVENING), ("2", True, FIRST)]
        data = reference.Data(rows, [], [])
        engine.load(data)
        refreshes.refresh()
        catch_up()
        assert engine.figures() == reference.figures(data)
        assert check() == {}

    def test_without_polls_there_is_nothing_to_do(self):
        assert not refreshes.is_behind()
