"""Stores that polls found out of hours while their hours say open."""

from django.test import Client

from tests.api.pushing import push
from tests.support import engine
from tests.support.labels import label
from tests.support.reference import HOUR, MIDNIGHT, Data

# Store, time of 2023-01-23, status and reason. In New York it is five hours less.
POLLS = [
    ("twice", "10:00", "inactive", "out_of_hours"),
    ("twice", "12:30", "inactive", "out_of_hours"),  # closed here, too
    ("twice", "14:00", "inactive", "Out_of_Hours"),
    ("twice", "15:00", "inactive", "store"),
    ("york", "15:00", "inactive", "out_of_hours"),
    ("york", "15:30", "active", "out_of_hours"),  # it was active
    ("other", "15:00", "inactive", "platform"),
    ("night", "20:00", "inactive", "out_of_hours"),
]
DATA = Data(
    [],
    [
        ("twice", 0, 9 * HOUR, 12 * HOUR),
        ("twice", 0, 13 * HOUR, 22 * HOUR),
        ("york", 0, 10 * HOUR, 17 * HOUR),
        ("night", 6, 18 * HOUR, 2 * HOUR),
        ("night", 0, 18 * HOUR, MIDNIGHT),
    ],
    [(store_id, "UTC") for store_id in ("twice", "other", "night")]
    + [("york", "America/New_York")],
)


def load():
    engine.load(DATA)
    rows = [
        {
            "store_id": store_id,
            "status": status,
            "timestamp_utc": f"2023-01-23 {clock}:00 UTC",
            "reason": reason,
        }
        for store_id, clock, status, reason in POLLS
    ]
    assert push(Client(), rows).status_code == 201
    label(twice={"region": "west"}, york={"region": "east"})
