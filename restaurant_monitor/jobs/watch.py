"""Watches the queue's processes and the jobs. CONTRIBUTING.md says why."""

import os
import sys
import time
from math import inf

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.dispatch import Signal

from restaurant_monitor.jobs import queue
from restaurant_monitor.jobs.child import Child
from restaurant_monitor.jobs.recovery import recover, take_back
from restaurant_monitor.local import postgres
from restaurant_monitor.versions import refuse_other_version

DEAD_SECONDS = 5
# How long jobs may go on when the worker is asked to end. Docker kills after 10 s.
STOP_SECONDS = 5
POLL_SECONDS = 0.05
# After a kill, PostgreSQL needs up to a second to see that the client is gone.
RELEASE_SECONDS = 3

# Sent about once a second. The apps connect what must be looked at regularly.
ticked = Signal()
# Sent when the watch ends. The apps end the processes that they keep running.
ending = Signal()


class Watch:
    """Keeps one django-q2 cluster running. `log` is called with a line of text.

    All times are seconds of the monotonic clock, which nobody sets.
    """

    def __init__(self, log):
        self.log = log
        command = [sys.executable, sys.argv[0], "qcluster"]
        # In this process's session, so that the cluster ends when the session ends.
        self.cluster = Child("cluster", command, log, own_session=False)
        self.alive_at = self.heartbeat_sent_at = self.no_zombies_at = -inf
        self.heartbeat = None  # the last one that was seen

    def tick(self):
        """Do what is due now. If there is no database, try again at the next tick.

        Raises OtherVersion if the database has been migrated by another version.
        """
        try:
            refuse_other_version()
            self.keep_cluster_running()
            held_jobs = recover()
            self.send_heartbeat()
            ticked.send(sender=Watch)
            self.replace_silent_cluster(held_jobs)
            self.replace_stuck_cluster()
        except (OperationalError, InterfaceError) as error:
            self.log(f"no database: {str(error).strip()}")
            connection.close()
            self.alive_at = time.monotonic()
            restart_embedded_database()

    def stop(self):
        """End the cluster, and queue the jobs again that do not end in STOP_SECONDS."""
        self.end_cluster()
        try:
            queue.forget_heartbeat()
            deadline = time.monotonic() + RELEASE_SECONDS
            while held_jobs := take_back():
                if time.monotonic() > deadline:
                    self.log(f"{held_jobs} jobs still hold their lock")
                    break
                time.sleep(POLL_SECONDS)
        except (OperationalError, InterfaceError) as error:
            self.log(f"no database: {str(error).strip()}")

    def end_cluster(self):
        """Let the cluster end. Its jobs run below its only child, the sentinel.

        If the sentinel has got SIGTERM too, it is dead, and its parent waits for it
        forever. Then there is nothing to wait for.
        """
        ending.send(sender=Watch)
        if self.cluster.process is None:
            return
        self.cluster.ask_to_end()
        deadline = time.monotonic() + STOP_SECONDS
        while self.cluster.has_children() and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        self.cluster.kill()

    def keep_cluster_running(self):
        if not self.cluster.is_running():
            queue.redeliver()
            self.cluster.start()
            self.alive_at = self.no_zombies_at = time.monotonic()

    def send_heartbeat(self):
        now = time.monotonic()
        if now - self.heartbeat_sent_at > settings.HEARTBEAT_SECONDS / 4:
            self.heartbeat_sent_at = now
            queue.send_heartbeat()

    def replace_silent_cluster(self, held_jobs):
        """Kill a cluster that has processed no message for too long.

        The limit is HEARTBEAT_SECONDS. While a worker holds a job, all workers may be
        busy, so the time limit of a report is added.
        """
        limit = settings.HEARTBEAT_SECONDS
        if held_jobs:
            limit += settings.Q_CLUSTER["timeout"]
        if (heartbeat := queue.last_heartbeat()) != self.heartbeat:
            self.heartbeat = heartbeat
            self.alive_at = time.monotonic()
        if time.monotonic() - self.alive_at > limit:
            self.log("no heartbeat from the cluster: replacing it")
            self.cluster.kill()

    def replace_stuck_cluster(self):
        """Kill a cluster that does not replace its dead processes.

        A process that is killed at the wrong moment leaves a lock behind. The guard of
        the cluster then waits for this lock forever.
        """
        now = time.monotonic()
        if not self.cluster.has_dead_children():
            self.no_zombies_at = now
        elif now - self.no_zombies_at > DEAD_SECONDS:
            self.log("the cluster does not replace its dead processes: replacing it")
            self.cluster.kill()


def restart_embedded_database():
    if "DATABASE_URL" not in os.environ:
        postgres.ensure_running()
