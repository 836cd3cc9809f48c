"""Hundreds of stores at servers that behave badly: the round ends, with all results."""

import sys
from collections import Counter

import pytest

from stores.models import Poll, PollingRound, Probe, ProbeResult, Store
from stores.polling import looks, rounds
from tests.polling.looking import LOOPBACK
from tests.polling.servers import serving

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(sys.platform != "linux", reason="one address of loopback"),
]
HOSTS = [f"127.0.1.{n}" for n in range(1, 81)]
# What each path leads to, with a probe that asks for a text.
REASONS = {
    "/ok": "",
    "/closed": "text missing",
    "/503": "status 503",
    "/hang": "timeout",
    "/slow": "timeout",
    "/reset": "connection",
    "/loop": "too many redirects",
    "/moved": "",
    "/garbage": "answer not readable",
    "/header": "answer not readable",
    "/short": "body not readable",
    "/zip": "body not readable",
    "/long": "text missing",
    "/away": "refused address",
    "/no-charset": "body not readable",
    "/deep": "text missing",
}
STORES = 320  # each path at twenty hosts


def test_every_store_has_its_result(settings, monkeypatch):
    # With all of them at once, an answer takes its time.
    monkeypatch.setattr(looks, "LOOK_SECONDS", 3)
    settings.PROBE_NETWORKS = LOOPBACK
    paths = [*REASONS]
    with serving(HOSTS) as servers:
        away = b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\n\r\n"
        servers.answers["/away"] = away
        wanted = {}
        for n in range(STORES):
            path, host = paths[n % len(paths)], HOSTS[n // 4]
            wanted[f"{n}"] = (path, servers.url(path, host))
        Store.objects.bulk_create(Store(store_id=store_id) for store_id in wanted)
        Probe.objects.bulk_create(
            Probe(store_id=store_id, url=url, text="open")
            for store_id, (_, url) in wanted.items()
        )
        ended = rounds.poll()
    found = dict(ProbeResult.objects.values_list("store_id", "reason"))
    assert found == {i: REASONS[path] for i, (path, _) in wanted.items()}
    assert ended.state == PollingRound.State.COMPLETE
    assert (ended.probes, ended.active, ended.refused) == (STORES, 40, 20)
    polls = Counter(Poll.objects.values_list("is_active", flat=True))
    assert polls == {True: 40, False: 260}
