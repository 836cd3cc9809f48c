"""An ingest that is killed at any step leaves the database unchanged."""

import os
from contextlib import contextmanager

import pytest

from tests.support import processes
from tests.support.strategies import write_csv

POLL = "2023-01-24 09:00:00"
BEFORE = f"""
insert into store (store_id, timezone) values ('A', 'UTC');
insert into business_hours (store_id, weekday, starts, ends)
values ('A', 0, '09:00', '17:00');
insert into poll (store_id, observed_at, is_active) values ('A', '{POLL}', true)
"""
# The result of the ingest: a row is deleted, one changes, one is new.
AFTER = {
    "select store_id, timezone from store order by 1": [
        ("A", "Asia/Tokyo"),
        ("B", None),
    ],
    "select store_id, weekday, starts::text, ends::text from business_hours": [
        ("A", 1, "10:00:00", "18:00:00"),
    ],
    "select store_id, extract(hour from observed_at), is_active from poll order by 1": [
        ("A", 9, False),
        ("B", 10, True),
    ],
}
# The steps at which the ingest waits for another connection: the lock that this one
# holds, and the statement that waits for it.
MOMENTS = {
    "before all": (
        "lock table store in share row exclusive mode",
        'lock table "store"',
    ),
    "comparing": ("lock table poll in access exclusive mode", "incoming_poll"),
    "storing": (
        "lock table business_hours in share mode",
        "delete from business_hours",
    ),
    "the last step": (
        "select from store where store_id = 'A' for update",
        "update store",
    ),
}


@pytest.fixture
def before(database_url):
    """Fill the database with a few rows; return its content."""
    with processes.cursor_on(database_url) as cursor:
        cursor.execute("truncate store, business_hours, poll, timeline_mark")
        cursor.execute(BEFORE)
        cursor.connection.commit()
        return processes.content(cursor)


@pytest.fixture
def folder(tmp_path):
    write_csv(
        tmp_path / "store_status.csv",
        ["store_id", "status", "timestamp_utc"],
        [("A", "inactive", POLL), ("B", "active", "2023-01-24 10:00:00")],
    )
    write_csv(
        tmp_path / "menu_hours.csv",
        ["store_id", "day", "start_time_local", "end_time_local"],
        [("A", 1, "10:00", "18:00")],
    )
    write_csv(
        tmp_path / "timezones.csv",
        ["store_id", "timezone_str"],
        [("A", "Asia/Tokyo")],
    )
    return tmp_path


@contextmanager
def ingesting(database_url, *arguments):
    """Start an ingest; check at the end that it failed."""
    with processes.started(database_url, "ingest_csv", *arguments) as process:
        yield process
        assert processes.wait_for_end(process).returncode != 0


def is_only_connection(cursor):
    return not processes.statements(cursor)


def check_nothing_changed(database_url, before, folder):
    """Nothing has changed, and the next ingest loads everything."""
    with processes.cursor_on(database_url) as cursor:
        processes.wait_for(lambda: is_only_connection(cursor))
        assert processes.content(cursor) == before
    processes.run_in_fork(database_url, "ingest_csv", folder).check_returncode()
    with processes.cursor_on(database_url) as cursor:
        assert {query: answer(cursor, query) for query in AFTER} == AFTER


def answer(cursor, query):
    cursor.execute(query)
    return cursor.fetchall()


@pytest.mark.parametrize(("lock", "statement"), MOMENTS.values(), ids=MOMENTS.keys())
def test_an_ingest_killed_while_it_waits_changes_nothing(
    database_url, before, folder, lock, statement
):
    with processes.cursor_on(database_url) as cursor:
        cursor.execute(lock)
        with ingesting(database_url, folder) as process:
            [found] = processes.wait_for(lambda: processes.waiting(cursor))
            assert statement in found
            process.kill()
        # The server ends the statement soon, although the lock is still held.
        processes.wait_for(lambda: is_only_connection(cursor))
    check_nothing_changed(database_url, before, folder)


def test_a_terminated_ingest_changes_nothing(database_url, before, folder):
    lock, _ = MOMENTS["the last step"]
    with processes.cursor_on(database_url) as cursor:
        cursor.execute(lock)
        with ingesting(database_url, folder) as process:
            processes.wait_for(lambda: processes.waiting(cursor))
            process.terminate()
        processes.wait_for(lambda: is_only_connection(cursor))
    check_nothing_changed(database_url, before, folder)


def test_an_ingest_disconnected_by_the_server_changes_nothing(
    database_url, before, folder
):
    lock, _ = MOMENTS["the last step"]
    with processes.cursor_on(database_url) as cursor:
        cursor.execute(lock)
        with ingesting(database_url, folder):
            processes.wait_for(lambda: processes.waiting(cursor))
            [(pid, _, _)] = processes.statements(cursor)
            cursor.execute("select pg_terminate_backend(%s)", [pid])
    check_nothing_changed(database_url, before, folder)


def test_an_ingest_killed_while_it_copies_changes_nothing(database_url, before, folder):
    """The file is a pipe that has sent some rows and then pauses."""
    pipe = folder / "pipe.csv"
    os.mkfifo(pipe)
    with (
        processes.cursor_on(database_url) as cursor,
        ingesting(database_url, "--status", pipe) as process,
        pipe.open("w") as rows,
    ):
        rows.write("store_id,status,timestamp_utc\n")
        rows.write(f'"A",inactive,{POLL}\n' * 100_000)  # in quotes: not by columns
        rows.flush()
        processes.wait_for(lambda: is_copying(cursor))
        process.kill()
    check_nothing_changed(database_url, before, folder)


def test_an_ingest_killed_while_it_reads_by_columns_changes_nothing(
    database_url, before, folder
):
    pipe = folder / "pipe.csv"
    os.mkfifo(pipe)
    with (
        processes.cursor_on(database_url) as cursor,
        ingesting(database_url, "--status", pipe) as process,
        pipe.open("w") as rows,
    ):
        rows.write("store_id,status,timestamp_utc\n" + f"A,inactive,{POLL}\n" * 100_000)
        rows.flush()
        processes.wait_for(lambda: is_reading(cursor))
        process.kill()
    check_nothing_changed(database_url, before, folder)


def is_reading(cursor):
    """The table for the polls is there, and the server waits for them."""
    return any(
        wait == "Client" and "table plain_poll" in query
        for _, wait, query in processes.statements(cursor)
    )


def is_copying(cursor):
    found = processes.statements(cursor)
    return any(
        wait == "Client" and query.startswith("copy ") for _, wait, query in found
    )


def test_an_ingest_killed_while_it_checks_rows_changes_nothing(
    database_url, before, folder
):
    """The file is so large that the checks of its rows take a while."""
    large = folder / "large.csv"
    large.write_text(
        "store_id,status,timestamp_utc\n" + f'"A",inactive,{POLL}\n' * 200_000
    )
    with (
        processes.cursor_on(database_url) as cursor,
        ingesting(database_url, "--status", large) as process,
    ):
        processes.wait_for(lambda: is_checking_rows(cursor))
        process.kill()
    check_nothing_changed(database_url, before, folder)


def is_checking_rows(cursor):
    return any(
        "table incoming_poll" in query for _, _, query in processes.statements(cursor)
    )
