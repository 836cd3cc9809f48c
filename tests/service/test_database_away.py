"""The web server while the database is away: 503, and one line in the log."""

import re
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from restaurant_monitor.local import postgres
from tests.service.answers import check_is_unavailable
from tests.support import processes, services

ID = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
STORE = "/api/stores/1"
JSON = {"Content-Type": "application/json"}
HOURS = b'{"hours": []}'
FORM = (
    b"--b\r\nContent-Disposition: form-data; name=hours; filename=a\r\n\r\n"
    b"store_id,day,start_time_local,end_time_local\r\n--b--\r\n"
)
POLL = b'{"store_id": "1", "status": "active", "timestamp_utc": "2023-01-25 12:00:00"}'
REQUESTS = [
    ("POST", "/api/trigger_report", b"", {}),
    ("POST", "/trigger_report", b"", {}),
    ("GET", f"/api/get_report?report_id={ID}", None, {}),
    ("GET", f"/api/download/{ID}", None, {}),
    ("GET", "/api/reports", None, {}),
    ("POST", "/api/reports", b"{}", JSON),
    ("GET", f"/api/reports/{ID}", None, {}),
    ("DELETE", f"/api/reports/{ID}", None, {}),
    ("GET", f"/api/reports/{ID}/rows", None, {"Accept": "text/csv"}),
    ("GET", "/api/ingests", None, {}),
    ("POST", "/api/ingests", FORM, {"Content-Type": "multipart/form-data; boundary=b"}),
    ("GET", f"/api/ingests/{ID}", None, {}),
    ("GET", f"/api/ingests/{ID}/rejects", None, {}),
    ("POST", "/api/polls", POLL, JSON),
    ("GET", "/api/outages", None, {}),
    ("GET", "/api/uptime", None, {}),
    ("GET", "/api/stores", None, {}),
    ("POST", "/api/stores", b'{"store_id": "2"}', JSON),
    ("GET", STORE, None, {}),
    ("PATCH", STORE, b'{"display_name": "One"}', JSON),
    ("DELETE", STORE, None, {}),
    ("GET", f"{STORE}/hours", None, {}),
    ("PUT", f"{STORE}/hours", HOURS, JSON),
    ("GET", f"{STORE}/special-hours", None, {}),
    ("PUT", f"{STORE}/special-hours/2023-01-25", HOURS, JSON),
    ("DELETE", f"{STORE}/special-hours/2023-01-25", None, {}),
    ("GET", f"{STORE}/uptime", None, {}),
    ("GET", f"{STORE}/timeline", None, {}),
    ("GET", f"{STORE}/outages", None, {}),
    ("GET", f"{STORE}/polls", None, {}),
]
COOKIE = {"Cookie": "sessionid=of-somebody"}


def lines(service):
    """Return the lines of the log, without those of gunicorn about its processes."""
    written = services.log_of(service).splitlines()
    return [line for line in written if " gunicorn.error: " not in line]


def check_logged(service, before, paths):
    """Each of the requests wrote one line, which names its address and the reason."""
    written = lines(service)[before:]
    assert len(written) == len(paths), written
    for path, line in zip(paths, written, strict=True):
        address = re.escape(path.partition("?")[0])
        assert re.search(rf" {address} 503 in .* s: .*connection", line), line


def test_every_answer_says_that_the_database_is_away():
    with services.own_postgres() as (local, database_url):
        processes.with_account(database_url)
        with services.web_server(database_url) as service:
            assert services.ask(service, "GET", "/api/stores").status == 200
            postgres.stop(local)
            before = len(lines(service))
            for request in REQUESTS:
                check_is_unavailable(services.ask(service, *request), "database")
            check_logged(service, before, [path for _, path, *_ in REQUESTS])
            check_pages(service)
            postgres.ensure_running(local)
            assert services.ask(service, "GET", "/api/stores").status == 200


def check_pages(service):
    before = len(lines(service))
    for path in ("/admin/", "/admin/stores/store/"):
        page = services.ask(service, "GET", path, headers=COOKIE)
        assert page.status == 503
        assert page.headers.get_content_type() == "text/html"
        assert int(page.headers["Retry-After"]) > 0
        assert b"The database cannot be reached" in page.body
    check_logged(service, before, ["/admin/", "/admin/stores/store/"])
    for path in ("/api/docs/", "/login/", "/favicon.ico"):
        assert services.ask(service, "GET", path).status == 200


def test_a_request_whose_connection_drops_says_so(database_url):
    with (
        services.web_server(database_url) as service,
        processes.cursor_on(database_url) as cursor,
        ThreadPoolExecutor() as threads,
    ):
        before = len(lines(service))
        paths = ["/api/stores", "/api/stores/1", "/api/outages"]
        cursor.execute("lock table store, timeline_state in access exclusive mode")
        asked = [threads.submit(services.ask, service, "GET", path) for path in paths]
        processes.wait_for(lambda: len(processes.waiting(cursor)) == len(paths))
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and wait_event_type = 'Lock'"
        )
        for one in asked:
            check_is_unavailable(one.result(), "database")
        cursor.connection.rollback()
        written = lines(service)[before:]
        assert len(written) == len(paths), written
        for path in ("/api/stores", "/api/stores", "/api/stores"):
            assert services.ask(service, "GET", path).status == 200


@pytest.fixture
def silent_url():
    """A URL of a database server that takes connections and never says anything."""
    with socket.socket() as listener:
        listener.bind((services.HOST, 0))
        listener.listen()
        port = listener.getsockname()[1]
        yield f"postgresql://nobody@{services.HOST}:{port}/nothing"


def test_a_server_that_does_not_answer_is_not_waited_for_long(silent_url):
    with services.web_server(f"{silent_url}?connect_timeout=2") as service:
        before = len(lines(service))
        answer = services.ask(service, "GET", "/api/stores")
        check_is_unavailable(answer, "database")
        [line] = lines(service)[before:]
        assert "timeout expired" in line


def test_a_host_that_vanished_is_not_waited_for_long(silent_url):
    """The settings are the driver's. A test cannot switch off a host."""
    script = (
        "import django; django.setup(); from django.conf import settings; "
        "options = settings.DATABASES['default']['OPTIONS']; "
        "print(options['connect_timeout'], options['tcp_user_timeout'])"
    )
    with processes.started(silent_url, script=script) as process:
        assert processes.wait_for_end(process).stdout == "5 20000\n"
    given = f"{silent_url}?connect_timeout=9"
    with processes.started(given, script=script) as process:
        assert processes.wait_for_end(process).stdout == "9 20000\n"


def test_a_connection_is_refused(silent_url):
    with closing(socket.socket()) as free:
        free.bind((services.HOST, 0))
        port = free.getsockname()[1]
    with services.web_server(f"postgresql://a@{services.HOST}:{port}/b") as service:
        before = len(lines(service))
        check_is_unavailable(services.ask(service, "GET", "/api/stores"), "database")
        check_logged(service, before, ["/api/stores"])
