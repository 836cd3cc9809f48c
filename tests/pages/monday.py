"""Five stores on Monday, 2023-01-23, up to 18:45Z, and what is known of them.

- `denver` is open from 16:00Z to 19:00Z. It is up, and from 18:15Z down: for 30 of its
  165 minutes.
- `long` is open from 08:00Z to 20:00Z and was never seen up: 645 minutes.
- `late` is always open. It was seen up at 18:45Z, the newest poll.
- `unseen` is always open, and was never polled.
- `shut` is open on Wednesdays only.
"""

from tests.support.reference import HOUR, Data, parse_instant


def at(clock):
    return parse_instant(f"2023-01-23 {clock}:00 UTC")


MONDAY = Data(
    [
        ("denver", True, at("17:14")),
        ("denver", False, at("18:15")),
        ("long", False, at("08:00")),
        ("late", True, at("18:45")),
    ],
    [
        ("denver", 0, 9 * HOUR, 12 * HOUR),
        ("long", 0, 8 * HOUR, 20 * HOUR),
        ("shut", 2, 9 * HOUR, 17 * HOUR),
    ],
    [
        ("denver", "America/Denver"),
        *((name, "UTC") for name in ("long", "late", "unseen", "shut")),
    ],
)
LABELS = {
    "denver": {"region": "west", "brand": "Bella"},
    "long": {"region": "east"},
    "late": {"region": "west"},
}
