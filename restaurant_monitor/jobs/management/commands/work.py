"""manage.py work: process the jobs of the queue until SIGTERM or Ctrl-C."""

import logging

from django.core.management.base import CommandError

import sql
from restaurant_monitor.jobs.child import StopSignals
from restaurant_monitor.jobs.watch import STOP_SECONDS, Watch
from restaurant_monitor.versions import DataCommand, OtherVersion

TICK_SECONDS = 1

logger = logging.getLogger("restaurant_monitor.worker")


class Command(DataCommand):
    help = (
        "Run the worker. It computes reports and loads uploaded files, in a django-q2 "
        "cluster. Its watch restarts processes that die, queues jobs again that lost "
        "their worker, and replaces a cluster that hangs."
    )

    def handle(self, **options):
        refuse_pooler()
        signals = StopSignals()
        watch = Watch(self.log)
        try:
            while True:
                watch.tick()
                if signals.come_within(TICK_SECONDS):
                    break
        except OtherVersion as error:
            watch.end_cluster()
            raise CommandError(str(error)) from error
        self.log(f"ending, jobs have {STOP_SECONDS} s to finish")
        watch.stop()
        self.log("ended")

    def log(self, line):
        logger.info(line)


def refuse_pooler():
    """Raise CommandError if the connection does not have the options of settings.py.

    A pooler that hands a connection from client to client drops them. It would also
    hand on the locks that tell which jobs have a worker.
    """
    if sql.setting("client_connection_check_interval") == "0":
        raise CommandError(
            "the connection ignores its options, so there is a pooler: the worker "
            "needs PostgreSQL itself, see Poolers in docs/operations.md"
        )
