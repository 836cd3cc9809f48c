"""Keeps the timeline up to date with polls, hours and zones.

Whoever changes those leaves marks in the same transaction; `refresh` answers all
marks that it finds and recomputes nothing else.
"""

from collections import namedtuple
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction

import sql

DAY = timedelta(days=1)
WEEK = 7 * DAY

Moment = namedtuple("Moment", ["as_of", "first_kept"])


class NoMoment(Exception):
    """There is no poll whose moment figures could speak of, or it has been pruned."""


@contextmanager
def snapshot():
    """Open a transaction in which all that is read is of one moment.

    Within another transaction nothing is changed: that one must keep writers away.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            sql.run("timeline/see_one_moment")
        yield


@contextmanager
def refreshing():
    """Open a snapshot that sees what the refreshes before it left, and no others."""
    with snapshot():
        sql.run("timeline/lock_refresh")
        yield


@refreshing()
def refresh(as_of=None):
    """Bring the timeline up to date; return the moment as of which figures speak.

    That is `as_of` (an aware instant) or, without it, the newest poll's. Afterwards
    the timeline covers every date that a poll speaks for and the week before
    as_of, the longest window. Raises NoMoment where there is neither as_of nor a
    poll, or where the polls of that week have been pruned. Waits for a refresh that is
    under way elsewhere.
    """
    sql.run("session_for_bulk")
    state = sql.one("timeline/lock_state")
    if state.carry_limit not in (None, settings.CARRY_LIMIT):
        mark_everything()
    batches = sql.one("timeline/claim_batches").batches
    sql.run("timeline/drop_work")
    sql.run("timeline/gather_dates", batches=batches)
    newest = sql.one("timeline/newest_poll").newest_poll_at
    as_of = as_of or newest
    if as_of is None:
        raise NoMoment("there is no poll yet, and no moment to report was given")
    refuse_pruned(as_of, state.history_from)
    find_new_days(as_of, state.history_from)
    sql.run("timeline/find_due_days", batches=batches, carry=settings.CARRY_LIMIT)
    recut_due_days()
    sql.run("timeline/cover_days")
    sql.run("timeline/save_state", newest_poll_at=newest, carry=settings.CARRY_LIMIT)
    sql.run("timeline/delete_marks", batches=batches)
    return as_of


@contextmanager
def reading(as_of=None):
    """Open a snapshot with an up-to-date timeline; yield the Moment it speaks of.

    That has `as_of`, if not given the newest poll's, and `first_kept`, the first
    moment that readers can be told of, None if that is any. Raises NoMoment as
    refresh does.
    """
    with snapshot():
        state = state_at(as_of)
        if state.is_current and state.is_covered and (as_of or state.newest_poll_at):
            yield moment(state, as_of)
            return
    # Now it is brought up to date, and read before anyone else changes it.
    with refreshing():
        catch_up(as_of)
        yield moment(state_at(as_of), as_of)


def moment(state, as_of):
    if as_of is None:
        refuse_pruned(state.newest_poll_at, state.history_from)
    return Moment(as_of or state.newest_poll_at, first_kept(state.history_from))


def catch_up(as_of):
    """Bring the timeline up to date for a reader, and have it cover as_of, if given.

    Raises NoMoment where there is neither as_of nor a poll. Dates that have been
    pruned, or lie far from all polls, stay uncovered.
    """
    try:
        refresh()
    except NoMoment:
        if as_of is None:
            raise
        refresh(as_of)
    if not state_at(as_of).is_covered:
        with suppress(NoMoment):
            refresh(as_of)


def first_moment_kept():
    """Return the first moment that readers can be told of, None if that is any."""
    return first_kept(state_at(None).history_from)


def first_kept(history_from):
    if history_from is None:
        return None
    # Somewhere on earth that date begins a day later.
    return datetime.combine(history_from + DAY, time(0), UTC)


def pruned(first_kept, since):
    """Say that not all is kept of what was from `since` on; None where all is."""
    if first_kept and since < first_kept:
        return f"the polls before {first_kept.isoformat()} have been pruned"
    return None


def state_at(as_of):
    return sql.one("timeline/current", carry=settings.CARRY_LIMIT, as_of=as_of)


def refuse_pruned(as_of, history_from):
    """Raise NoMoment if the week before as_of reaches beyond what is kept."""
    first_day = (as_of.astimezone(UTC) - WEEK).date() - DAY
    if history_from and first_day < history_from:
        earliest = history_from + DAY + WEEK
        raise NoMoment(
            f"the polls before {history_from} have been pruned: a report can speak of "
            f"{earliest}T00:00:00Z or a later moment"
        )


def find_new_days(as_of, history_from):
    """Find the dates to cover from now on, of the marks and of the longest window."""
    sql.run(
        "timeline/find_new_days",
        carry=settings.CARRY_LIMIT,
        since=as_of - WEEK,
        until=as_of,
        history_from=history_from,
    )
    sql.run("timeline/analyze_new_days")


def recut_due_days():
    """Make the periods of the due dates anew, and of no others."""
    expand_sessions()
    sql.run("timeline/delete_due_periods")
    with sql.key_built_last("timeline"):
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
