"""Keeps the timeline up to date with polls, hours and zones.

Every change adds marks in its own transaction. `refresh` processes all marks that it
finds, and computes only the dates that they affect.
"""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import perf_counter

from django.conf import settings
from django.db import OperationalError, connection, transaction
from psycopg2.errors import LockNotAvailable, QueryCanceled

import sql
from restaurant_monitor.counters.counting import Amount, add
from stores.models import CoveredDay, Mark, TimelineState
from stores.timeline.marks import mark
from stores.timeline.moments import (
    DAY,
    NoPolls,
    newest_moment,
    refuse_pruned_report,
)

# What a request may do itself: cut about as many dates of stores, and no statement may
# take longer. The worker does all else.
LITTLE_WORK = 1000
LITTLE_SECONDS = 1

# The worker covers a date this long before polls can affect it. So the first polls of a
# date cost no more than others.
AHEAD = timedelta(hours=6)

REFRESH = "refresh"  # the name of its counter, whose total is in seconds


@contextmanager
def snapshot(*lock):
    """Open a transaction that reads from one snapshot, after it took a table's lock.

    `lock` has the arguments of `sql.lock_table`, if any. Within another transaction
    this only takes the lock: that one must lock out writers.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            sql.use_one_snapshot()
        if lock:
            sql.lock_table(*lock)
        if is_outermost:
            sql.take_snapshot()
        yield


@contextmanager
def refreshing(wait=True):
    """Open a snapshot and lock out other refreshes: only one runs at a time.

    Raises OperationalError if another one runs and this shall not wait for it.
    """
    with snapshot("timeline_state", "exclusive", wait):
        yield


def refresh(as_of=None):
    """Bring the timeline up to date; return the moment of the figures.

    That is `as_of` (an aware datetime), by default the newest moment (rule 7). The
    timeline then covers, for all stores, the weeks before as_of and before the newest
    moment; and for each store the dates that its polls can affect.
    Raises NoPolls or Pruned. Waits for a refresh in another transaction.
    """
    with refreshing():
        as_of = process_marks(as_of)
        if as_of is None:
            raise NoPolls
        refuse_pruned_report(as_of, lock_state().history_from)
    return as_of


def refresh_if_little():
    """Bring the timeline up to date, unless this is much work or another one does it.

    So a request may call it: it is bounded. One after another costs nothing.
    """
    with unless(LockNotAvailable, QueryCanceled), refreshing(wait=False):
        sql.limit_statements_until_commit(LITTLE_SECONDS)
        if not current_state().is_current and is_little_work():
            process_marks()


def refresh_if_free():
    """Bring the timeline up to date, some hours ahead, unless another refresh runs."""
    with unless(LockNotAvailable), refreshing(wait=False):
        process_marks(soon())


def is_behind():
    """Say whether marks wait, or a date that polls will need soon is not covered."""
    if Mark.objects.exists():
        return True
    needed = soon()
    return bool(needed) and not CoveredDay.objects.filter(day=last_day(needed)).exists()


def soon():
    """Return a moment that polls can soon affect by rule 6, or None without polls."""
    newest = newest_moment(TimelineState.objects.get().newest_poll_at)
    return newest and newest + AHEAD + settings.CARRY_LIMIT


def last_day(as_of):
    """Return the last date that figures of a moment need, in any time zone."""
    return as_of.astimezone(UTC).date() + DAY


@contextmanager
def unless(*causes):
    """Give up, without an error, if the database reports one of these."""
    try:
        yield
    except OperationalError as error:
        if not isinstance(error.__cause__, causes):
            raise


def current_state():
    """Return what readers find: the newest poll, and if all marks are processed."""
    return sql.one("timeline/current", carry=settings.CARRY_LIMIT)


def is_little_work():
    now, carry = datetime.now(UTC), settings.CARRY_LIMIT
    return sql.one("timeline/work", now=now, carry=carry).dates <= LITTLE_WORK


def process_marks(as_of=None):
    """Process the marks, and cover the weeks before as_of and the newest moment.

    Returns as_of, by default the newest moment, or None if there is no poll.
    """
    began = perf_counter()
    carry = settings.CARRY_LIMIT
    sql.prepare_for_bulk_work()
    state = lock_state()
    if state.carry_limit not in (None, carry):
        mark()
    batches = list(Mark.objects.values_list("batch", flat=True).distinct())
    sql.drop_temporary(*WORK_TABLES)
    newest_poll_at = sql.one("timeline/newest_poll", batches=batches).newest_poll_at
    newest = newest_moment(newest_poll_at)
    as_of = as_of or newest
    forget_days(newest_poll_at, as_of)
    cover(batches, [newest, as_of], state.history_from)
    sql.run("timeline/find_due_days", batches=batches, carry=carry)
    expand_sessions()
    sql.run("timeline/find_reaches", batches=batches)
    sql.run("timeline/delete_due_periods")
    with sql.key_built_last("timeline"):
        sql.run("timeline/cut_periods", carry=carry)
    renew_outages()
    TimelineState.objects.update(newest_poll_at=newest_poll_at, carry_limit=carry)
    Mark.objects.filter(batch__in=batches).delete()
    add(Amount(REFRESH, perf_counter() - began))
    return as_of


WORK_TABLES = [
    *("asked_day", "marked_date", "new_day", "rare_date", "own_day"),
    *("due_day", "work_session", "reach", "down_period"),
]


def lock_state():
    """Return the timeline's state; lock it until the transaction ends."""
    return TimelineState.objects.select_for_update().get()


