"""Forgets old polls, and the part of the timeline that was made of them.

What is kept stays exact: polls go only where no kept date can depend on them. What is
gone is not guessed at: no report reaches back beyond the boundary any more.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction

import sql
from stores import timeline

# The week of a report as of the newest poll, and a date for the zones.
FEWEST_DAYS = 8


def prune_polls(keep_days):
    """Delete what is more than so many days older than the newest poll.

    Works in steps of about a week, each of them for good; yields how many polls each
    deleted. Raises ValueError where a report would need more. Waits for an ingest that
    is under way.
    """
    if keep_days < FEWEST_DAYS:
        raise ValueError(f"polls must be kept for at least {FEWEST_DAYS} days")
    is_done = False
    while not is_done:
        deleted, is_done = prune_step(timedelta(days=keep_days))
        yield deleted


def prune_ingests(keep_days):
    """Forget the ingests asked for more than so many days ago; return how many.

    What they stored stays; their counts and the rows that they set aside go.
    """
    before = datetime.now(UTC) - timedelta(days=keep_days)
    return sql.one("retention/delete_ingests", before=before).ingests


def newest_poll():
    """Bring the timeline up to date; return the newest poll's instant, if any."""
    with suppress(timeline.NoMoment):
        return timeline.refresh()


@transaction.atomic
def prune_step(keep):
    """Delete what is older than the next boundary; tell how much, and if all is done.

    A boundary is the first date (local, of every store) whose polls are all kept.
    """
    sql.run("session_for_bulk")
    sql.run("ingest/lock")
    newest = newest_poll()
    if newest is None:
        return 0, True
    last = (newest - keep).date()
    boundary = sql.one("retention/next_boundary", last=last).boundary
    if sql.run("retention/save_boundary", boundary=boundary) == 0:
        return 0, True
    sql.run("retention/delete_periods", boundary=boundary)
    sql.run("retention/uncover_days", boundary=boundary)
    carry = settings.CARRY_LIMIT
    deleted = sql.run("retention/delete_polls", boundary=boundary, carry=carry)
    return deleted, boundary == last
