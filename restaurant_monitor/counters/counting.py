"""Counts what happened, for the metrics."""

from typing import NamedTuple

from django.db import transaction

import sql


class Amount(NamedTuple):
    """One event to count; see models.Counter. `total` is in seconds or rows."""

    name: str
    total: float
    kind: str = ""
    outcome: str = ""


def add(*amounts):
    """Count Amounts when the current transaction commits.

    That is a transaction of its own. So no writer waits for the counters of another
    one, and an error while counting is logged but undoes nothing.
    """
    # Not a partial: Django needs the function's name to log an error.
    transaction.on_commit(lambda: write(amounts), robust=True)


def write(amounts):
    lists = {f"{field}s": [] for field in Amount._fields}
    for amount in amounts:
        for field, value in amount._asdict().items():
            lists[f"{field}s"].append(value)
    sql.run("counters/add", **lists)