def forget_days(newest_poll_at, as_of):
    """Delete the dates that only a report of the future has asked for.

    They are so far after all polls that they can only be unobserved, and after as_of.
    """
    spoken_until = newest_poll_at and newest_poll_at + settings.CARRY_LIMIT
    moments = [moment for moment in (spoken_until, as_of) if moment]
    if not moments:
        return
    last_day = max(moments).astimezone(UTC).date() + 2 * DAY
    deleted, _ = CoveredDay.objects.filter(day__gt=last_day).delete()
    if deleted:
        sql.run("timeline/forget_periods", last_day=last_day)


def cover(batches, moments, history_from):
    """Add the dates to cover: of the weeks before these moments, and of the marks."""
    kept, carry = {"history_from": history_from}, settings.CARRY_LIMIT
    sql.run("timeline/find_asked_days", moments=moments)
    sql.run(
        "timeline/gather_dates", batches=batches, carry=carry, lead_days=lead_days()
    )
    sql.run("timeline/find_new_days", **kept)
    sql.run("timeline/cover_days")
    sql.run("timeline/release_own_days")
    sql.run("timeline/find_rare_dates")
    # Otherwise the planner expects thousands of dates instead of a few.
    sql.analyze("new_day", "rare_date")
    sql.run("timeline/find_own_days", batches=batches, carry=carry, **kept)
    sql.run("timeline/cover_own_days")


def lead_days():
    """Return how many dates before another one have polls that can affect it."""
    # A date can be an hour short, so the carry limit may reach one day further.
    return -(-settings.CARRY_LIMIT // DAY) + 1


def expand_sessions():
    """Make the work table of the sessions of the due dates and the dates before."""
    sql.run("timeline/expand_sessions", lead_days=lead_days())
    sql.analyze("due_day", "work_session")


def renew_outages():
    """Derive the outages of the table `reach` from the periods again."""
    sql.run("timeline/gather_down_periods")
    sql.drop_temporary("due_day")
    if sql.run("timeline/find_gap_days"):
        sql.drop_temporary("work_session")
        sql.run("timeline/expand_sessions", lead_days=0)
    sql.run("timeline/delete_outages")
    sql.run("timeline/add_outages")
