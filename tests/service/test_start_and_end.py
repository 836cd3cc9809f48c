"""How the service begins and ends, and what outlives it and its database."""

import signal
import socket
from contextlib import closing

import psutil
import psycopg2
import pytest

from restaurant_monitor.local import postgres
from tests.service.answers import check_is_problem
from tests.support import processes
from tests.support import service as svc


def test_a_taken_port_is_a_clear_error(database_url):
    with socket.socket() as taken:
        taken.bind((svc.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = processes.finished(database_url, "serve", "--port", port)
    assert done.returncode == 1
    assert done.stderr.startswith(f"CommandError: port {port} ")
    assert "--port" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_is_none_is_a_clear_error(database_url, port):
    done = processes.finished(database_url, "serve", f"--port={port}")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert str(port) in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ends_when_the_reports_at_hand_are_done(database_url, expected, number):
    with svc.serving(database_url, REPORT_SECONDS="20") as service:
        with svc.timeline_held(database_url) as cursor:
            report_id = svc.trigger(service)
            svc.wait_until_busy(service, cursor)
            service.process.send_signal(number)
            svc.wait_for("the web server ends", service, lambda: is_closed(service))
        assert service.process.wait(svc.PATIENCE) == 0
        assert svc.family(service) == []
    state = "select state, attempts from report where report_id = %s"
    assert svc.rows(database_url, state, report_id) == [("complete", 1)]
    with svc.serving(database_url) as service:
        assert svc.result(service, report_id).body == expected


def is_closed(service):
    return svc.tried(service, "GET", "/api/reports") is None


@pytest.fixture
def own_database_url(filled_database):
    """A database that no other service is at."""
    with processes.new_database(like=filled_database) as new_url:
        yield new_url


def test_what_was_asked_for_outlives_the_service_and_its_key(
    own_database_url, expected
):
    """All is killed at once, and the next one cannot read the queue's messages."""
    database_url = own_database_url
    with (
        svc.timeline_held(database_url) as cursor,
        svc.serving(database_url, SECRET_KEY="one", REPORT_SECONDS="20") as service,
    ):
        report_ids = [svc.trigger(service) for _ in range(4)]
        svc.wait_until_busy(service, cursor, count=2)
        svc.kill(svc.family(service))
    with svc.serving(database_url, SECRET_KEY="another") as service:
        for report_id in report_ids:
            assert svc.result(service, report_id).body == expected
        attempts = [svc.resource(service, one)["attempts"] for one in report_ids]
        # Two were being computed; a third may have been begun amid the killing.
        assert sorted(attempts)[2:] == [2, 2]


def test_recovers_when_postgresql_comes_back(expected):
    with svc.own_postgres() as (local, database_url):
        processes.forked(database_url, "migrate", "-v", "0").check_returncode()
        svc.fill(database_url)
        with svc.serving(database_url, REPORT_SECONDS="20") as service:
            for stop in (postgres.stop, kill_postmaster):
                before = [svc.trigger(service) for _ in range(3)]
                # It goes with the server; until then the reports wait for it.
                with closing(psycopg2.connect(database_url)) as holder:
                    holder.cursor().execute("select from timeline_state for update")
                    during = [svc.trigger(service) for _ in range(3)]
                    stop(local)
                answer = svc.ask(service, "GET", "/api/reports")
                check_is_problem(answer, 500)
                postgres.ensure_running(local)
                after = [svc.trigger(service) for _ in range(3)]
                for report_id in before + during + after:
                    assert svc.result(service, report_id).body == expected


def kill_postmaster(local):
    """Kill the server's first process, and wait for the others to see it and end.

    Until then a connection that was open may still get an answer.
    """
    postmaster = psutil.Process(postgres.server_pid(local))
    others = postmaster.children()
    postmaster.kill()
    processes.wait_for(lambda: not any(map(svc.is_alive, [postmaster, *others])))
