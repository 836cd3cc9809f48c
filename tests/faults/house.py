"""A service with its own PostgreSQL server on a small disk, and its own clock."""

import tempfile
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from restaurant_monitor.local import postgres
from tests.support import disks, processes, services
from tests.support.clock import Clock

MEGABYTES = 4000
# The write-ahead log must leave room on the disk.
LOG_SIZE = "alter system set max_wal_size = '256MB'"


@dataclass
class House:
    """What a fault can damage. The small disk has the data of PostgreSQL."""

    service: services.Service
    disk: Path
    clock: Clock

    @property
    def database_url(self):
        return self.service.database_url

    def start_postgresql(self):
        postgres.ensure_running(self.disk / ".local")

    def stop_postgresql(self):
        postgres.stop(self.disk / ".local")


def limit_log(database_url):
    with closing(psycopg2.connect(database_url)) as server:
        server.autocommit = True
        server.cursor().execute(LOG_SIZE)
        server.cursor().execute("select pg_reload_conf()")


@contextmanager
def house():
    with (
        tempfile.TemporaryDirectory(prefix="clock-") as name,
        disks.small_disk(MEGABYTES) as disk,
        services.postgres_in(disk / ".local") as database_url,
    ):
        processes.with_account(database_url)
        limit_log(database_url)
        services.fill(database_url)
        clock = Clock(Path(name))
        with services.serving(database_url, **clock.variables) as service:
            yield House(service, disk, clock)
