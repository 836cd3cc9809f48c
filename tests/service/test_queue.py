"""The watch over reports that are on their way, a step at a time."""

from datetime import UTC, datetime, timedelta

import pytest
from django_q.exceptions import TimeoutException
from django_q.models import OrmQ

from reports import queue, tasks
from reports.models import Report

pytestmark = pytest.mark.django_db
RETRY = timedelta(seconds=5430)  # thrice 1800 s of an ingest and 10 s of grace
SILENCE = timedelta(seconds=30)  # a heartbeat's limit


def take_message(ago):
    OrmQ.objects.update(lock=datetime.now(UTC) - ago + RETRY)


def is_free():
    return OrmQ.objects.get().lock < datetime.now(UTC)


def test_a_message_that_was_lost_on_the_way_is_delivered_anew():
    queue.request_report()
    take_message(ago=SILENCE - timedelta(seconds=5))
    queue.take_up_again()
    assert not is_free()
    take_message(ago=SILENCE + timedelta(seconds=5))
    queue.take_up_again()
    assert is_free()


def test_a_new_cluster_gets_the_messages_that_the_one_before_had():
    queue.request_report()
    OrmQ.objects.update(lock=datetime.now(UTC) + timedelta(days=1))
    queue.unlock_messages()
    assert is_free()


def test_a_report_without_a_message_is_enqueued_again():
    queue.request_report()
    OrmQ.objects.all().delete()
    queue.take_up_again()
    assert OrmQ.objects.count() == 1


def test_a_report_that_lost_its_worker_is_queued_until_it_has_no_attempt_left():
    report = queue.request_report()
    for attempts in range(1, 5):
        Report.objects.update(state="running", attempts=attempts)
        queue.take_up_again()
        report.refresh_from_db()
        assert (report.state, report.error) == ("queued", "")
    Report.objects.update(state="running", attempts=5)
    queue.take_up_again()
    report.refresh_from_db()
    assert report.state == "failed"
    assert report.error == "given up after 5 attempts: the worker died"


@pytest.mark.parametrize(
    ("error", "told"),
    [(MemoryError(), "MemoryError"), (TimeoutException("too long"), "too long")],
)
def test_any_error_of_an_attempt_is_noted_and_raised(monkeypatch, error, told):
    def fails(report):
        raise error

    report = queue.request_report()
    monkeypatch.setattr(tasks, "compute", fails)
    with pytest.raises(type(error)):
        tasks.compute_report(str(report.report_id))
    report.refresh_from_db()
    assert (report.state, report.error) == ("running", told)
