"""SIGTERM ends the service, whoever gets it, and no job is left without a worker.

systemd sends it to all processes of a unit or, with KillMode=mixed, to the main one.
"""

import signal
from uuid import uuid4

import pytest

from tests.support import processes, services
from tests.support.pushes import A9, as_csv

MAIN, ALL = "main", "all"
LONG = {"REPORT_SECONDS": "120"}  # longer than a test waits for the end
NEW_REPORT = """
    insert into report (report_id, state, requested_at, attempts, error, request_id)
    values (%s, 'queued', now(), 0, '', '')
"""
NEW_INGEST = """
    with ingest as (
        insert into ingest (
            ingest_id, state, requested_at, attempts, error, files, counts, reasons,
            rejected, warnings, hours_removed, labels_removed, max_rejects, step,
            bytes_read, bytes_total, request_id, columns
        )
        values (
            %s, 'queued', now(), 0, '', '{"status": "s.csv"}', '{}', '[]',
            0, '[]', 0, 0, '1%%', 'reading', 0, 0, '', '{}'
        )
        returning ingest_id
    )
    insert into ingest_chunk (ingest_id, kind, number, data)
    select ingest_id, 'status', 0, %s from ingest
"""
# Each waits for the lock of the other in its first statement.
HELD_BEFORE_A_REPORT = "select from timeline_state for update"
HELD_BEFORE_AN_INGEST = "lock table store in share row exclusive mode"


@pytest.fixture
def database_url(filled_database):
    """A database of this test alone."""
    with processes.new_database(like=filled_database) as new_url:
        yield new_url


def new_report(database_url):
    report_id = str(uuid4())
    services.execute(database_url, NEW_REPORT, report_id)
    return report_id


def new_ingest(database_url):
    ingest_id = str(uuid4())
    services.execute(database_url, NEW_INGEST, ingest_id, as_csv(A9).encode())
    return ingest_id


def report(database_url, report_id):
    query = "select state, attempts, error from report where report_id = %s"
    return services.rows(database_url, query, report_id)[0]


def ingest(database_url, ingest_id):
    query = "select state, attempts, error from ingest where ingest_id = %s"
    return services.rows(database_url, query, ingest_id)[0]


def terminate(service, receivers):
    """Send SIGTERM to the main process or to all at once."""
    found = services.all_processes(service) if receivers == ALL else [service.process]
    services.kill(found, signal.SIGTERM)


def check_it_ends(service):
    assert service.process.wait(services.TIMEOUT_SECONDS) == 0, services.log_of(service)
    assert services.all_processes(service) == []


@pytest.mark.parametrize("run", [services.working, services.serving])
@pytest.mark.parametrize("receivers", [MAIN, ALL])
def test_it_ends_when_it_has_no_job(database_url, run, receivers):
    with run(database_url, **LONG) as service:
        terminate(service, receivers)
        check_it_ends(service)
        assert "Traceback" not in services.log_of(service)


@pytest.mark.parametrize("run", [services.working, services.serving])
@pytest.mark.parametrize("receivers", [MAIN, ALL])
def test_jobs_that_do_not_end_in_time_are_queued_again(database_url, run, receivers):
    """The attempts do not count, and the next worker takes the jobs."""

    def jobs():
        return report(database_url, report_id), ingest(database_url, ingest_id)

    with (
        run(database_url, **LONG) as service,
        processes.cursor_on(database_url) as cursor,
    ):
        cursor.execute(HELD_BEFORE_A_REPORT)
        cursor.execute(HELD_BEFORE_AN_INGEST)
        report_id, ingest_id = new_report(database_url), new_ingest(database_url)
        services.wait_for(
            "both wait", service, lambda: len(processes.waiting(cursor)) == 2
        )
        terminate(service, receivers)
        check_it_ends(service)
        assert jobs() == (("queued", 0, ""), ("queued", 0, ""))
        assert processes.waiting(cursor) == []
    with services.working(database_url) as service:
        ended = ("complete", 1, "")
        services.wait_for("they end", service, lambda: jobs() == (ended, ended))


def test_a_job_that_ends_in_time_is_finished(database_url):
    with services.working(database_url, **LONG) as service:
        with processes.cursor_on(database_url) as cursor:
            cursor.execute(HELD_BEFORE_A_REPORT)
            report_id = new_report(database_url)
            services.wait_for("it waits", service, lambda: processes.waiting(cursor))
            terminate(service, MAIN)
        check_it_ends(service)
    assert report(database_url, report_id) == ("complete", 1, "")


def test_a_stop_while_postgresql_is_away_ends(database_url):
    with services.own_postgres() as (local, url):
        processes.run(url, "migrate", "-v", "0").check_returncode()
        with services.working(url) as service:
            services.postgres.stop(local)
            services.wait_for(
                "the worker sees it",
                service,
                lambda: "no database" in services.log_of(service),
            )
            terminate(service, ALL)
            check_it_ends(service)
