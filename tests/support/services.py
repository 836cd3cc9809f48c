"""Runs the service as `make serve` does, sends requests, and kills processes."""

import http.client
import itertools
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import namedtuple
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from unittest import mock
from urllib.parse import quote

import psutil

from restaurant_monitor.local import postgres
from tests.support import processes

HOST = "127.0.0.1"
TIMEOUT_SECONDS = 60  # only a test that hangs waits so long
REPORT_SECONDS = 2
HEARTBEAT_SECONDS = 5
ATTEMPTS = 5
NEWEST_POLL = datetime(2023, 1, 25, 23, 59, 52, 97753, UTC)
MICROSECONDS = itertools.count(1)
# All tests of the service send their requests as one user.
NO_LIMITS = {
    "REPORTS_PER_HOUR": "0",
    "UPLOADS_PER_HOUR": "0",
    "PUSHES_PER_MINUTE": "0",
    "CHANGES_PER_MINUTE": "0",
}
# All processes of a service have this variable in their environment, even orphans.
MARK = "SERVICE_UNDER_TEST"
UNREACHABLE = (OSError, http.client.HTTPException)

Service = namedtuple("Service", "process port database_url mark log")
Answer = namedtuple("Answer", "status headers body")
# The processes of a cluster: the sentinel is a child of `main`, all others are
# children of the sentinel.
Cluster = namedtuple("Cluster", "main sentinel workers monitor pusher")


# --- The service


@contextmanager
def filled_database():
    """Create a database with the sample data and an up-to-date timeline in it."""
    with processes.new_database() as database_url:
        fill(database_url)
        yield database_url


def add_admin(database_url, password):
    """Create the superuser `admin`, who logs in with this password."""
    with mock.patch.dict(os.environ, {"DJANGO_SUPERUSER_PASSWORD": password}):
        admin = ("createsuperuser", "--noinput", "--username=admin", "--email=")
        processes.run(database_url, *admin).check_returncode()


def fill(database_url):
    fixtures = processes.PROJECT / "fixtures"
    processes.run_in_fork(database_url, "ingest_csv", fixtures).check_returncode()
    processes.run_in_fork(database_url, "run_report").check_returncode()


