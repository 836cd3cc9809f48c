"""The one door to raw SQL: runs the files of this folder, by name.

A file holds one statement. It writes its parameters as psql does, `:'as_of'`, and here
they become parameters of the driver: the very file that runs in production runs under
`psql -v as_of=…` too. Lists are PostgreSQL arrays, None is null, instants have a zone.
A parameter that the file's comment lists as optional is null if it is not given.
What needs no file, such as locks, settings and bulk tables, is in `verbs`.
"""

import logging
import re
from collections import namedtuple
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from time import perf_counter

from django.db import connection

from sql.verbs import (
    analyze,
    copy_in,
    create_staging,
    drop,
    drop_temporary,
    hold,
    hold_until_commit,
    key_built_last,
    limit_lock_waits,
    limit_statements,
    lock_table,
    prepare_for_bulk_work,
    release,
    see_one_moment,
)
from sql.verbs import copy as _copy

__all__ = [
    "analyze",
    "copy_in",
    "copy_out",
    "create_staging",
    "drop",
    "drop_temporary",
    "explained",
    "hold",
    "hold_until_commit",
    "key_built_last",
    "limit_lock_waits",
    "limit_statements",
    "lock_table",
    "names",
    "one",
    "prepare_for_bulk_work",
    "release",
    "rows",
    "run",
    "see_one_moment",
    "stream",
]

FOLDER = Path(__file__).parent
PARAMETER = re.compile(r":'(\w+)'")
OPTIONAL = re.compile(r"^-- Optional: ([\w, \n-]+)\.$", re.MULTILINE)
HAS_PLAN = re.compile(
    r"\s*(select|with|insert|update|delete|create (?:temporary|unlogged) table)\b"
)

logger = logging.getLogger(__name__)
_explain = {}  # name -> what to call with its plan, while `explained` is open


def names(folder=""):
    """Every file of a folder below this one, as the name to call it by."""
    files = (FOLDER / folder).rglob("*.sql")
    return sorted(str(p.relative_to(FOLDER))[:-4] for p in files)


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
        query = cursor.mogrify(text(name), parameters).decode()
        _copy(cursor, f"copy ({query}) to stdout (format csv, header)", file)


def source(name):
    return (FOLDER / f"{name}.sql").read_text()


@cache
def text(name):
    """The statement of `sql/<name>.sql` with the driver's parameter marks."""
    return PARAMETER.sub(r"%(\1)s", source(name).replace("%", "%%"))


@cache
def optional(name):
    """The parameters that may be left out of a file, by its own comment."""
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
    # Not as the default: each thread has a connection of its own.
    open_cursor = open_cursor or connection.cursor
    parameters = _complete(name, parameters)
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
    wrote. The rows of a query are still to be read.
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
