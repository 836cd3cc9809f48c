"""Disks of a few megabytes, which really fill up."""

import os
import shutil
import subprocess
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from secrets import token_hex

import psycopg2
import pytest

from restaurant_monitor.local import postgres
from tests.support import processes


@contextmanager
def small_disk(megabytes):
    """Mount a disk; yield its folder. Skip the test where this is not possible."""
    # Not tmp_path: as root it is private, and the server is another user.
    with tempfile.TemporaryDirectory(prefix="disk-", dir="/tmp") as folder:
        if not shutil.which("mount") or mount(folder, megabytes).returncode:
            pytest.skip("only root on Linux can mount a disk in memory")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def mount(folder, megabytes, *options):
    wanted = ",".join([f"size={megabytes}m", "mode=777", *options])
    command = ["mount", "-t", "tmpfs", "-o", wanted, "tmpfs", folder]
    return subprocess.run(command, check=False, capture_output=True)


def enlarge(folder, megabytes):
    mount(folder, megabytes, "remount").check_returncode()


@contextmanager
def database_on_small_disk(like, megabytes):
    """Copy a database; its new tables are on a small disk. Yield URL and folder."""
    if "DATABASE_URL" in os.environ:
        pytest.skip("only the embedded server's disks can be made small")
    name = f"small_disk_{token_hex(4)}"
    with small_disk(megabytes) as folder, closing(superuser()) as server:
        postgres.give_to_server(folder)
        with server.cursor() as cursor:
            cursor.execute(f"create tablespace {name} location '{folder}'")
            try:
                with processes.new_database(like=like) as database_url:
                    database = database_url.rpartition("/")[2]
                    cursor.execute(
                        f"alter database {database} set default_tablespace = {name}"
                    )
                    yield database_url, folder
            finally:
                cursor.execute(f"drop tablespace {name}")


def superuser():
    server = psycopg2.connect(processes.url("postgres"))
    server.autocommit = True
    return server
