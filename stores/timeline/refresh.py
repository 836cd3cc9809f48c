"""Keeps the timeline up to date with polls, hours and zones.

Every change adds marks in its own transaction. `refresh` processes all marks that it
finds, and computes only the dates that they affect.
"""

from contextlib import contextmanager

from django.conf import settings
from django.db import connection, transaction

import sql
from stores.models import Mark, TimelineState
from stores.timeline.marks import mark
from stores.timeline.moments import (
    DAY,
    WEEK,
    NoPolls,
    newest_moment,
    refuse_pruned_report,
)


@contextmanager
def snapshot():
    """Open a transaction that reads from one snapshot.

    Within another transaction this has no effect: that one must lock out writers.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            sql.use_one_snapshot()
        yield


@contextmanager
def refreshing():
    """Open a snapshot and lock out other refreshes: only one runs at a time."""
    with snapshot():
        sql.lock_table("timeline_state", "exclusive")
        yield


@refreshing()
def refresh(as_of=None):
    """Bring the timeline up to date; return the moment of the figures.

    That is `as_of` (an aware datetime), by default the newest moment (rule 7). The
    timeline then covers every date that a poll can affect, and the week before as_of.
    Raises NoPolls or Pruned. Waits for a refresh in another transaction.
    """
    carry = settings.CARRY_LIMIT
    sql.prepare_for_bulk_work()
    state = lock_state()
    if state.carry_limit not in (None, carry):
        mark()
    batches = list(Mark.objects.values_list("batch", flat=True).distinct())
    sql.drop_temporary(*WORK_TABLES)
    sql.run("timeline/gather_dates", batches=batches)
    newest = sql.one("timeline/newest_poll").newest_poll_at
    as_of = as_of or newest_moment(newest)
    if as_of is None:
        raise NoPolls
    refuse_pruned_report(as_of, state.history_from)
    find_new_days(as_of, state.history_from)
    sql.run("timeline/find_due_days", batches=batches, carry=carry)
    expand_sessions()
    sql.run("timeline/delete_due_periods")
    with sql.key_built_last("timeline"):
        sql.run("timeline/cut_periods", carry=carry)
    sql.run("timeline/cover_days")
    TimelineState.objects.update(newest_poll_at=newest, carry_limit=carry)
    Mark.objects.filter(batch__in=batches).delete()
    return as_of


WORK_TABLES = ["marked_date", "new_day", "due_day", "work_session"]


def lock_state():
    """Return the timeline's state; lock it until the transaction ends."""
    return TimelineState.objects.select_for_update().get()


def find_new_days(as_of, history_from):
    """Find the dates to add: those of marked polls and of the week before as_of."""
    sql.run(
        "timeline/find_new_days",
        carry=settings.CARRY_LIMIT,
        since=as_of - WEEK,
        until=as_of,
        history_from=history_from,
    )
    # Otherwise the planner expects thousands of dates instead of a few.
    sql.analyze("new_day")


def expand_sessions():
    """Make the work table of the sessions of the due dates and the dates before."""
    # A date can be an hour short, so the carry limit may reach one day further.
    lead_days = -(-settings.CARRY_LIMIT // DAY) + 1
    sql.run("timeline/expand_sessions", lead_days=lead_days)
    sql.analyze("due_day", "work_session")
