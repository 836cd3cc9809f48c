"""Keeps the timeline up to date with polls, hours and zones.

Whoever changes those leaves marks in the same transaction; `refresh` answers all
marks that it finds and recomputes nothing else.
"""

from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import transaction

import sql

DAY = timedelta(days=1)
WEEK = 7 * DAY


class NoMoment(Exception):
    """There is no poll whose moment figures could speak of."""


@transaction.atomic
def refresh(as_of=None):
    """Bring the timeline up to date; return the moment as of which figures speak.

    That is `as_of` (an aware instant) or, without it, the newest poll's. Afterwards
    the timeline covers every date that a poll speaks for and the week before
    as_of, the longest window. Raises NoMoment where there is neither as_of nor a
    poll. Waits for a refresh that is under way elsewhere.
    """
    sql.run("session_for_bulk")
    made_with = sql.one("timeline/lock_state").carry_limit
    if made_with not in (None, settings.CARRY_LIMIT):
        mark_everything()
    batches = sql.one("timeline/claim_batches").batches
    newest = sql.one("timeline/newest_poll", batches=batches).newest_poll_at
    as_of = as_of or newest
    if as_of is None:
        raise NoMoment("there is no poll yet, and no moment to report was given")
    find_due_days(batches, as_of - WEEK, as_of)
    recut_due_days()
    sql.run("timeline/cover_days")
    sql.run("timeline/save_state", newest_poll_at=newest, carry=settings.CARRY_LIMIT)
    sql.run("timeline/delete_marks", batches=batches)
    return as_of


def find_due_days(batches, since, until):
    """Find the dates that the marks, or their being new, make due."""
    carry = settings.CARRY_LIMIT
    sql.run("timeline/drop_work")
    sql.run(
        "timeline/find_new_days",
        batches=batches,
        carry=carry,
        since=since,
        until=until,
    )
    sql.run("timeline/analyze_new_days")
    sql.run("timeline/find_due_days", batches=batches, carry=carry)


def recut_due_days():
    """Make the periods of the due dates anew, and of no others."""
    expand_sessions()
    sql.run("timeline/delete_due_periods")
    sql.run("timeline/cut_periods", carry=settings.CARRY_LIMIT)


def expand_sessions():
    """Make the work table of the due dates' sessions."""
    # A date can be an hour short, so the carry limit may reach one day further.
    lead_days = -(-settings.CARRY_LIMIT // DAY) + 1
    sql.run("timeline/expand_sessions", lead_days=lead_days)
    sql.run("timeline/analyze_work")


def mark_everything():
    """Have the next refresh make the timeline from scratch."""
    sql.run("timeline/mark_everything", batch=uuid4())


@transaction.atomic
def check():
    """Return the rows that break an invariant, by the name of its file in sql/checks.

    All is well where that is empty. Meant for an up-to-date timeline.
    """
    sql.run("session_for_bulk")
    sql.one("timeline/lock_state")
    sql.run("timeline/drop_work")
    sql.run("timeline/find_all_days_due")
    expand_sessions()
    checks = [name for name in sql.names() if name.startswith("checks/")]
    return {name: rows for name in checks if (rows := sql.rows(name))}
