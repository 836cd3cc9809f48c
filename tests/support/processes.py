"""Runs manage.py in separate processes, on a separate database."""

import atexit
import json
import os
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from urllib.parse import quote

import psycopg2
from django.db import connection

from tests.support import cluster

PROJECT = Path(__file__).resolve().parent.parent.parent
TIMEOUT_SECONDS = 60  # only a test that hangs waits so long
SECRET_KEY = "a key for tests only, used if the environment has no key"
# The API key of a user who may do everything, in the databases made here.
API_KEY = "rm_ofatests_TheseAreTheFortyTwoCharactersOfAKeyOfTests"
BEARER = {"Authorization": f"Bearer {API_KEY}"}
ACCOUNT = """
with account as (
    insert into auth_user (
        username, password, is_superuser, is_staff, is_active,
        first_name, last_name, email, date_joined
    )
    values ('tests', '!', true, true, true, '', '', '', now())
    returning id
)

insert into api_key (key_id, user_id, name, prefix, digest, created_at)
select gen_random_uuid(), account.id, 'tests', %s, %s, now() from account
"""


def url(database):
    """Return the URL of a database on the server that the tests use."""
    part = {name: quote(str(text)) for name, text in connection.settings_dict.items()}
    host = part["HOST"].replace("/", "%2F")
    password = part["PASSWORD"] and f":{part['PASSWORD']}"
    port = part["PORT"] and f":{part['PORT']}"
    return f"postgresql://{part['USER']}{password}@{host}{port}/{database}"


@contextmanager
def new_database(like=None, set_up=None):
    """Create a database, yield its URL, and drop it.

    It has the tables of `set_up`, or is a copy of another one. Copying needs a database
    without connections.
    """
    template = like.rpartition("/")[2] if like else "template0"
    name = f"ingest_{os.getpid()}_{token_hex(4)}"
    with cluster.created(name, template):
        if not like:
            (set_up or with_account)(url(name))
        yield url(name)


def with_tables(database_url):
    """Create empty tables."""
    cluster.join(database_url)
    run(database_url, "migrate", "-v", "0").check_returncode()
    if cluster.URL:
        run(database_url, "distribute").check_returncode()


def with_account(database_url):
    """Create the tables. They are empty but for the user of API_KEY."""
    with_tables(database_url)
    with cursor_on(database_url) as cursor:
        digest = sha256(API_KEY.encode()).hexdigest()
        cursor.execute(ACCOUNT, [API_KEY[: API_KEY.rindex("_")], digest])
        cursor.connection.commit()


@contextmanager
def cursor_on(database_url):
    """Open a transaction in the database, yield its cursor, and roll it back."""
    options = "-c timezone=UTC"  # whatever the default of the server is
    opened = psycopg2.connect(database_url, options=options)
    with closing(opened), opened.cursor() as cursor:
        yield cursor


@contextmanager
def started(database_url, *arguments, script=None, **options):
    """Start `manage.py`, or another script; yield the Popen; always end it."""
    program = ["manage.py"] if script is None else ["-c", script]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    variables = {
        "DATABASE_URL": database_url,
        "SECRET_KEY": os.environ.get("SECRET_KEY", SECRET_KEY),
        "DJANGO_SETTINGS_MODULE": "restaurant_monitor.settings",
    }
    with subprocess.Popen(
        [sys.executable, *program, *map(str, arguments)],
        cwd=PROJECT,
        env=os.environ | variables,
        text=True,
        **options,
    ) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


def wait_for_end(process):
    """Wait for a process; return its output and exit code."""
    stdout, stderr = process.communicate(timeout=TIMEOUT_SECONDS)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def run(database_url, *arguments):
    """Run `manage.py` with these arguments to its end."""
    with started(database_url, *arguments) as process:
        return wait_for_end(process)


# Reads commands from stdin, each as a line of JSON. It runs each in a fork, so that
# each has its own process and none has to import the project again.
FORK_SERVER = """
import json
import os
import signal
import sys
import tempfile
import traceback
import dj_database_url
import django
from django.core.management import ManagementUtility
from django.db import connection

def run(database_url, timeout, arguments):
    signal.alarm(timeout)
    os.environ["DATABASE_URL"] = database_url
    connection.settings_dict |= dj_database_url.parse(database_url)
    ManagementUtility(["manage.py", *arguments]).execute()

def forked(asked, out, err):
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code = 1
    try:
        for number, file in enumerate((empty, out, err)):
            os.dup2(file.fileno(), number)
        run(*asked)
        code = 0
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)

django.setup()
for name in ("ingest_csv", "run_report"):
    ManagementUtility().fetch_command(name)
with open(os.devnull) as empty:
    for line in sys.stdin:
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            code = forked(json.loads(line), out, err)
            out.seek(0)
            err.seek(0)
            print(json.dumps([code, out.read(), err.read()]), flush=True)
"""


@cache
def fork_server():
    process = subprocess.Popen(
        [sys.executable, "-c", FORK_SERVER],
        cwd=PROJECT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "restaurant_monitor.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.communicate)  # closes its stdin, which ends it
    return process


def run_in_fork(database_url, *arguments):
    """Run `manage.py` to its end as `run` does, but without its startup time."""
    arguments = [str(argument) for argument in arguments]
    asked = [database_url, TIMEOUT_SECONDS, arguments]
    print(json.dumps(asked), file=fork_server().stdin, flush=True)
    code, stdout, stderr = json.loads(fork_server().stdout.readline())
    return subprocess.CompletedProcess(arguments, code, stdout, stderr)


def wait_for(condition):
    """Wait until the condition is true; return its value."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.01)
    return found


def statements(cursor):
    """Return the current statements of the other connections to the database.

    Each row has the process id, what it waits for ("Lock", "Client" and so on, or
    None) and the statement.
    """
    cursor.execute("select pg_stat_clear_snapshot()")
    cursor.execute(
        "select pid, wait_event_type, query from pg_stat_activity "
        "where datname = current_database() and pid != pg_backend_pid()"
    )
    return cursor.fetchall()


def waiting(cursor):
    """Return the statements of other connections that wait for a lock."""
    return [query for _, wait, query in statements(cursor) if wait == "Lock"]


def waiting_pids(cursor):
    return {pid for pid, wait, _ in statements(cursor) if wait == "Lock"}


def content(cursor):
    """Return all rows of each table, as text: Python has no infinite datetime."""
    cursor.execute(
        "select tablename from pg_tables "
        "where schemaname = 'public' and tablename not like 'django%'"
    )
    return {table: rows(cursor, table) for (table,) in cursor.fetchall()}


def rows(cursor, table):
    cursor.execute(f"select t::text from {table} as t order by 1")
    return [row for (row,) in cursor.fetchall()]
