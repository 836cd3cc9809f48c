"""manage.py work: compute reports and load uploads, until told to stop."""

import os
import sys
import time
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, connection

from reports import queue
from restaurant_monitor.child import Child, Stop, stop_on_signals
from restaurant_monitor.local import postgres

TICK_SECONDS = 1
DEAD_SECONDS = 5


class Command(BaseCommand):
    help = (
        "Run the worker: a django-q2 cluster that computes reports and loads uploaded "
        "files, and a watch over it. What dies is started again, work that lost its "
        "worker is taken up again, and a cluster that shows no sign of life is "
        "replaced."
    )

    def handle(self, **options):
        stop_on_signals()
        watch = Watch(self.tell)
        try:
            while True:
                watch.tick()
                time.sleep(TICK_SECONDS)
        except Stop:
            self.tell("ending when the work at hand is done")
            watch.cluster.stop(settings.REPORT_SECONDS + 20)
            self.tell("ended")

    def tell(self, line):
        print(f"worker: {line}", file=sys.stderr, flush=True)


class Watch:
    """Looks after one cluster, and after the reports and ingests on their way."""

    def __init__(self, tell):
        self.tell = tell
        command = [sys.executable, sys.argv[0], "qcluster"]
        # In this session, so that whoever ends that ends the cluster with it.
        self.cluster = Child("cluster", command, tell, own_session=False)
        long_ago = datetime.min.replace(tzinfo=UTC)
        self.alive_at = self.beaten_at = self.tidy_at = long_ago

    def tick(self):
        """Do what is due now, or wait for a database that is not there."""
        try:
            self.keep_cluster_running()
            busy = queue.take_up_again()
            self.beat()
            self.replace_hung_cluster(busy)
            self.replace_stuck_cluster()
        except (OperationalError, InterfaceError) as error:
            self.tell(f"no database: {str(error).strip()}")
            connection.close()
            self.alive_at = datetime.now(UTC)
            bring_back_database()

    def keep_cluster_running(self):
        if not self.cluster.is_running():
            queue.unlock_messages()
            self.cluster.start()
            self.alive_at = self.tidy_at = datetime.now(UTC)

    def beat(self):
        """Now and then send a message that only shows that it gets through."""
        now = datetime.now(UTC)
        if now - self.beaten_at > timedelta(seconds=settings.HEARTBEAT_SECONDS / 4):
            self.beaten_at = now
            queue.beat()

    def replace_hung_cluster(self, busy):
        """Kill a cluster through which nothing came for too long.

        That long is a heartbeat's limit; with work at hand, that of a report on top.
        Beside an ingest there is always another worker.
        """
        limit = settings.HEARTBEAT_SECONDS
        if busy:
            limit += settings.Q_CLUSTER["timeout"]
        alive_at = max(self.alive_at, queue.last_seen_alive() or self.alive_at)
        if datetime.now(UTC) - alive_at > timedelta(seconds=limit):
            self.tell("the cluster shows no sign of life: replacing it")
            self.cluster.kill()

    def replace_stuck_cluster(self):
        """Kill a cluster that leaves its dead lie, and so replaces none of them.

        A worker killed at the wrong moment keeps a lock that its guard waits for.
        """
        now = datetime.now(UTC)
        if not self.cluster.has_dead_children():
            self.tidy_at = now
        elif now - self.tidy_at > timedelta(seconds=DEAD_SECONDS):
            self.tell("the cluster does not replace its dead: replacing it")
            self.cluster.kill()


def bring_back_database():
    if "DATABASE_URL" not in os.environ:
        postgres.ensure_running()
