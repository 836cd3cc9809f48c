"""The recovery of unfinished reports, step by step."""

from datetime import UTC, datetime, timedelta

import pytest
from django_q.exceptions import TimeoutException
from django_q.models import OrmQ

from reports.compute import request_report
from reports.models import Report
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


def test_a_report_whose_worker_died_is_queued_until_its_attempts_run_out():
    report = request_report()
    for attempts in range(1, 5):
        Report.objects.update(state="running", attempts=attempts)
        recover()
        report.refresh_from_db()
        assert (report.state, report.error) == ("queued", "")
    Report.objects.update(state="running", attempts=5)
    recover()
    report.refresh_from_db()
    assert report.state == "failed"
    assert report.error == "given up after 5 attempts: the worker died"


@pytest.mark.parametrize(
    ("error", "message"),
    [(MemoryError(), "MemoryError"), (TimeoutException("too long"), "too long")],
)
def test_any_error_of_an_attempt_is_stored_and_raised(monkeypatch, error, message):
    def fails(report):
        raise error

    report = request_report()
    monkeypatch.setattr("reports.compute.compute", fails)
    with pytest.raises(type(error)):
        attempt("reports.Report", str(report.report_id))
    report.refresh_from_db()
    assert (report.state, report.error) == ("running", message)
