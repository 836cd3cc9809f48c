"""Reports that come to no good end, and leave the service whole."""

from uuid import uuid4

from tests.service.health import check_all_is_well, check_failed
from tests.support import processes
from tests.support import service as svc


def test_a_report_that_is_deleted_while_it_is_computed(service, database_url, expected):
    with svc.timeline_held(database_url) as cursor:
        report_id = svc.trigger(service)
        svc.wait_until_busy(service, cursor)
        delete = "delete from report where report_id = %s"
        svc.execute(database_url, delete, report_id)
        assert svc.get_report(service, report_id).status == 404
    check_all_is_well(service, database_url, expected, [])
    assert svc.get_report(service, report_id).status == 404


def test_a_report_of_an_unknown_store(service, database_url, expected):
    """Nobody put a message in the queue, so it counts as lost on the way."""
    report_id = str(uuid4())
    svc.execute(
        database_url,
        "insert into report "
        "(report_id, state, store_ids, requested_at, attempts, error) "
        "values (%s, 'queued', '{nowhere}', now(), 0, '')",
        report_id,
    )
    check_failed(service, report_id, attempts=1, reason="nowhere")
    check_all_is_well(service, database_url, expected, [])


def test_a_report_that_takes_too_long(service, database_url, expected):
    with svc.timeline_held(database_url):
        report_id = svc.trigger(service)
        reason = f"given up after {svc.ATTEMPTS} attempts: canceling statement"
        check_failed(service, report_id, svc.ATTEMPTS, reason)
    check_all_is_well(service, database_url, expected, [])


def test_a_report_that_took_too_long_once(service, database_url, expected):
    """In the end it is as good as any other, and bears no error."""
    with svc.timeline_held(database_url):
        report_id = svc.trigger(service)
        svc.wait_for(
            "an attempt has failed",
            service,
            lambda: svc.resource(service, report_id)["attempts"] > 1,
        )
    check_all_is_well(service, database_url, expected, [report_id])
    assert svc.resource(service, report_id)["error"] == ""


def test_a_report_that_kills_its_worker(service, database_url, expected):
    """Its attempts are counted although nobody is left to tell."""
    with svc.timeline_held(database_url) as cursor:
        report_id = svc.trigger(service)
        for attempt in range(svc.ATTEMPTS):
            svc.wait_for(
                f"attempt {attempt + 1} is made",
                service,
                lambda count=attempt: attempts_of(database_url, report_id) > count,
            )
            svc.wait_until_busy(service, cursor)
            svc.kill(svc.running(service, "qcluster"))
            # The server goes on for a moment.
            svc.wait_for("it is gone", service, lambda: not processes.waiting(cursor))
        reason = f"given up after {svc.ATTEMPTS} attempts: the worker died"
        check_failed(service, report_id, svc.ATTEMPTS, reason)
    check_all_is_well(service, database_url, expected, [])


def attempts_of(database_url, report_id):
    query = "select attempts from report where report_id = %s"
    [(attempts,)] = svc.rows(database_url, query, report_id)
    return attempts
