"""Measures the API: each answer against a bare select of its rows.

An answer goes through the views and is complete JSON. A select only gives its rows to
the driver.
"""

import json
from pathlib import Path

from django.db import connection
from django.test import Client

from stores.ingest.staging import FILE_NAMES
from tests.bench.rival import timed
from tests.support.processes import BEARER

FOLDER = Path(__file__).parent
READS = {
    "uptime": "/api/stores/{store_id}/uptime",
    "timeline": "/api/stores/{store_id}/timeline",
    "store outages": "/api/stores/{store_id}/outages",
    "ongoing outages": "/api/outages?ongoing=true&page_size=1000",
}


def measure(store_id, times):
    """Yield the name and the seconds of each answer, and of each select, in turns."""
    client = Client(headers={"host": "localhost"} | BEARER)
    for _ in range(times):
        for name, address in READS.items():
            yield f"api {name}", ask(client, address.format(store_id=store_id))
            query = "ongoing" if name == "ongoing outages" else "week"
            yield f"select {name}", select(query, store_id)


def ask(client, address):
    return timed(lambda: checked(client.get(address), 200))


def select(name, store_id):
    query = (FOLDER / f"select_{name}.sql").read_text()

    def read():
        with connection.cursor() as cursor:
            cursor.execute(query, {"store_id": store_id})
            cursor.fetchall()

    return timed(read)


def push(folder):
    """Push the polls of an hour's file as they are; return the seconds."""
    body = (folder / FILE_NAMES["status"]).read_bytes()
    client = Client(headers={"host": "localhost"} | BEARER)
    return timed(
        lambda: checked(client.post("/api/polls", body, content_type="text/csv"), 201)
    )


def checked(response, status):
    if response.status_code != status:
        raise RuntimeError(f"{response.status_code}: {json.loads(response.content)}")
    return response
