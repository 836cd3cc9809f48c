"""Four stores with a poll and one without, and their addresses."""

from urllib.parse import quote

from tests.support.reference import HOUR, Data, parse_instant

STORES = "/api/stores"


def address(store_id, *rest):
    return "/".join([STORES, segment(store_id), *rest])


def segment(store_id):
    """An id in an address, as docs/api.md explains it."""
    encoded = quote(store_id, safe="")
    if store_id in (".", "..") or set(store_id) & set("/\\%?#;"):
        return "=" + encoded.translate(
            {ord("."): "~2E", ord("~"): "~7E", ord("%"): "~"}
        )
    return encoded


def at(clock):
    return parse_instant(f"2023-01-23 {clock}:00 UTC")


# The newest poll is on a Monday at 12:00 UTC.
DATA = Data(
    [
        ("up", True, at("11:00")),
        ("down", False, at("12:00")),
        ("closed", True, at("10:30")),
        ("far", True, at("11:30")),
    ],
    [
        ("up", 0, 9 * HOUR, 17 * HOUR),
        ("down", 0, 9 * HOUR, 17 * HOUR),
        ("closed", 0, 9 * HOUR, 12 * HOUR),
        ("unseen", 0, 9 * HOUR, 17 * HOUR),
        ("far", 0, 9 * HOUR, 17 * HOUR),
    ],
    [
        ("up", "UTC"),
        ("down", "UTC"),
        ("closed", "UTC"),
        ("unseen", "UTC"),
    ],
)
