"""Pruning deletes old data and does not change the figures of what is kept."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Min
from django.utils.module_loading import import_string
from django_q.models import OrmQ, Schedule
from django_q.scheduler import scheduler
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports import tasks
from reports.compute import compute
from reports.models import Report, ReportRow
from reports.prune import prune, prune_reports
from restaurant_monitor.jobs.tasks import attempt
from stores.ingest.prune import prune_ingests
from stores.models import CoveredDay, Ingest, Period, Poll, Reject, Store
from stores.timeline.check import check
from stores.timeline.marks import mark
from stores.timeline.moments import NoFigures
from stores.timeline.prune import prune_polls
from stores.timeline.refresh import refresh
from tests.engine.timelines import engine_timeline, history_from, reference_timeline
from tests.support import engine, reference
from tests.support.strategies import datasets

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WEEK = 7 * DAY
BAD_ZONE = reference.Data(zones=[("1", "UTC"), ("2", "America/Nowhere")])


@pytest.fixture(scope="module")
def sample(tmp_path_factory, django_db_setup, django_db_blocker):
    """Forty days of a few stores."""
    folder = tmp_path_factory.mktemp("sample")
    with django_db_blocker.unblock():
        call_command("make_sample", folder, stores=12, days=40, verbosity=0)
    return folder


def check_windows(data, first, last):
    """Compare with the reference, which has all data, from first to last."""
    moment = first
    while moment <= last:
        assert engine.figures(moment) == reference.figures(data, moment)
        moment += timedelta(days=5, hours=7, minutes=13)
    assert check() == {}


def earliest_report():
    """The first as_of that a report may have, as in the error message."""
    midnight = datetime.min.time()
    return datetime.combine(history_from() + DAY + WEEK, midnight, UTC)


class TestPolls:
    def test_figures_of_kept_dates_do_not_change(self, sample):
        data = reference.read_csvs(sample)
        newest = reference.newest_poll(data)
        engine.load_folder(sample)
        assert sum(prune_polls(15)) > 0
        assert history_from() == (newest - 15 * DAY).date()
        check_windows(data, earliest_report(), newest)

    def test_figures_of_kept_dates_do_not_change_in_a_rebuild(self, sample):
        data = reference.read_csvs(sample)
        engine.load_folder(sample)
        sum(prune_polls(15))
        mark()
        check_windows(data, earliest_report(), reference.newest_poll(data))

    def test_figures_do_not_change_when_pruned_polls_are_loaded_again(self, sample):
        data = reference.read_csvs(sample)
        engine.load_folder(sample)
        deleted = sum(prune_polls(15))
        assert engine.load_folder(sample).counts["status"].new == deleted
        check_windows(data, earliest_report(), reference.newest_poll(data))
        assert CoveredDay.objects.order_by("day").first().day == history_from()
        assert sum(prune_polls(15)) == deleted

    def test_outages_of_kept_dates_do_not_change(self, sample):
        engine.load_folder(sample)
        since = refresh() - WEEK
        before = engine.outages_by_store(since=since)
        sum(prune_polls(30))
        assert engine.outages_by_store(since=since) == before

    def test_it_deletes_polls_periods_and_covered_days(self, sample):
        engine.load_folder(sample)
        refresh()
        before = Poll.objects.count()
        deleted = sum(prune_polls(15))
        assert Poll.objects.count() == before - deleted
        # Two days before the first date are kept: one for the zones, one for rule 6.
        oldest = Poll.objects.aggregate(at=Min("observed_at"))["at"]
        assert oldest.date() == history_from() - 2 * DAY
        assert not Period.objects.filter(day__lt=history_from()).exists()
        assert not CoveredDay.objects.filter(day__lt=history_from()).exists()

    def test_it_prunes_one_week_at_a_time(self, sample):
        engine.load_folder(sample)
        steps = list(prune_polls(15))
        # 40 days and the date before them, of which 15 days and one date are kept.
        assert len(steps) == 4
        assert all(steps[1:])

    def test_a_report_that_needs_pruned_polls_is_refused(self, sample):
        engine.load_folder(sample)
        sum(prune_polls(15))
        engine.figures(earliest_report())
        with pytest.raises(
            NoFigures, match=r"2023-01-11T00:00:00\+00:00 were pruned"
        ) as refused:
            engine.figures(earliest_report() - timedelta(microseconds=1))
        assert "as of 2023-01-18T00:00:00+00:00 or later" in str(refused.value)

    def test_it_deletes_nothing_when_no_poll_is_too_old(self, sample):
        engine.load_folder(sample)
        assert sum(prune_polls(100)) == 0
        assert engine.figures(reference.newest_poll(reference.read_csvs(sample)))

    def test_the_boundary_never_moves_back(self, sample):
        engine.load_folder(sample)
        sum(prune_polls(15))
        reached = history_from()
        assert sum(prune_polls(30)) == 0
        assert history_from() == reached

    def test_without_a_poll_there_is_nothing_to_do(self):
        assert sum(prune_polls(15)) == 0
        assert history_from() is None

    def test_keeping_fewer_days_than_a_report_needs_is_refused(self, sample):
        engine.load_folder(sample)
        with pytest.raises(ValueError, match="at least 8 days"):
            sum(prune_polls(7))
        sum(prune_polls(8))
        engine.figures()

    @pytest.mark.parametrize(
        ("zone", "late_at"),
        [
            ("UTC", "2023-01-11 18:00:00 UTC"),
            ("America/Chicago", "2023-01-12 03:00:00Z"),
        ],
    )
    def test_a_late_poll_of_the_date_before_the_boundary_is_processed(
        self, zone, late_at
    ):
        """By rule 6 it is carried into the first date that is kept."""
        at = reference.parse_instant
        polls = [
            ("1", True, at("2023-01-22 12:00:00Z")),
            ("1", True, at("2023-01-01 12:00:00Z")),
            ("2", True, at("2023-01-12 12:00:00Z")),
        ]
        late = ("1", False, at(late_at))
        zones = [("1", zone), ("2", "UTC")]
        engine.load(reference.Data(polls, zones=zones))
        sum(prune_polls(10))
        assert history_from() == date(2023, 1, 12)
        engine.load(reference.Data([late]))
        data = reference.Data([*polls, late], zones=zones)
        as_of = at("2023-01-20 00:00:00Z")
        assert engine.figures(as_of) == reference.figures(data, as_of)
        assert engine_timeline(data) == reference_timeline(data)

    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(datasets(), st.integers(8, 12))
    def test_pruning_generated_data_changes_no_kept_figure(self, data, keep):
        if not data.polls:
            return
        with engine.rolled_back():
            engine.load(data)
            engine.figures()
            sum(prune_polls(keep))
            mark()
            newest = reference.newest_poll(data)
            first = max(earliest_report(), newest - 2 * DAY)
            check_windows(data, first, newest)
            assert engine.figures() == reference.figures(data)


def old_report(days, state=Report.State.COMPLETE):
    report = Report.objects.create(state=state)
    asked = datetime.now(UTC) - timedelta(days=days)
    Report.objects.filter(pk=report.pk).update(requested_at=asked)
    return report


class TestReports:
    def test_old_reports_are_deleted_with_their_rows(self, sample):
        engine.load_folder(sample)
        engine.figures()
        old, new = engine.compute_now(), engine.compute_now()
        asked = datetime.now(UTC) - timedelta(days=31)
        Report.objects.filter(pk=old.pk).update(requested_at=asked)
        assert prune_reports(30) == 1
        assert not ReportRow.objects.filter(report_id=old.pk).exists()
        assert ReportRow.objects.filter(report_id=new.pk).count() == 12

    def test_it_deletes_more_reports_than_fit_in_one_batch(self):
        for _ in range(120):
            old_report(31)
        kept = old_report(29)
        assert prune_reports(30) == 120
        assert list(Report.objects.all()) == [kept]

    @pytest.mark.parametrize("state", ["queued", "running"])
    def test_an_unfinished_one_stays(self, state):
        old_report(31, state)
        assert prune_reports(30) == 0


class TestIngests:
    def test_old_ingests_are_deleted_with_their_rejects_but_not_their_data(self):
        engine.load(BAD_ZONE)
        engine.load(BAD_ZONE)
        old, new = Ingest.objects.order_by("requested_at")
        asked = datetime.now(UTC) - timedelta(days=31)
        Ingest.objects.filter(pk=old.pk).update(requested_at=asked)
        assert prune_ingests(30) == 1
        assert list(Ingest.objects.all()) == [new]
        assert {reject.ingest_id for reject in Reject.objects.all()} == {new.pk}
        assert Store.objects.get().pk == "1"

    @pytest.mark.parametrize("state", ["queued", "running"])
    def test_an_unfinished_one_stays(self, state):
        asked = datetime.now(UTC) - timedelta(days=31)
        Ingest.objects.create(files={}, state=state, requested_at=asked)
        assert prune_ingests(30) == 0


def statement_timeout():
    with connection.cursor() as cursor:
        cursor.execute("show statement_timeout")
        return cursor.fetchone()[0]


class TestCommandAndSchedule:
    def test_the_command_prints_what_it_deleted(self, sample, capsys):
        engine.load_folder(sample)
        old_report(3)
        before = Poll.objects.count()
        call_command("prune", polls=15, reports=2)
        gone = before - Poll.objects.count()
        assert (
            capsys.readouterr().out
            == f"Deleted {gone:,} polls, 1 reports, 0 ingests, 0 audit entries and "
            "0 alerts.\n"
        )

    def test_by_default_only_reports_older_than_thirty_days_are_deleted(
        self, sample, capsys
    ):
        engine.load_folder(sample)
        old_report(31)
        old_report(29)
        call_command("prune")
        assert (
            capsys.readouterr().out
            == "Deleted 0 polls, 1 reports, 0 ingests, 0 audit entries and 0 alerts.\n"
        )

    def test_the_command_refuses_too_few_days(self):
        with pytest.raises(CommandError, match="at least 8 days"):
            call_command("prune", polls=3)

    def test_none_keeps_everything(self, sample):
        engine.load_folder(sample)
        old_report(1000)
        assert prune(None, None, None) == (0, 0, 0, 0, 0)

    def test_the_worker_prunes_once_a_day(self, monkeypatch):
        leave_open = "django_q.scheduler.close_old_django_connections"
        monkeypatch.setattr(leave_open, lambda: None)
        schedule = Schedule.objects.get(name="prune")
        assert import_string(schedule.func) is tasks.prune_daily
        scheduler()
        assert OrmQ.objects.get().func() == "reports.tasks.prune_daily"
        schedule.refresh_from_db()
        assert timedelta(hours=23) < schedule.next_run - datetime.now(UTC) <= DAY

    def test_a_prune_does_not_inherit_the_time_limit_of_a_report(
        self, sample, monkeypatch
    ):
        limits = []

        def noted(report):
            limits.append(statement_timeout())
            compute(report)

        monkeypatch.setattr("reports.compute.compute", noted)
        engine.load_folder(sample)
        attempt("reports.Report", str(Report.objects.create().pk))
        [limit] = limits
        assert limit != "0"
        assert statement_timeout() == "0"
        tasks.prune_daily()
        assert statement_timeout() == "0"

    def test_the_worker_uses_the_settings(self, sample, settings):
        settings.KEEP_POLLS_DAYS, settings.KEEP_REPORTS_DAYS = 15, 2
        engine.load_folder(sample)
        old_report(3)
        tasks.prune_daily()
        assert history_from() == date(2023, 1, 10)
        assert not Report.objects.exists()
