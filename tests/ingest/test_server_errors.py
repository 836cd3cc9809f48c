"""Errors of the database server are not told as errors of a file."""

import os

import pytest

from tests.support import disks, processes, services

HEADER = "store_id,status,timestamp_utc\n"
# In quotes, so that the server reads it while it is sent.
ROW = '"A",inactive,2023-01-24 09:00:00\n'
MANY_ROWS = HEADER + ROW * 200_000  # 6 MB


@pytest.fixture
def many_rows(tmp_path):
    path = tmp_path / "many.csv"
    path.write_text(MANY_ROWS)
    return path


def content_of(database_url):
    with processes.cursor_on(database_url) as cursor:
        return processes.content(cursor)


def reason_in(ended):
    """Check that a command failed with one line; return the server's reason in it."""
    assert ended.returncode == 1
    before, after = "CommandError: the database failed: ", "; nothing was changed\n"
    assert ended.stderr.startswith(before)
    assert ended.stderr.endswith(after)
    assert ended.stderr.count("\n") == 1
    return ended.stderr.removeprefix(before).removesuffix(after)


def test_a_full_disk_is_not_the_files_fault(empty_database, many_rows):
    with disks.database_on_small_disk(empty_database, megabytes=2) as (url, disk):
        before = content_of(url)
        ended = processes.run(url, "ingest_csv", "--status", many_rows, "-v", "0")
        assert "No space left on device" in reason_in(ended)
        assert content_of(url) == before
        disks.enlarge(disk, megabytes=64)
        again = processes.run(url, "ingest_csv", "--status", many_rows, "-v", "0")
        assert (again.returncode, again.stderr) == (0, "")


def copying(cursor):
    """Return the processes of the server that wait for the rows of a file."""
    found = processes.statements(cursor)
    return [
        pid
        for pid, wait, query in found
        if wait == "Client" and query.startswith("copy ")
    ]


def ended_while_copying(database_url, folder, end):
    """Load a pipe that pauses after some rows; call `end` with cursor and process id.

    Then send more rows, and return how the command ended.
    """
    pipe = folder / "pipe.csv"
    os.mkfifo(pipe)
    arguments = ["ingest_csv", "--status", pipe, "-v", "0"]
    with (
        processes.cursor_on(database_url) as cursor,
        processes.started(database_url, *arguments) as process,
    ):
        rows = os.open(pipe, os.O_WRONLY)
        os.write(rows, HEADER.encode())
        send(rows, ROW * 100_000)
        [pid] = processes.wait_for(lambda: copying(cursor))
        end(cursor, pid)
        send(rows, ROW * 100_000)
        os.close(rows)
        return processes.wait_for_end(process)


def send(pipe, text):
    try:
        while text:
            text = text[os.write(pipe, text.encode()) :]
    except BrokenPipeError:
        pass  # the command has ended


def test_a_cancelled_statement_is_not_the_files_fault(database_url, tmp_path):
    def cancel(cursor, pid):
        cursor.execute("select pg_cancel_backend(%s)", [pid])

    ended = ended_while_copying(database_url, tmp_path, cancel)
    assert reason_in(ended) == "canceling statement due to user request"


def test_a_connection_that_the_server_ends_is_one_line(database_url, tmp_path):
    def terminate(cursor, pid):
        cursor.execute("select pg_terminate_backend(%s)", [pid])
        cursor.connection.commit()
        processes.wait_for(lambda: not copying(cursor))

    ended = ended_while_copying(database_url, tmp_path, terminate)
    assert reason_in(ended) == "terminating connection due to administrator command"


FAULTY_FUNCTION = """
create schema faulty;
create function faulty.btrim(text, text) returns text as 'select (1 / 0)::text'
language sql;
alter database {} set search_path = faulty, public, pg_catalog
"""


def test_data_that_the_checks_cannot_read_refuse_the_file(empty_database, many_rows):
    with processes.new_database(like=empty_database) as database_url:
        database = database_url.rpartition("/")[2]
        services.execute(database_url, FAULTY_FUNCTION.format(database))
        ended = processes.run(
            database_url, "ingest_csv", "--status", many_rows, "-v", "0"
        )
    assert ended.returncode == 1
    assert ended.stderr == (
        f"CommandError: {many_rows}: division by zero; nothing was changed\n"
    )
