"""The faults. Each is done once per call. Its docstring is its row in the table."""

import os
import random
import shutil
import signal
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg2

from stores.ingest.staging import FILE_NAMES, KINDS
from tests.faults.house import MEGABYTES
from tests.support import disks, processes, services

AWAY_SECONDS = 2
FULL_SECONDS = 5
FREE_MEGABYTES = 3  # the clients fill them within a second or two
FIRST = datetime(2023, 1, 1, tzinfo=UTC)
CLOCK_SECONDS = [-3600, 3600, -600, 600, 0]
INGESTED_ROWS = 20_000
LONGEST_INGEST_SECONDS = 2


def nothing(house):
    """No fault, for comparison."""


def kill_a_web_process(house):
    """A process of the web server is killed."""
    kill_one(services.running(house.service, "gunicorn"))


def kill_a_worker_process(house):
    """A process of the worker is killed."""
    worker = services.running(house.service, "qcluster")
    kill_one(worker + services.running(house.service, "work"))


def kill_one(found):
    if found:  # the previous one may not have been replaced yet
        services.kill([random.choice(found)])


def kill_a_server_process(house):
    """A process of PostgreSQL is killed, so that PostgreSQL starts again."""
    query = "select pid from pg_stat_activity where pid <> pg_backend_pid()"
    try:
        found = services.rows(house.database_url, query)
    except psycopg2.OperationalError:
        return  # it is still starting
    [pid] = random.choice(found)
    os.kill(pid, signal.SIGKILL)


def restart_postgresql(house):
    """PostgreSQL is stopped and started."""
    house.stop_postgresql()
    time.sleep(AWAY_SECONDS)
    house.start_postgresql()


def kill_an_ingest(house):
    """`ingest_csv` is killed. It must have loaded all of its rows or none."""
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        write_files(Path(name), f"ingest {time.monotonic_ns()}")
        with processes.started(house.database_url, "ingest_csv", name) as ingest:
            time.sleep(random.uniform(0, LONGEST_INGEST_SECONDS))
            ingest.kill()


def write_files(folder, store_id):
    for kind, file_name in FILE_NAMES.items():
        (folder / file_name).write_text(",".join(KINDS[kind]) + "\n")
    with (folder / FILE_NAMES["status"]).open("a") as file:
        for number in range(INGESTED_ROWS):
            at = FIRST + timedelta(minutes=number)
            file.write(f"{store_id},active,{at.isoformat()}\n")


def fill_the_disk(house):
    """The disk of PostgreSQL is full."""
    used = shutil.disk_usage(house.disk).used
    disks.enlarge(house.disk, used // (1 << 20) + FREE_MEGABYTES)
    time.sleep(FULL_SECONDS)
    disks.enlarge(house.disk, MEGABYTES)
    house.start_postgresql()


def set_the_clock(house):
    """The clock of the service jumps by up to two hours."""
    house.clock.shift(random.choice(CLOCK_SECONDS))


def several_at_once(house):
    """Two of these at once."""
    faults = [
        kill_a_web_process,
        kill_a_worker_process,
        kill_a_server_process,
        kill_an_ingest,
        set_the_clock,
    ]
    for fault in random.sample(faults, 2):
        fault(house)
