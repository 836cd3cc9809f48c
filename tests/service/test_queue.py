"""The recovery of unfinished reports, step by step."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django_q.exceptions import TimeoutException
from django_q.models import Failure, OrmQ

from reports.compute import request_report
from reports.models import Report
from reports.prune import prune
from restaurant_monitor.jobs import queue
from restaurant_monitor.jobs.recovery import recover
from restaurant_monitor.jobs.tasks import attempt

pytestmark = pytest.mark.django_db
RETRY = timedelta(seconds=5430)  # 3 times 1800 s of an ingest and 10 s of grace
SILENCE = timedelta(seconds=30)  # the limit of a heartbeat


def take_message(ago):
    OrmQ.objects.update(lock=datetime.now(UTC) - ago + RETRY)


def is_free():
    return OrmQ.objects.get().lock < datetime.now(UTC)


def test_a_lost_message_is_delivered_again():
    request_report()
    take_message(ago=SILENCE - timedelta(seconds=5))
    recover()
    assert not is_free()
    take_message(ago=SILENCE + timedelta(seconds=5))
    recover()
    assert is_free()


def test_a_message_does_not_wait_because_the_clock_was_set_back():
    """It may have been free or locked before."""
    request_report()
    for hours in (1, 2, 24):
        OrmQ.objects.update(lock=datetime.now(UTC) + timedelta(hours=hours))
        recover()
        assert is_free()


def test_a_new_cluster_gets_the_messages_of_the_previous_one():
    request_report()
    OrmQ.objects.update(lock=datetime.now(UTC) + timedelta(days=1))
    queue.redeliver()
    assert is_free()


def test_a_report_without_a_message_is_enqueued_again():
    request_report()
    OrmQ.objects.all().delete()
    recover()
    assert OrmQ.objects.count() == 1


def test_a_lost_report_is_tried_until_its_attempts_run_out():
    """The first time at once: one kill is not its fault. Then it waits as if failed."""
    report = request_report()
    for attempts, seconds in [(1, 0), (2, 30), (3, 120), (4, 300)]:
        Report.objects.update(state="running", attempts=attempts)
        with waits(report, seconds):
            recover()
        assert (report.state, report.error) == ("queued", "the worker died")
    Report.objects.update(state="running", attempts=5)
    recover()
    report.refresh_from_db()
    assert report.state == "failed"
    assert report.error == "given up after 5 attempts: the worker died"


@contextmanager
def waits(report, seconds):
    """Check that what happens while open lets the report wait so long."""
    begun = datetime.now(UTC)
    yield
    report.refresh_from_db()
    if seconds == 0:
        assert report.retry_at is None
    else:
        until = datetime.now(UTC)
        wait = timedelta(seconds=seconds)
        assert begun + wait <= report.retry_at <= until + wait


def make_it_fail(monkeypatch, error):
    def fails(report):
        raise error

    monkeypatch.setattr("reports.compute.compute", fails)


@pytest.mark.parametrize(
    ("error", "message"),
    [(MemoryError(), "MemoryError"), (TimeoutException("too long"), "too long")],
)
def test_any_error_of_an_attempt_is_stored_and_raised(monkeypatch, error, message):
    report = request_report()
    make_it_fail(monkeypatch, error)
    with pytest.raises(type(error)):
        attempt("reports.Report", str(report.report_id))
    report.refresh_from_db()
    assert (report.state, report.error) == ("queued", message)


def test_attempts_are_spread_over_minutes(monkeypatch):
    report = request_report()
    make_it_fail(monkeypatch, OSError("No space left on device"))
    for attempts, seconds in [(1, 5), (2, 30), (3, 120), (4, 300)]:
        with waits(report, seconds), pytest.raises(OSError, match="No space"):
            attempt("reports.Report", str(report.pk))
        assert (report.state, report.attempts) == ("queued", attempts)
        assert report.error == "No space left on device"
        check_nothing_happens_yet(report)
        Report.objects.update(retry_at=datetime.now(UTC))
        recover()
        assert OrmQ.objects.count() == 1
    with pytest.raises(OSError, match="No space"):
        attempt("reports.Report", str(report.pk))
    report.refresh_from_db()
    assert report.state == "failed"
    assert report.error == "given up after 5 attempts: No space left on device"


def check_nothing_happens_yet(report):
    """Neither a message that comes twice nor the watch begins the next attempt."""
    OrmQ.objects.all().delete()
    attempt("reports.Report", str(report.pk))
    recover()
    found = Report.objects.get()
    assert (found.state, found.attempts) == ("queued", report.attempts)
    assert not OrmQ.objects.exists()


def test_a_report_does_not_wait_an_hour_because_the_clock_was_set_back():
    request_report()
    OrmQ.objects.all().delete()
    Report.objects.update(attempts=1, retry_at=datetime.now(UTC) + timedelta(hours=1))
    recover()
    assert OrmQ.objects.count() == 1
    assert Report.objects.get().retry_at is None


def test_pruning_forgets_old_failures():
    for name, days in (("old", 31), ("recent", 29)):
        at = datetime.now(UTC) - timedelta(days=days)
        Failure.objects.create(
            id=name, name=name, func="f", started=at, stopped=at, success=False
        )
    prune(keep_polls=None, keep_reports=30, keep_audit=None)
    assert [failure.pk for failure in Failure.objects.all()] == ["recent"]
