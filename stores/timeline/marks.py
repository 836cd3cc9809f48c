"""Marks the stores whose timeline is out of date. See models.Mark."""

from uuid import uuid4

import sql


def mark(store_ids=None, since_date=None):
    """Mark stores, or all: the next refresh computes their timeline again.

    With `since_date`, only from that local date on.
    """
    sql.run("timeline/mark", batch=uuid4(), store_ids=store_ids, since_date=since_date)
