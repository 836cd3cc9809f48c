"""The process that polls, beside the queue: the watch keeps it running."""

import logging
import sys
import time
from math import inf

from restaurant_monitor.jobs.child import Child
from stores.models import Probe

LOOK_SECONDS = 5  # so a process that cannot run does not keep the watch busy

logger = logging.getLogger("restaurant_monitor.worker")


class Poller:
    """Keeps `manage.py poll_stores` running while a store has a probe."""

    def __init__(self):
        command = [sys.executable, sys.argv[0], "poll_stores"]
        self.child = Child("polling", command, logger.info, own_session=False)
        self.looked_at = -inf

    def keep_running(self):
        now = time.monotonic()
        if now - self.looked_at < LOOK_SECONDS:
            return
        self.looked_at = now
        if not self.child.is_running() and Probe.objects.exists():
            self.child.start()

    def end(self):
        """Kill the process. What it saw is kept, and the next one ends its round."""
        if self.child.process:
            self.child.kill()


POLLER = Poller()


def keep_polling(**_):
    """Start the process that polls, if there is something to poll. The watch calls."""
    POLLER.keep_running()


def end_polling(**_):
    POLLER.end()
