"""A service with its own PostgreSQL server on a small disk, and its own clock."""

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from restaurant_monitor.local import postgres
from tests.support import disks, processes, services
from tests.support.clock import Clock

MEGABYTES = 600


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


@contextmanager
def house():
    with (
        disks.small_disk(MEGABYTES) as disk,
        services.postgres_in(disk / ".local") as database_url,
    ):
        processes.run(database_url, "migrate", "-v", "0").check_returncode()
        services.fill(database_url)
        clock = Clock(disk)
        with services.serving(database_url, **clock.variables) as service:
            yield House(service, disk, clock)
