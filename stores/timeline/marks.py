"""Marks the stores whose timeline is out of date. See models.Mark."""

from uuid import uuid4

import sql


def mark(store_ids=None, since_date=None):
    """Let the next refresh make the timeline of stores anew; without ids, of all.

    With `since_date`, only what begins on that local date or later.
    """
    sql.run("timeline/mark", batch=uuid4(), store_ids=store_ids, since_date=since_date)
