"""Measures the overview, its parts and the page of a store, as the server answers."""

from functools import partial

from django.test import Client

from stores.targets import set_target
from tests.bench import scope
from tests.bench.api import checked
from tests.bench.rival import timed

BACKEND = "restaurant_monitor.access.passwords.PasswordBackend"
READS = {
    "overview": "/",
    "the stores that are down": "/?status=down",
    "the overview of a region": "/?label=region:west",
    "a search": "/overview/stores/?search=bar",
    "uptime of hour, day and week": "/overview/uptime/",
    "targets of the month": "/overview/targets/",
    "worst and best regions": "/overview/labels/",
    "worst stores": "/overview/worst/",
    "weekdays and hours": "/overview/hours/",
    "30 dates": "/overview/month/",
    "a store": "/stores/{store_id}/",
}


def measure(store_id, times):
    """Yield the name of each page and the seconds that its answer took, in turns."""
    for label in ("all", "region:west", "region:east"):
        set_target(label, 99)
    client = Client(headers={"host": "localhost"})
    client.force_login(scope.viewer("reader of pages", "all stores"), BACKEND)
    for _ in range(times):
        for name, address in READS.items():
            page = address.format(store_id=store_id)
            yield f"page {name}", timed(partial(read, client, page))


def read(client, page):
    checked(client.get(page), 200)
