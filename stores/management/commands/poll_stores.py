"""manage.py poll_stores: poll the stores that are due, now or until it is stopped."""

import logging
import time

from django.core.management.base import CommandError

from restaurant_monitor.versions import DataCommand, OtherVersion, refuse_other_version
from stores.models import PollingRound, Probe
from stores.polling.rounds import AlreadyPolling, poll

EVERY_SECONDS = 60  # a round begins at most so often

logger = logging.getLogger("restaurant_monitor.polling")


class Command(DataCommand):
    help = (
        "Ask the addresses of stores that are due, and load what was found as polls. "
        "Without --once or --store it goes on until it is stopped; the worker runs it "
        "so while a store has a probe. Only one process polls at a time."
    )

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="run one round")
        parser.add_argument(
            "--store",
            action="append",
            dest="store_ids",
            metavar="ID",
            help="run one round of this store, due or not; may be given several times",
        )

    def handle(self, once, store_ids, **options):
        if once or store_ids:
            self.poll_once(store_ids)
            return
        while True:
            began = time.monotonic()
            self.poll_due()
            time.sleep(max(0, began + EVERY_SECONDS - time.monotonic()))

    def poll_due(self):
        """Run a round if one is due and no other process polls."""
        try:
            refuse_other_version()
            if ended := poll():
                logger.info(described(ended))
        except OtherVersion as error:
            raise CommandError(str(error)) from error
        except AlreadyPolling:
            pass  # the next look may find it gone

    def poll_once(self, store_ids):
        refuse_without_probe(store_ids or [])
        try:
            ended = poll(store_ids)
        except AlreadyPolling as error:
            raise CommandError(str(error)) from error
        self.stdout.write(described(ended) if ended else "No probe is due.")
        if ended and ended.state == PollingRound.State.FAILED:
            raise CommandError("the round failed and gave no polls")


def refuse_without_probe(store_ids):
    found = set(Probe.objects.filter(pk__in=store_ids).values_list("pk", flat=True))
    for store_id in store_ids:
        if store_id not in found:
            raise CommandError(f"the store {store_id!a} has no probe")


def described(ended):
    seen = ended.active + ended.inactive + ended.refused
    text = (
        f"Polled {seen:,} of {ended.probes:,} stores: {ended.active:,} active, "
        f"{ended.inactive:,} inactive, {ended.refused:,} without a poll."
    )
    return f"{text} {ended.error}." if ended.error else text
