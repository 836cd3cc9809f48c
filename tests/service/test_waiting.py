"""Requests that wait neither wait for ever nor take all threads of the web server."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.service.answers import check_is_unavailable
from tests.support import processes, services
from tests.support.pushes import A9, CSV, PUSH, as_csv

READS = ["/api/stores?page_size=1", "/api/stores/1182871983617081470/uptime"]
SHOW = """
import django
django.setup()
{first}
from django.db import connection
for name in ("statement_timeout", "lock_timeout"):
    with connection.cursor() as cursor:
        cursor.execute(f"show {{name}}")
        print(cursor.fetchone()[0])
"""


@pytest.fixture
def ingest_running(database_url):
    """Hold the lock that every ingest holds until its end."""
    with processes.cursor_on(database_url) as cursor:
        cursor.execute("lock table store in share row exclusive mode")
        yield cursor


def push(service, number):
    body = as_csv(A9 | {"store_id": f"pushed {number}"}).encode()
    return services.ask(service, "POST", PUSH, body, {"Content-Type": CSV})


def check_reads(service):
    with ThreadPoolExecutor(4) as threads:
        asked = [
            threads.submit(services.ask, service, "GET", path) for path in READS * 10
        ]
        assert {one.result().status for one in asked} == {200}


def test_pushes_behind_an_ingest_leave_threads_for_readers(
    database_url, ingest_running
):
    """Two processes with four threads each: two of four may wait."""
    with ExitStack() as stack:
        service = stack.enter_context(services.web_server(database_url))
        threads = stack.enter_context(ThreadPoolExecutor(16))
        stack.callback(ingest_running.connection.rollback)
        pushes = [threads.submit(push, service, number) for number in range(16)]
        services.wait_for(
            "the others are refused",
            service,
            lambda: sum(one.done() for one in pushes) >= 12,
        )
        assert 1 <= len(processes.waiting(ingest_running)) <= 4
        check_reads(service)
        waiting = [one for one in pushes if not one.done()]
        assert 1 <= len(waiting) <= 4  # the reads did not wait for their end
        for one in pushes:
            if one.done():
                check_is_unavailable(one.result(), "waiting")

        ingest_running.connection.rollback()
        assert {one.result().status for one in waiting} == {201}
        assert push(service, 16).status == 201


def test_a_request_that_takes_too_long_is_a_503(database_url):
    """The worker has no such limit: its report waits as long, and completes."""
    with (
        services.serving(
            database_url, REQUEST_SECONDS="1", REPORT_SECONDS="60"
        ) as service,
        services.timeline_held(database_url) as cursor,
    ):
        report_id = services.trigger(service)
        services.wait_until_busy(service, cursor)
        cursor.execute("lock table store in access exclusive mode")
        for _ in range(2):
            answer = services.ask(service, "GET", "/api/stores")
            check_is_unavailable(answer, "too long")
        cursor.connection.rollback()
        assert services.ask(service, "GET", "/api/stores").status == 200
        report = services.result(service, report_id)
        assert report.headers.get_content_type() == "text/csv"
        assert services.resource(service, report_id)["attempts"] == 1
        log = services.log_of(service).splitlines()
        written = [line for line in log if " GET /api/stores 503 in " in line]
        assert len(written) == 2


@pytest.mark.parametrize(
    ("first", "limits"),
    [
        ("import restaurant_monitor.wsgi", "30s\n20s\n"),
        ("", "0\n0\n"),
    ],
    ids=["web", "command"],
)
def test_only_the_web_server_limits_its_statements_and_locks(
    database_url, first, limits
):
    script = SHOW.format(first=first)
    with processes.started(database_url, script=script) as process:
        done = processes.wait_for_end(process)
    assert done.stdout == limits, done.stderr
