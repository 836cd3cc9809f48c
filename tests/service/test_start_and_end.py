"""How the service starts, ends, and recovers."""

import signal
import socket
from contextlib import closing

import psutil
import psycopg2
import pytest

from restaurant_monitor.local import postgres
from tests.service.answers import check_is_unavailable
from tests.support import processes, services


def test_a_port_in_use_is_a_clear_error(database_url):
    with socket.socket() as listener:
        listener.bind((services.HOST, 0))
        listener.listen()
        port = listener.getsockname()[1]
        done = processes.run(database_url, "serve", "--port", port)
    assert done.returncode == 1
    assert done.stderr.startswith(f"CommandError: port {port} ")
    assert "--port" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("port", [-1, 65536])
def test_an_invalid_port_is_a_clear_error(database_url, port):
    done = processes.run(database_url, "serve", f"--port={port}")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert str(port) in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_after_the_running_reports(database_url, expected, number):
    with services.serving(database_url, REPORT_SECONDS="20") as service:
        with services.timeline_held(database_url) as cursor:
            report_id = services.trigger(service)
            services.wait_until_busy(service, cursor)
            service.process.send_signal(number)
            services.wait_for(
                "the web server ends", service, lambda: is_closed(service)
            )
        assert service.process.wait(services.TIMEOUT_SECONDS) == 0
        assert services.all_processes(service) == []
    state = "select state, attempts from report where report_id = %s"
    assert services.rows(database_url, state, report_id) == [("complete", 1)]
    with services.serving(database_url) as service:
        assert services.result(service, report_id).body == expected


def is_closed(service):
    return services.ask_if_up(service, "GET", "/api/reports") is None


@pytest.fixture
def own_database_url(filled_database):
    """A database that no other service uses."""
    with processes.new_database(like=filled_database) as new_url:
        yield new_url


def test_requested_reports_survive_a_kill_and_a_new_secret_key(
    own_database_url, expected
):
    """All processes are killed; the next service cannot read the queued messages."""
    database_url = own_database_url
    with (
        services.timeline_held(database_url) as cursor,
        services.serving(
            database_url, SECRET_KEY="the first key " * 4, REPORT_SECONDS="20"
        ) as service,
    ):
        report_ids = services.trigger_some(service, 4)
        services.wait_until_busy(service, cursor, count=2)
        services.kill(services.all_processes(service))
    with services.serving(database_url, SECRET_KEY="another key " * 5) as service:
        for report_id in report_ids:
            assert services.result(service, report_id).body == expected
        attempts = [services.resource(service, one)["attempts"] for one in report_ids]
        # Two were running; a third may have started during the kill.
        assert sorted(attempts)[2:] == [2, 2]


def test_it_recovers_when_postgresql_comes_back(expected):
    with services.own_postgres() as (local, database_url):
        processes.with_account(database_url)
        services.fill(database_url)
        with services.serving(database_url, REPORT_SECONDS="20") as service:
            for stop in (postgres.stop, kill_postmaster):
                before = services.trigger_some(service, 3)
                # The reports wait for this lock until the server stops.
                with closing(psycopg2.connect(database_url)) as holder:
                    holder.cursor().execute("select from timeline_state for update")
                    during = services.trigger_some(service, 3)
                    stop(local)
                answer = services.ask(service, "GET", "/api/reports")
                check_is_unavailable(answer, "database")
                postgres.ensure_running(local)
                after = services.trigger_some(service, 3)
                for report_id in before + during + after:
                    assert services.result(service, report_id).body == expected


def kill_postmaster(local):
    """Kill the server's first process, and wait for the others to see it and end.

    Until then a connection that was open may still get an answer.
    """
    postmaster = psutil.Process(postgres.server_pid(local))
    others = postmaster.children()
    postmaster.kill()
    processes.wait_for(lambda: not any(map(services.is_alive, [postmaster, *others])))
