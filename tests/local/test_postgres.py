"""Runs real servers, each in its own folder."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from restaurant_monitor.local import postgres

PROJECT = Path(__file__).resolve().parents[2]
START = """
import sys, pathlib
from restaurant_monitor.local import postgres
postgres.ensure_running(pathlib.Path(sys.argv[1]))
"""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="root only")


@contextlib.contextmanager
def new_folder():
    # Not tmp_path: its path is long, and as root it is private.
    path = Path(tempfile.mkdtemp(prefix="embedded-", dir="/tmp"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        for lock in path.glob("**/lock"):
            postgres.stop(lock.parent)
        shutil.rmtree(path)


@pytest.fixture
def folder():
    with new_folder() as path:
        yield path


@pytest.fixture
def local(folder):
    return folder / ".local"


@pytest.fixture(scope="module")
def shared_folder():
    with new_folder() as path:
        yield path


@pytest.fixture
def shared(shared_folder):
    """A running server, to save time where a test does not need a new one."""
    postgres.ensure_running(shared_folder / ".local")
    return shared_folder / ".local"


def spawn(local, script=START, **options):
    """Start the server from a separate process."""
    command = [sys.executable, "-c", script, str(local)]
    return subprocess.Popen(
        command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, **options
    )


def ask(local, query="SELECT current_database()"):
    connection = postgres.connect(local, postgres.DATABASE)
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


def wait_for(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.001)


def kill_server(local):
    os.kill(postgres.server_pid(local), signal.SIGKILL)
    wait_for(lambda: postgres.server_pid(local) is None)


@contextlib.contextmanager
def another_process():
    command = postgres.as_server_user(["sleep", "60"])
    with subprocess.Popen(command) as process:
        try:
            yield process
        finally:
            process.kill()


def starts(local):
    return postgres.log_file(local).read_text().count("starting PostgreSQL")


def snapshot(folder):
    return {path: path.lstat() for path in [folder, *folder.rglob("*")]}


def test_starts_from_nothing_once_and_stops(local):
    assert postgres.status(local) == "stopped"
    assert not postgres.stop(local)
    assert not local.exists()

    first = postgres.ensure_running(local)
    assert ask(local) == "restaurant_monitor"
    assert ask(local, "SHOW listen_addresses") == ""
    assert ask(local, "SHOW TimeZone") == "UTC"
    assert postgres.status(local) == "running"
    assert postgres.ensure_running(local) == first
    assert starts(local) == 1

    assert postgres.stop(local)
    assert postgres.status(local) == "stopped"
    assert not postgres.stop(local)


def test_two_commands_at_once_share_one_server(local):
    commands = [spawn(local) for _ in range(3)]
    # The pipes end with the commands: the server does not hold them open.
    for command in commands:
        command.communicate(timeout=60)
    assert [command.returncode for command in commands] == [0, 0, 0]
    assert ask(local) == "restaurant_monitor"
    assert starts(local) == 1


def test_survives_ctrl_c_for_the_command_that_started_it(shared):
    postgres.stop(shared)
    # The tests may run with the signal ignored, which child processes inherit.
    script = "import signal; signal.signal(2, signal.default_int_handler)\n" + START
    script += "print('ready', flush=True); import time; time.sleep(60)"
    command = spawn(shared, script, start_new_session=True, stderr=subprocess.DEVNULL)
    assert command.stdout.readline() == "ready\n"
    os.killpg(command.pid, signal.SIGINT)
    command.communicate(timeout=10)
    assert ask(shared) == "restaurant_monitor"


@pytest.mark.parametrize(
    "sign",
    [
        "postgres.new/global/pg_control",
        "postgres/PG_VERSION",
        "postgres/postmaster.pid",
    ],
)
def test_it_recovers_after_a_killed_command(local, sign):
    command = spawn(local, stderr=subprocess.DEVNULL)
    wait_for(lambda: any(local.glob(sign)))
    command.kill()
    command.communicate(timeout=60)
    postgres.ensure_running(local)
    assert ask(local) == "restaurant_monitor"
    assert not any(local.glob("postgres.new"))


def test_it_recreates_a_missing_database(shared):
    connection = postgres.connect(shared, "postgres")
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {postgres.DATABASE}")
    postgres.ensure_running(shared)
    assert ask(shared) == "restaurant_monitor"


def test_it_recovers_after_a_killed_server_even_if_its_pid_is_reused(shared):
    kill_server(shared)
    postgres.ensure_running(shared)
    assert ask(shared) == "restaurant_monitor"

    # As after a reboot: the pid now belongs to another process of the same user.
    with another_process() as other:
        kill_server(shared)
        for file in postgres.pid_files(shared):
            lines = file.read_text().splitlines(keepends=True)
            file.write_text("".join([f"{other.pid}\n", *lines[1:]]))
            os.utime(file, (0, 0))
        assert not postgres.stop(shared)
        postgres.ensure_running(shared)
        assert ask(shared) == "restaurant_monitor"
        assert other.poll() is None


def test_refuses_the_data_of_another_version_and_leaves_it_unchanged(local):
    data = postgres.data_folder(local)
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("17\n")
    before = snapshot(data)
    with pytest.raises(postgres.EmbeddedPostgresError) as error:
        postgres.ensure_running(local)
    assert str(data) in str(error.value)
    assert "17" in str(error.value)
    assert postgres.MAJOR in str(error.value)
    assert snapshot(data) == before


def test_refuses_a_data_folder_that_is_not_from_postgresql(local):
    (postgres.data_folder(local) / "photos").mkdir(parents=True)
    with pytest.raises(postgres.EmbeddedPostgresError, match="not a PostgreSQL"):
        postgres.ensure_running(local)


def test_says_why_the_server_does_not_start(shared, monkeypatch):
    postgres.stop(shared)
    config = shared.parent / "wrong.conf"
    config.write_text("wal_level = nonsense\n")
    monkeypatch.setattr(postgres, "CONFIG", config)
    monkeypatch.setattr(postgres, "RETRY_SECONDS", 0)
    with pytest.raises(postgres.EmbeddedPostgresError, match="nonsense"):
        postgres.ensure_running(shared)


@pytest.mark.parametrize("name", ["two words", "x" * 100])
def test_works_below_unusual_names(folder, name):
    local = folder / name / ".local"
    local.parent.mkdir()
    postgres.ensure_running(local)
    assert ask(local) == "restaurant_monitor"
    postgres.stop(local)
    assert not postgres.socket_folder(local).exists()


def test_keeps_commas_out_of_the_socket_folder():
    # libpq would take them for several hosts.
    assert "," not in str(postgres.socket_folder(Path("/one, two/.local")))


def test_refuses_a_socket_folder_that_others_may_enter(local):
    postgres.socket_folder(local).mkdir(parents=True)
    postgres.socket_folder(local).chmod(0o755)
    with pytest.raises(postgres.EmbeddedPostgresError, match="not a private folder"):
        postgres.ensure_running(local)


@as_root
def test_refuses_a_closed_folder_as_root_and_says_what_to_do(folder):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    local = closed / "project" / ".local"
    local.parent.mkdir()
    with pytest.raises(postgres.EmbeddedPostgresError) as error:
        postgres.ensure_running(local)
    assert f"may not enter {closed}: " in str(error.value)
    for advice in ["ordinary user", "move the project", "DATABASE_URL"]:
        assert advice in str(error.value)
    assert not postgres.data_folder(local).exists()
    assert closed.stat().st_mode & 0o777 == 0o700


@as_root
def test_refuses_the_data_of_another_user_and_leaves_it_unchanged(local):
    data = postgres.data_folder(local)
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text(postgres.MAJOR)
    before = snapshot(data)
    with pytest.raises(postgres.EmbeddedPostgresError, match="another user"):
        postgres.ensure_running(local)
    assert snapshot(data) == before


@as_root
def test_lets_nobody_but_root_in(shared):
    psql = [str(postgres.bin_folder() / "psql"), "--username=root", "postgres"]
    psql.append(f"--host={postgres.socket_folder(shared)}")
    command = postgres.as_server_user(psql)
    result = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd="/"
    )
    assert "Peer authentication failed" in result.stderr


@as_root
def test_needs_setpriv_as_root(local, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(postgres.EmbeddedPostgresError, match="DATABASE_URL"):
        postgres.ensure_running(local)
