"""Two stores that were polled on one Monday, and a third that was closed."""

from tests.support import engine
from tests.support.labels import label
from tests.support.reference import HOUR, Data, parse_instant


def at(clock, day=23):
    return parse_instant(f"2023-01-{day} {clock}:00 UTC")


SECONDS = [
    f"{kind}_seconds" for kind in ("business", "up", "down", "unobserved", "excused")
]
# On Mondays from 09:00 to 17:00. Until 13:00 on the 23rd, "good" was up for 4 hours and
# "bad" down for 1 of 3, so that the mean of their percentages would be 83.33.
TWO = Data(
    [
        ("good", True, at("09:00")),
        ("good", True, at("13:00")),
        ("bad", False, at("10:00")),
        ("bad", True, at("11:00")),
    ],
    [
        ("good", 0, 9 * HOUR, 17 * HOUR),
        ("bad", 0, 10 * HOUR, 17 * HOUR),
        ("closed", 2, 9 * HOUR, 17 * HOUR),
    ],
    [("good", "UTC"), ("bad", "UTC"), ("closed", "UTC")],
)
TOTAL = {
    "stores": 3,
    "business_seconds": 7 * 3600.0,
    "up_seconds": 6 * 3600.0,
    "down_seconds": 3600.0,
    "unobserved_seconds": 0.0,
    "excused_seconds": 0.0,
    "uptime_percent": 85.71,
}
DAY = {"from": "2023-01-23", "to": "2023-01-23T13:00:00Z"}


def load_two():
    engine.load(TWO)
    label(good={"region": "west"}, bad={"region": "east"})