@contextmanager
def own_postgres():
    """Run a PostgreSQL server for this test alone; yield its folder and a URL."""
    # Not tmp_path: its path is long, and as root it is private.
    with tempfile.TemporaryDirectory(prefix="service-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with postgres_in(folder / ".local") as database_url:
            yield folder / ".local", database_url


@contextmanager
def postgres_in(local):
    """Run a PostgreSQL server whose data is in this folder; yield a URL."""
    part = postgres.ensure_running(local)
    host = quote(part["HOST"], safe="")
    try:
        yield f"postgresql://{part['USER']}@{host}:{part['PORT']}/{part['NAME']}"
    finally:
        postgres.stop(local)


@contextmanager
def serving(database_url, **environment):
    """Run `manage.py serve`; yield it once it is ready; always end it."""
    port = free_port()
    words = [sys.executable, "manage.py", "serve", "--port", str(port)]
    with ended(start(database_url, port, words, **environment)) as service:
        wait_for("the web server answers", service, lambda: is_answering(service))
        wait_for("the cluster is complete", service, lambda: cluster_of(service))
        yield service


@contextmanager
def working(database_url, **environment):
    """Run `manage.py work` alone; yield it once it is ready; always end it."""
    words = [sys.executable, "manage.py", "work"]
    with ended(start(database_url, None, words, **environment)) as service:
        wait_for("the cluster is complete", service, lambda: cluster_of(service))
        yield service


@contextmanager
def web_server(database_url, **environment):
    """Run only gunicorn, as the documentation starts it; always end it."""
    port = free_port()
    command = web_command().replace("127.0.0.1:8000", f"{HOST}:{port}")
    words = [sys.executable, "-m", *shlex.split(command)]
    docs = "/api/docs/"  # it needs no database
    with ended(start(database_url, port, words, **environment)) as service:
        wait_for("gunicorn answers", service, lambda: ask_if_up(service, "GET", docs))
        yield service


@contextmanager
def ended(service):
    """Yield a service; end it, and show its log if something failed."""
    try:
        yield service
    except BaseException:
        print(f"--- log of {service.process.args}\n{log_of(service)}---")
        raise
    finally:
        end(service)


def start(database_url, port, words, **environment):
    mark = token_hex(8)
    log = tempfile.NamedTemporaryFile()  # noqa: SIM115, `end` closes it
    defaults = {
        "DATABASE_URL": database_url,
        "SECRET_KEY": os.environ.get("SECRET_KEY", processes.SECRET_KEY),
        "REPORT_SECONDS": str(REPORT_SECONDS),
        "HEARTBEAT_SECONDS": str(HEARTBEAT_SECONDS),
        **NO_LIMITS,
        MARK: mark,
    }
    process = subprocess.Popen(
        words,
        cwd=processes.PROJECT,
        env=os.environ | defaults | environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    return Service(process, port, database_url, mark, log)


def web_command():
    """Return the command of the web server in the documentation of operations."""
    text = (processes.PROJECT / "docs" / "operations.md").read_text()
    [command] = re.findall(r"^ExecStart=\S+/(gunicorn .*)$", text, re.MULTILINE)
    return command


def end(service):
    """Terminate the service as the system would, then kill what is left of it."""
    with closing(service.log):
        service.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            service.process.wait(TIMEOUT_SECONDS)
        kill(all_processes(service))
        service.process.wait()


def is_answering(service):
    answer = ask_if_up(service, "GET", "/api/reports")
    return answer is not None and answer.status == 200


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def log_of(service):
    with open(service.log.name, errors="replace") as log:
        return log.read()


def wait_for(what, service, condition, seconds=TIMEOUT_SECONDS):
    """Wait until the condition is true; return its value."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            tree = "\n".join(map(str, all_processes(service)))
            raise AssertionError(f"timed out before {what}; the processes are\n{tree}")
        time.sleep(0.05)
    return found


# --- Its API


def ask(service, method, path, body=None, headers=()):
    """Send a request; a body that is no bytes and no iterator is sent as JSON.

    It has an API key, if `headers` has no Authorization.
    """
    headers = processes.BEARER | dict(headers)
    if body is not None and not isinstance(body, (bytes, Iterator)):
        body = json.dumps(body).encode()
        headers.setdefault("Content-Type", "application/json")
    opened = http.client.HTTPConnection(HOST, service.port, timeout=TIMEOUT_SECONDS)
    with closing(opened) as connection:
        connection.request(
            method, path, body, headers, encode_chunked=isinstance(body, Iterator)
        )
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())


def ask_if_up(service, *arguments):
    """Send a request; return None if the web server does not answer."""
    try:
        return ask(service, *arguments)
    except UNREACHABLE:
        return None


def trigger(service, **body):
    """Request a report until the request is accepted; return its id."""

    def triggered():
        answer = ask_if_up(service, "POST", "/api/trigger_report", body)
        return answer and answer.status == 200 and json.loads(answer.body)

    answer = wait_for("a report can be asked for", service, triggered)
    assert answer["message"] == "Success"
    assert answer["error_code"] == 200
    return answer["report_id"]


def trigger_some(service, count):
    """Request different reports with the same figures; return their ids."""
    return [trigger(service, as_of=moment()) for _ in range(count)]


def moment():
    """Return another moment each time, so soon after the newest poll of the sample
    data that the figures are the same."""
    return (NEWEST_POLL + next(MICROSECONDS) * timedelta(microseconds=1)).isoformat()


def get_report(service, report_id):
    return ask_if_up(service, "GET", f"/api/get_report?report_id={report_id}")


def result(service, report_id):
    """Wait for the end of a report; return get_report's answer."""

    def ended():
        answer = get_report(service, report_id)
        if answer is None or answer.status == 503:
            return None  # the web server or the database is down for the moment
        assert answer.status == 200, answer
        if answer.headers.get_content_type() == "text/csv":
            return answer
        if json.loads(answer.body) == {"status": "Running"}:
            hurry(service.database_url)
            return None
        return answer

    return wait_for(f"report {report_id} ends", service, ended)


def resource(service, report_id):
    answer = ask(service, "GET", f"/api/reports/{report_id}")
    assert answer.status == 200, answer
    return json.loads(answer.body)


def expected_csv(database_url, *arguments):
    """Return the CSV of a report that run_report computes now."""
    done = processes.run_in_fork(database_url, "run_report", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.encode()


# --- Its database


def rows(database_url, query, *parameters):
    with processes.cursor_on(database_url) as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def hurry(database_url):
    """Let no job wait for its next attempt. That would take minutes."""
    for table in ("report", "ingest"):
        statement = f"update {table} set retry_at = now() where retry_at > now()"
        execute(database_url, statement)


@contextmanager
def timeline_held(database_url):
    """Hold the lock that every report needs first, so that all reports wait."""
    with processes.cursor_on(database_url) as cursor:
        # The previous holder may have been killed a moment ago.
        cursor.execute("select from timeline_state for update")
        yield cursor


def wait_until_busy(service, cursor, count=1):
    """Wait until `count` running reports wait for the lock of the timeline."""

    def are_busy():
        found = [q for q in processes.waiting(cursor) if "timeline_state" in q]
        return len(found) >= count

    wait_for(f"{count} workers are busy", service, are_busy)


def execute(database_url, statement, *parameters):
    with processes.cursor_on(database_url) as cursor:
        cursor.execute(statement, parameters)
        cursor.connection.commit()


# --- Its processes


def all_processes(service):
    """Return all descendants of the process of the service, orphans included."""
    return [p for p in psutil.process_iter() if mark_of(p) == service.mark]


def mark_of(process):
    try:
        return process.environ().get(MARK) if is_alive(process) else None
    except (psutil.Error, OSError):
        return None


def is_alive(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def running(service, *words):
    """Return the processes of the service with these words in their command."""
    return [p for p in all_processes(service) if set(words) <= set(command(p))]


def command(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def cluster_of(service):
    """Return the cluster; None unless there is exactly one and it is complete.

    The forked processes have the same name. Their start order identifies them, as
    long as the sentinel has not replaced any.
    """
    found = running(service, "qcluster")
    mains = [p for p in found if parent(p) not in found]
    if len(mains) != 1:
        return None
    sentinels = children(mains[0])
    if len(sentinels) != 1:
        return None
    forked = children(sentinels[0])
    if len(forked) != 4:
        return None
    return Cluster(mains[0], sentinels[0], forked[:2], *forked[2:])


def parent(process):
    try:
        return process.parent()
    except psutil.Error:
        return None


def children(process):
    try:
        found = [p for p in process.children() if is_alive(p)]
    except psutil.Error:
        return []
    return sorted(found, key=lambda child: child.pid)


def kill(victims, number=signal.SIGKILL):
    for victim in victims:
        with suppress(psutil.NoSuchProcess):
            victim.send_signal(number)


def kill_cluster(service, cursor):
    """Kill the cluster, and wait until its statements have left the lock queue.

    The next cluster may already wait for the same lock by then.
    """
    waited = processes.waiting_pids(cursor)
    kill(running(service, "qcluster"))
    wait_for(
        "its statements end",
        service,
        lambda: not waited & processes.waiting_pids(cursor),
    )


def members(cluster):
    return [
        cluster.main,
        cluster.sentinel,
        *cluster.workers,
        cluster.monitor,
        cluster.pusher,
    ]


def web_processes(service):
    """Return gunicorn's master and its workers, None unless it has two."""
    found = running(service, "gunicorn")
    masters = [p for p in found if parent(p) not in found]
    if len(masters) != 1 or len(workers := children(masters[0])) != 2:
        return None
    return masters[0], workers
