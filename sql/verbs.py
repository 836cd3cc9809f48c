"""PostgreSQL commands that need no file: locks, settings, bulk tables.

`sql` exports these functions. Table names come from the program and are only quoted;
values are bound.
"""

import sys
import threading
from contextlib import contextmanager

import psycopg2
from django.db import connection
from psycopg2.extensions import quote_ident

from sql import cluster

COPY_CHUNK = 1 << 20
KEY_OF = """
    select conname, pg_get_constraintdef(oid)
    from pg_constraint
    where conrelid = %s::regclass and contype = 'p'
"""
HAS_ROWS = "select pg_relation_size(%s::regclass) > 0"
# For work on whole tables: more memory to sort and hash, and without planner features
# that cost more than they save here.
BULK_SETTINGS = {
    "work_mem": "256MB",
    "parallel_tuple_cost": "0.001",
    "enable_memoize": "off",
    "enable_bitmapscan": "off",
}


# --- Transactions and settings


def use_one_snapshot():
    """Let all statements of this transaction read from the same snapshot.

    This must be its first statement.
    """
    execute("set transaction isolation level repeatable read")


def take_snapshot():
    """Take the snapshot of `use_one_snapshot` now, after the first locks."""
    if connection.is_cluster:
        execute(cluster.TAKE_SNAPSHOTS)


def prepare_for_bulk_work():
    """Use the settings for work on whole tables until the transaction ends."""
    set_for_transaction(**BULK_SETTINGS)


def limit_lock_waits(seconds):
    """In this transaction, wait for no lock longer than this."""
    set_for_transaction(lock_timeout=f"{int(seconds * 1000)}ms")


def limit_statements_until_commit(seconds):
    """In this transaction, cancel statements that take longer than this."""
    set_for_transaction(statement_timeout=f"{int(seconds * 1000)}ms")


def limit_statements(seconds):
    """From now on, cancel statements of this connection that take longer. 0: never."""
    execute(
        "select set_config('statement_timeout', %s, false)",
        [f"{int(seconds * 1000)}ms"],
    )


def setting(name):
    """Return the value of a setting of this connection, as PostgreSQL shows it."""
    return value("select current_setting(%s)", [name])


def set_for_transaction(**settings):
    calls = ", ".join(["set_config(%s, %s, true)"] * len(settings))
    execute(f"select {calls}", [part for pair in settings.items() for part in pair])


# --- Locks


def lock_table(table, mode, wait=True):
    """Lock a table until the transaction ends; wait for other holders of the lock.

    Unlike a row lock, this takes no snapshot. So a snapshot that follows includes what
    the other holders committed. With wait=False it fails if there are other holders.
    """
    nowait = "" if wait else " nowait"
    execute(f"lock table {quoted(table)} in {mode} mode{nowait}")


def hold(key):
    """Take the advisory lock of a key until it is released or the connection ends.

    Returns False, without waiting, if another connection holds it.
    """
    return value("select pg_try_advisory_lock(hashtextextended(%s, 0))", [key])


def release(key):
    """Release the advisory lock of a key."""
    value("select pg_advisory_unlock(hashtextextended(%s, 0))", [key])


def hold_until_commit(key):
    """Take the advisory lock of a key until the transaction ends; wait for it."""
    execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


# --- Tables


def count(table):
    """Return the number of rows of a table."""
    return value(f"select count(*) from {quoted(table)}")  # noqa: S608


def analyze(*tables):
    """Collect the planner's statistics of tables that were just created."""
    if not tables:
        return  # without a table, PostgreSQL would take them all
    execute(f"analyze {', '.join(map(quoted, tables))}")


def drop(*tables):
    """Drop tables or their stand-ins, if they exist, with the views on them."""
    tables = without_spread(tables)
    if not tables:
        return
    stand_ins = ", ".join(f"pg_temp.{quoted(table)}" for table in tables)
    execute(f"drop view if exists {stand_ins} cascade")
    execute(f"drop table if exists {', '.join(map(quoted, tables))} cascade")


