"""manage.py work: process the jobs of the queue until SIGTERM or Ctrl-C."""

import logging

from django.core.management.base import CommandError

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
