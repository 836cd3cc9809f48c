"""Probes to look with, and what a look finds."""

from ipaddress import ip_network
from types import SimpleNamespace

from stores.polling.looks import look_at

LOOPBACK = [ip_network("127.0.0.0/8")]
PLAIN = {
    "status_codes": "200-299",
    "text": "",
    "not_text": "",
    "json_path": "",
    "json_value": "",
}


def probe(url, store_id="A", **fields):
    return SimpleNamespace(store_id=store_id, url=url, **PLAIN | fields)


def looks(*probes, networks=LOOPBACK, seconds=60):
    return [one for batch in look_at(probes, networks, seconds) for one in batch]


def found(url, networks=LOOPBACK, **fields):
    """Return (is_active, reason) of one look."""
    [looked] = looks(probe(url, **fields), networks=networks)
    return looked.is_active, looked.reason
