"""The file of --rejects takes its place only when the ingest has ended."""

import stat

import pytest

from tests.ingest.rows import STATUS, read_csv
from tests.ingest.test_server_errors import reason_in
from tests.support import disks, processes
from tests.support.strategies import write_csv

OLD = "of an earlier ingest\n"
NAMES = ["store_id", "status", "timestamp_utc"]
GOOD = ("A", "active", "2023-01-24 09:00:00")
BAD = ("A", "asleep", "2023-01-24 10:00:00")


@pytest.fixture
def out(tmp_path):
    """A folder with nothing in it but the rejects of an earlier ingest."""
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "rejects.csv").write_text(OLD)
    return folder


@pytest.fixture
def arguments(tmp_path, out):
    path = tmp_path / "status.csv"
    write_csv(path, NAMES, [GOOD, BAD])
    return ["ingest_csv", "--status", path, "--rejects", out / "rejects.csv"]


def content_of(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def waits_for_the_last_step(cursor):
    found = processes.waiting(cursor)
    return found and "update store" in found[0]


@pytest.fixture
def last_step_held(database_url):
    """Hold a lock that the last step of an ingest waits for; yield the cursor."""
    with processes.cursor_on(database_url) as cursor:
        cursor.execute("truncate store, poll, timeline_mark")
        cursor.execute("insert into store (store_id) values ('A')")
        cursor.connection.commit()
        cursor.execute("select from store where store_id = 'A' for update")
        yield cursor


def test_it_appears_when_the_ingest_is_committed(
    database_url, last_step_held, arguments, out
):
    with processes.started(database_url, *arguments) as process:
        processes.wait_for(lambda: waits_for_the_last_step(last_step_held))
        assert (out / "rejects.csv").read_text() == OLD
        last_step_held.connection.rollback()
        assert processes.wait_for_end(process).returncode == 0
    [row] = read_csv(out / "rejects.csv")
    assert (row["record"], row["reason"]) == ("2", STATUS)
    assert [path.name for path in out.iterdir()] == ["rejects.csv"]


def test_a_killed_ingest_leaves_the_file_as_it_was(
    database_url, last_step_held, arguments, out
):
    with processes.started(database_url, *arguments) as process:
        processes.wait_for(lambda: waits_for_the_last_step(last_step_held))
        process.kill()
    assert (out / "rejects.csv").read_text() == OLD


def test_a_failed_ingest_leaves_nothing_new(
    database_url, last_step_held, arguments, out
):
    with processes.started(database_url, *arguments, "-v", "0") as process:
        processes.wait_for(lambda: waits_for_the_last_step(last_step_held))
        last_step_held.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and wait_event_type = 'Lock'"
        )
        ended = processes.wait_for_end(process)
    assert reason_in(ended)
    assert content_of(out) == {"rejects.csv": OLD}


def test_a_full_disk_refuses_the_ingest_and_leaves_nothing(database_url, tmp_path):
    path = tmp_path / "status.csv"
    write_csv(path, NAMES, [BAD] * 50_000)
    with disks.small_disk(megabytes=1) as disk:
        (disk / "rejects.csv").write_text(OLD)
        ended = processes.run(
            database_url,
            *("ingest_csv", "--status", path, "--max-rejects", "100%", "-v", "0"),
            *("--rejects", disk / "rejects.csv"),
        )
        assert ended.returncode == 1
        assert ended.stderr == (
            "CommandError: [Errno 28] No space left on device; nothing was changed\n"
        )
        assert content_of(disk) == {"rejects.csv": OLD}


def test_an_error_after_the_commit_says_that_the_files_are_loaded(
    database_url, last_step_held, arguments, out
):
    rejects = out / "rejects.csv"
    with processes.started(database_url, *arguments, "-v", "0") as process:
        processes.wait_for(lambda: waits_for_the_last_step(last_step_held))
        rejects.unlink()
        rejects.mkdir()  # so that no file can take its place
        last_step_held.connection.rollback()
        ended = processes.wait_for_end(process)
    assert ended.returncode == 1
    assert "Is a directory" in ended.stderr
    assert ended.stderr.endswith("; the files are loaded\n")
    last_step_held.execute("select count(*) from poll")
    assert last_step_held.fetchone() == (1,)


def test_it_keeps_its_permissions_and_a_link_to_it(database_url, arguments, out):
    (out / "rejects.csv").chmod(0o600)
    link = out / "link.csv"
    link.symlink_to("rejects.csv")
    ended = processes.run(database_url, *arguments[:-1], link, "-v", "0")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert link.is_symlink()
    assert len(read_csv(out / "rejects.csv")) == 1
    assert stat.S_IMODE((out / "rejects.csv").stat().st_mode) == 0o600


def test_it_may_be_a_pipe(database_url, arguments):
    ended = processes.run(database_url, *arguments[:-1], "/dev/stdout", "-v", "0")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert STATUS in ended.stdout
