"""Measures what it costs that a user sees only the stores that were granted.

Both users see every store: one without a limit, one by as many grants as there are
stores, and one by a label that all stores have. They take turns.
"""

from django.contrib.auth.models import Group, User
from django.test import Client

import sql
from reports.compute import compute_now
from restaurant_monitor.access.keys import create_key
from restaurant_monitor.access.models import Grant
from stores.models import Store, StoreLabel
from tests.bench.api import checked
from tests.bench.rival import timed

READS = {
    "a page of stores": "/api/stores",
    "stores that are down": "/api/stores?status=down",
    "a page of outages": "/api/outages",
    "a page of a report's rows": "/api/reports/{report}/rows?order=-down",
    "a report's CSV": "/api/download/{report}",
}
USERS = ["unlimited", "granted", "by label"]


def measure(times):
    """Yield the name of each read with its user, and the seconds that it took."""
    clients = {
        "unlimited": client_of(viewer("unlimited", "all stores")),
        "granted": client_of(grant_each(viewer("granted"))),
        "by label": client_of(grant_label(viewer("by label"))),
    }
    report = compute_now().pk
    sql.analyze("access_grant", "store_label", "report_row")
    for _ in range(times):
        for what, address in READS.items():
            for name, client in clients.items():
                seconds = read(client, address.format(report=report))
                yield f"{what}, {name}", seconds


def viewer(name, *more_roles):
    user = User.objects.create_user(name)
    user.groups.set(Group.objects.filter(name__in=["viewer", *more_roles]))
    return user


def grant_each(user):
    Grant.objects.bulk_create(Grant(user=user, store_id=i) for i in every_id())
    return user


def grant_label(user):
    StoreLabel.objects.bulk_create(
        StoreLabel(store_id=i, name="chain", value="all") for i in every_id()
    )
    Grant.objects.create(user=user, label_name="chain", label_value="all")
    return user


def every_id():
    return Store.objects.values_list("pk", flat=True)


def client_of(user):
    _, key = create_key(user, "bench")
    return Client(headers={"host": "localhost", "authorization": f"Bearer {key}"})


def read(client, address):
    def whole():
        answer = checked(client.get(address), 200)
        b"".join(answer) if answer.streaming else answer.content

    return timed(whole)
