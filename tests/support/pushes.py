"""Polls to push and upload, in each format."""

import json

PUSH, INGESTS = "/api/polls", "/api/ingests"
JSON, CSV, NDJSON = "application/json", "text/csv", "application/x-ndjson"
A9 = {"store_id": "A", "status": "active", "timestamp_utc": "2023-01-24 09:00:00 UTC"}
A10 = A9 | {"status": "inactive", "timestamp_utc": "2023-01-24T10:00:00Z"}
B9 = A9 | {"store_id": "B"}
HEADER = "store_id,status,timestamp_utc\n"


def as_csv(*rows):
    return HEADER + "".join(f"{','.join(row.values())}\n" for row in rows)


def as_ndjson(*rows):
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def counts(**numbers):
    names = ["read", "new", "changed", "already_there", "superseded", "rejected"]
    return dict.fromkeys(names, 0) | numbers