def drop_temporary(*tables):
    """Drop temporary tables that an earlier step of this transaction may have made."""
    tables = without_spread(tables)
    if not tables:
        return
    names = ", ".join(f"pg_temp.{quoted(table)}" for table in tables)
    execute(f"drop table if exists {names}")


def without_spread(tables):
    """Empty the work tables that are permanent on a cluster; return the others."""
    if not connection.is_cluster:
        return tables
    for table in connection.filled & {*tables}:
        execute(f"delete from {quoted(table)}")  # noqa: S608
        connection.filled.discard(table)
    return [table for table in tables if table not in cluster.SPREAD_WORK]


def create_staging(table, columns):
    """Make an empty table of text columns. It does not survive a crash."""
    fields = ", ".join(f"{quoted(column)} text" for column in columns)
    execute(f"create unlogged table {quoted(table)} ({fields})")


def stand_in_for_staging(table, columns):
    """Make a view without rows in place of an empty table of text: it costs less.

    It even has the column `ctid`, as tables have it.
    """
    fields = ", ".join(f"null::text as {quoted(column)}" for column in columns)
    view = f"create temporary view {quoted(table)} as select null::tid as ctid"
    execute(f"{view}, {fields} where false")


def copy_in(table, columns, file, separator=","):
    """Fill columns of a table from a binary file: CSV in UTF-8 without a header line.

    `separator` is the character between two fields. Returns the number of rows.
    """
    options = f"format csv, encoding 'utf8', delimiter '{separator}'"
    return copy_with(table, columns, file, options)


def copy_binary_in(table, columns, file):
    """Fill columns of a table from a file in PostgreSQL's binary format."""
    return copy_with(table, columns, file, "format binary")


def copy_with(table, columns, file, options):
    names = ", ".join(map(quoted, columns))
    command = f"copy {quoted(table)} ({names}) from stdin ({options})"
    with connection.cursor() as cursor:
        copy(cursor, command, file)
        return cursor.rowcount


@contextmanager
def key_built_last(table):
    """While open, a table that never had rows has no primary key; then it is built.

    That is faster than updating the key for each row. Also, a server without replicas
    writes no WAL for a table that the same transaction truncated. A table whose rows
    were only deleted keeps its key: transactions that began earlier still see these
    rows, and a truncate would hide them.
    """
    if connection.is_cluster or value(HAS_ROWS, [table]):
        yield
        return
    name, definition = row(KEY_OF, [table])
    execute(f"truncate {quoted(table)}")
    execute(f"alter table {quoted(table)} drop constraint {quoted(name)}")
    yield
    execute(f"alter table {quoted(table)} add constraint {quoted(name)} {definition}")


# --- Helpers


def quoted(name):
    connection.ensure_connection()
    return quote_ident(name, connection.connection)


def execute(command, values=None):
    with connection.cursor() as cursor:
        cursor.execute(command, values)


def row(query, values=None):
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchone()


def value(query, values=None):
    return row(query, values)[0]


def copy(cursor, command, file):
    # Django does not convert the errors of this call into its own, so do it here.
    with connection.wrap_database_errors, first_error_raised():
        cursor.copy_expert(command, file, COPY_CHUNK)


# --- Errors


def reason(error):
    """Return an error of the database in one line, without details and hints."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


# If the server ends the connection during COPY, psycopg2 gets two errors: the reason,
# and that the connection is gone. It prints the first and raises the second.
unraised = threading.local()


@contextmanager
def first_error_raised():
    unraised.error = None
    try:
        yield
    except psycopg2.OperationalError as last:
        raise unraised.error or last from None


def keep_instead_of_printing(kind, error, trace, print_error=sys.excepthook):
    if kind is SystemError and isinstance(error.__cause__, psycopg2.Error):
        unraised.error = error.__cause__
    else:
        print_error(kind, error, trace)


sys.excepthook = keep_instead_of_printing
