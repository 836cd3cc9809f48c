"""manage.py work: process the jobs of the queue until SIGTERM or Ctrl-C."""

import logging
import time

from django.conf import settings
from django.core.management.base import BaseCommand

from restaurant_monitor.jobs.child import Stop, stop_on_signals
from restaurant_monitor.jobs.watch import Watch

TICK_SECONDS = 1

logger = logging.getLogger("restaurant_monitor.worker")


class Command(BaseCommand):
    help = (
        "Run the worker. It computes reports and loads uploaded files, in a django-q2 "
        "cluster. Its watch restarts processes that die, queues jobs again that lost "
        "their worker, and replaces a cluster that hangs."
    )

    def handle(self, **options):
        stop_on_signals()
        watch = Watch(self.log)
        try:
            while True:
                watch.tick()
                time.sleep(TICK_SECONDS)
        except Stop:
            self.log("ending when the current jobs are finished")
            watch.cluster.stop(settings.REPORT_SECONDS + 20)
            self.log("ended")

    def log(self, line):
        logger.info(line)
