"""Runs manage.py in processes of their own, on a database of their own."""

import os
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from secrets import token_hex
from urllib.parse import quote

import psycopg2
from django.db import connection

PROJECT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60  # seconds; only what hangs ever waits so long


def url(database):
    """Name a database of the server that the tests use."""
    part = {name: quote(str(text)) for name, text in connection.settings_dict.items()}
    host = part["HOST"].replace("/", "%2F")
    password = part["PASSWORD"] and f":{part['PASSWORD']}"
    port = part["PORT"] and f":{part['PORT']}"
    return f"postgresql://{part['USER']}{password}@{host}{port}/{database}"


@contextmanager
def new_database():
    """Create a database with empty tables, yield its URL, and drop it."""
    name = f"ingest_{os.getpid()}_{token_hex(4)}"
    with closing(psycopg2.connect(url("postgres"))) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute(f"create database {name} template template0")
            try:
                finished(url(name), "migrate", "-v", "0").check_returncode()
                yield url(name)
            finally:
                cursor.execute(f"drop database {name} with (force)")


@contextmanager
def cursor_on(database_url):
    """Open a transaction in the database, yield its cursor, and roll it back."""
    options = "-c timezone=UTC"  # whatever the server prefers
    opened = psycopg2.connect(database_url, options=options)
    with closing(opened), opened.cursor() as cursor:
        yield cursor


@contextmanager
def started(database_url, *arguments, script=None, **options):
    """Start `manage.py`, or another script; yield the Popen, and leave none behind."""
    program = ["manage.py"] if script is None else ["-c", script]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    variables = {
        "DATABASE_URL": database_url,
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


def ended(process):
    """Wait for a process; return what it said and how it ended."""
    stdout, stderr = process.communicate(timeout=PATIENCE)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def finished(database_url, *arguments):
    """Run `manage.py` with these arguments to its end."""
    with started(database_url, *arguments) as process:
        return ended(process)


def wait_for(condition):
    """Return what the condition finds as soon as it finds something."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
    return found


def statements(cursor):
    """Return what the other connections of the database are doing just now.

    As rows of their process, what they wait for ("Lock", "Client" and so on, or
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


def content(cursor):
    """Return all rows of each table, as text: infinity is no moment to Python."""
    cursor.execute(
        "select tablename from pg_tables "
        "where schemaname = 'public' and tablename not like 'django%'"
    )
    return {table: rows(cursor, table) for (table,) in cursor.fetchall()}


def rows(cursor, table):
    cursor.execute(f"select t::text from {table} as t order by 1")
    return [row for (row,) in cursor.fetchall()]
