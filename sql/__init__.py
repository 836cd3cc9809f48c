"""Runs the SQL files of this folder, by name. All raw SQL of the project is here.

A file holds one statement. Its parameters are written as in psql, `:'as_of'`, and the
driver binds them. So the file that runs in production also runs under
`psql -v as_of=…`. Lists are PostgreSQL arrays, None is null, instants have a zone.
A parameter that the file's comment lists as optional is null if it is not given.
Commands that need no file (locks, settings, bulk tables) are in `verbs`.
"""

import logging
import re
from collections import namedtuple
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from time import perf_counter

from django.db import connection, transaction

from sql import cluster
from sql.verbs import (
    analyze,
    copy_binary_in,
    copy_in,
    count,
    create_staging,
    drop,
    drop_temporary,
    hold,
    hold_until_commit,
    key_built_last,
    limit_lock_waits,
    limit_statements,
    limit_statements_until_commit,
    lock_table,
    prepare_for_bulk_work,
    reason,
    release,
    setting,
    stand_in_for_staging,
    take_snapshot,
    use_one_snapshot,
)
from sql.verbs import copy as _copy

__all__ = [
    "analyze",
    "copy_binary_in",
    "copy_in",
    "copy_out",
    "count",
    "create_staging",
    "drop",
    "drop_temporary",
    "explained",
    "hold",
    "hold_until_commit",
    "key_built_last",
    "leave_empty",
    "limit_lock_waits",
    "limit_statements",
    "limit_statements_until_commit",
    "lock_table",
    "names",
    "one",
    "prepare_for_bulk_work",
    "reason",
    "release",
    "rows",
    "run",
    "setting",
    "stand_in",
    "stand_in_for_staging",
    "stream",
    "take_snapshot",
    "use_one_snapshot",
]

FOLDER = Path(__file__).parent
PARAMETER = re.compile(r":'(\w+)'")
OPTIONAL = re.compile(r"^-- Optional: ([\w, \n-]+)\.$", re.MULTILINE)
HAS_PLAN = re.compile(
    r"\s*(select|with|insert|update|delete|create (?:temporary|unlogged) table)\b"
)

logger = logging.getLogger(__name__)
_explain = {}  # name -> function to call with its plan, while `explained` is open


def names(folder=""):
    """Return the names of all files in a folder below this one."""
    files = (FOLDER / folder).rglob("*.sql")
    return sorted(str(p.relative_to(FOLDER))[:-4] for p in files)


def run(name, **parameters):
    """Run a file; return how many rows it wrote."""
    with _executed(name, parameters) as cursor:
        written = cursor.rowcount
    table = _spread_table(name)
    if table and written >= cluster.MANY_ROWS:
        analyze(table)
    return written


def stand_in(name, **parameters):
    """Run a file that makes a table, but make a view.

    That costs less if the rows are read once. A view has no plan to explain.
    """
    if _spread_table(name) or name in _explain:
        return run(name, **parameters)
    as_view = text(name).replace("create unlogged table", "create temporary view", 1)
    with connection.cursor() as cursor:
        cursor.execute(as_view, _complete(name, parameters))
    return None


def leave_empty(name, **parameters):
    """Stand in for a table that a file makes, if there are no rows.

    On a cluster a spread work table is there, and has no rows yet.
    """
    if not _spread_table(name):
        stand_in(name, **parameters)


def rows(name, **parameters):
    """Run a query; return all its rows, each with its columns by name."""
    with _executed(name, parameters) as cursor:
        return list(_named(cursor))


def one(name, **parameters):
    """Run a query that finds exactly one row; return it."""
    [row] = rows(name, **parameters)
    return row


def stream(name, **parameters):
    """Run a query; yield its rows without loading all of them at once.

    Needs a transaction around it that lasts until the last row is read.
    """
    with _executed(name, parameters, connection.chunked_cursor) as cursor:
        yield from _named(cursor)


def copy_out(name, file, **parameters):
    """Write a query's rows to a binary file, as CSV with a header line."""
    parameters = _complete(name, parameters)
    if name in _explain:
        _show_plan(name, parameters)
    with connection.cursor() as cursor:
        query = cursor.mogrify(_text(name), parameters).decode()
        _copy(cursor, f"copy ({query}) to stdout (format csv, header)", file)


def source(name):
    return (FOLDER / f"{name}.sql").read_text()


@cache
def text(name):
    """Return the statement of `sql/<name>.sql` with the driver's placeholders."""
    return PARAMETER.sub(r"%(\1)s", source(name).replace("%", "%%"))


@cache
def _adapted(name):
    return cluster.adapted(text(name))


def _spread_table(name):
    """Return the work table of a cluster that a file fills, if it fills one."""
    return cluster.work_table(text(name)) if connection.is_cluster else None


def _text(name):
    """Return the statement as it runs on the database at hand."""
    if table := _spread_table(name):
        connection.filled.add(table)
    return _adapted(name) if connection.is_cluster else text(name)


@cache
def optional(name):
    """Return the parameters that the comment of a file lists as optional."""
    found = OPTIONAL.search(source(name))
    return re.findall(r"\w+", found[1]) if found else []


def _complete(name, parameters):
    return dict.fromkeys(optional(name)) | parameters


@contextmanager
def explained(wanted, show):
    """While open, call `show(name, plan)` for each of the wanted files that runs.

    Yields the set of those that have run so far.
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
    # Not a default argument: each thread has its own connection.
    open_cursor = open_cursor or connection.cursor
    parameters = _complete(name, parameters)
    began = perf_counter()
    has_run = name in _explain and _show_plan(name, parameters)
    with open_cursor() as cursor:
        if not has_run:
            cursor.execute(_text(name), parameters)
        logger.debug("%s: %.3f s", name, perf_counter() - began)
        yield cursor


def _show_plan(name, parameters):
    """Show the plan of a statement, if it has one; return if its work is done.

    `explain analyze` executes a statement that writes, so the next ones find what it
    wrote. The rows of a query must still be read. On a cluster nothing is executed:
    Citus cannot analyze all statements that write.
    """
    kind = HAS_PLAN.match(re.sub(r"--.*", "", text(name)))
    if not kind:
        _explain[name](name, "(has no plan)")
        return False
    is_executed = not connection.is_cluster
    how = "analyze, buffers" if is_executed else "costs off"
    # Undone, so that Citus can still choose where it executes the statement.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"explain ({how}) {_text(name)}", parameters)
        _explain[name](name, "\n".join(line for (line,) in cursor.fetchall()))
        transaction.set_rollback(not is_executed)
    return is_executed and kind[1] not in ("select", "with")


def _named(cursor):
    row = None
    for values in cursor:
        row = row or namedtuple("Row", [column.name for column in cursor.description])
        yield row(*values)
