"""A reader sees all of a transaction or nothing, on whichever servers it wrote."""

from subprocess import PIPE

import pytest

from stores.models import Store
from stores.timeline.refresh import snapshot
from tests.support import processes

STORES = [str(number) for number in range(20)]  # on more than one server of a cluster
READS = 300
# Each transaction gives all stores one name.
WRITE = """
import itertools
import django
django.setup()
from django.db import transaction
from stores.models import Store

for number in itertools.count():
    with transaction.atomic():
        for store in Store.objects.order_by("store_id"):
            Store.objects.filter(pk=store.pk).update(display_name=str(number))
    if not number:
        print("began", flush=True)
"""


@pytest.fixture
def writer(own_database):
    """A process that commits one transaction after the other, until the end."""
    Store.objects.bulk_create(Store(store_id) for store_id in STORES)
    with processes.started(own_database, script=WRITE, stdout=PIPE) as process:
        assert process.stdout.readline() == "began\n"
        yield process
        assert process.poll() is None, process.stderr.read()
        process.kill()


def test_a_snapshot_has_whole_transactions_only(writer):
    seen = set()
    for _ in range(READS):
        with snapshot():
            names = {*Store.objects.values_list("display_name", flat=True)}
        assert len(names) == 1
        seen |= names
    assert len(seen) > 1
