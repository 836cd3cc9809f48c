"""The one door to raw SQL: runs the files of this folder, by name.

A file holds one statement and writes its parameters as psql does, `:'as_of'`;
here they become parameters of the driver. So the very file that runs in
production runs under `psql -v as_of=…` too. Lists are PostgreSQL arrays, None is
null, instants carry their zone. sql/README.md has the files in their order.
"""

import logging
import re
from collections import namedtuple
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from time import perf_counter

from django.db import connection
from psycopg2 import sql as compose

FOLDER = Path(__file__).parent
PARAMETER = re.compile(r":'(\w+)'")
HAS_PLAN = re.compile(
    r"\s*(select|with|insert|update|delete|create (?:temporary|unlogged) table)\b"
)
COPY_CHUNK = 1 << 20
KEY_OF = """
    select conname, pg_get_constraintdef(oid)
    from pg_constraint
    where conrelid = %s::regclass and contype = 'p'
"""

logger = logging.getLogger(__name__)
_explain = {}  # name -> what to call with its plan, while `explained` is open


@cache
def text(name):
    """The statement of `sql/<name>.sql` with the driver's parameter marks."""
    source = (FOLDER / f"{name}.sql").read_text()
    return PARAMETER.sub(r"%(\1)s", source.replace("%", "%%"))


def names():
    """Every file of this folder, as the name to call it by."""
    return sorted(str(p.relative_to(FOLDER))[:-4] for p in FOLDER.rglob("*.sql"))


def run(name, **parameters):
    """Run a file; return how many rows it wrote."""
    with _executed(name, parameters) as cursor:
        return cursor.rowcount


def rows(name, **parameters):
    """Run a query; return all its rows, each with its columns by name."""
    with _executed(name, parameters) as cursor:
        return list(_named(cursor))


def one(name, **parameters):
    """Run a query that finds exactly one row; return it."""
    [row] = rows(name, **parameters)
    return row


def stream(name, **parameters):
    """Run a query; yield its rows without ever holding all of them.

    Wants a transaction around it that lasts until the last row is read.
    """
    with _executed(name, parameters, connection.chunked_cursor) as cursor:
        yield from _named(cursor)


def copy_out(name, file, **parameters):
    """Write a query's rows to a binary file, as CSV with a header line."""
    if name in _explain:
        _show_plan(name, parameters)
    with connection.cursor() as cursor:
        query = cursor.mogrify(text(name), parameters).decode()
        command = f"copy ({query}) to stdout (format csv, header)"
        _copy(cursor, command, file)


def copy_in(table, file):
    """Fill a table from a binary file: CSV in UTF-8 without a header line.

    Returns how many rows it had.
    """
    command = compose.SQL("copy {} from stdin (format csv, encoding 'utf8')")
    with connection.cursor() as cursor:
        _copy(cursor, command.format(compose.Identifier(table)), file)
        return cursor.rowcount


def create_staging(table, columns):
    """Make an empty table of text columns that would not survive a crash."""
    fields = [compose.SQL("{} text").format(compose.Identifier(c)) for c in columns]
    command = compose.SQL("create unlogged table {} ({})")
    with connection.cursor() as cursor:
        cursor.execute(
            command.format(compose.Identifier(table), compose.SQL(", ").join(fields))
        )


@contextmanager
def key_built_last(table):
    """While open, a table that never had rows has no key; then it is built in one go.

    Rows go in faster without one, and what is written to a table of one's own
    transaction needs no log where the server keeps none for others. A table whose rows
    have only been deleted stays as it is: transactions that began before still see
    them, and would not after a truncate.
    """
    with connection.cursor() as cursor:
        names = {"table": compose.Identifier(table)}

        def execute(command):
            cursor.execute(compose.SQL(command).format(**names))

        cursor.execute("select pg_relation_size(%s::regclass)", [table])
        [size] = cursor.fetchone()
        if size > 0:
            yield
            return
        cursor.execute(KEY_OF, [table])
        name, definition = cursor.fetchone()
        names |= {"key": compose.Identifier(name), "as": compose.SQL(definition)}
        execute("truncate {table}")
        execute("alter table {table} drop constraint {key}")
        yield
        execute("alter table {table} add constraint {key} {as}")


def _copy(cursor, command, file):
    # Django turns the errors of all other calls into its own, but not of this one.
    with connection.wrap_database_errors:
        cursor.copy_expert(command, file, COPY_CHUNK)


@contextmanager
def explained(wanted, show):
    """While open, call `show(name, plan)` for each of the wanted files that runs.

    Gives the set of those that have run so far.
    """
    shown = set()

    def note(name, plan):
        shown.add(name)
        show(name, plan)

    _explain.update(dict.fromkeys(wanted, note))
    try:
        yield shown
    finally:
        _explain.clear()


@contextmanager
def _executed(name, parameters, open_cursor=None):
    # Not as the default: each thread has a connection of its own.
    open_cursor = open_cursor or connection.cursor
    began = perf_counter()
    has_run = name in _explain and _show_plan(name, parameters)
    with open_cursor() as cursor:
        if not has_run:
            cursor.execute(text(name), parameters)
        logger.debug("%s: %.3f s", name, perf_counter() - began)
        yield cursor


def _show_plan(name, parameters):
    """Show the plan of a statement that has one; tell if all of its work is done.

    A statement that writes has then run for good, so that the next ones find what it
    wrote; of a query the rows are still to be read.
    """
    kind = HAS_PLAN.match(re.sub(r"--.*", "", text(name)))
    if not kind:
        _explain[name](name, "(has no plan)")
        return False
    with connection.cursor() as cursor:
        cursor.execute(f"explain (analyze, buffers) {text(name)}", parameters)
        _explain[name](name, "\n".join(line for (line,) in cursor.fetchall()))
    return kind[1] not in ("select", "with")


def _named(cursor):
    row = None
    for values in cursor:
        row = row or namedtuple("Row", [column.name for column in cursor.description])
        yield row(*values)
