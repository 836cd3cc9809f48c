"""Deletes old polls, and the part of the timeline that was computed from them.

The kept figures stay exact: a poll is deleted only if no kept date can depend on it.
Figures that need deleted polls are refused, not guessed.
"""

from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

import sql
from restaurant_monitor.access.audit import record_pruned
from stores.editing import lock_writers
from stores.models import CoveredDay, OwnDay, TimelineState
from stores.timeline.moments import NoFigures
from stores.timeline.refresh import refresh, renew_outages

# A report as of the newest poll needs a week, and time zones need one date more.
FEWEST_DAYS = 8
DAYS_AT_ONCE = 7  # so that no step takes long


def prune_polls(keep_days):
    """Delete the polls that are more than `keep_days` older than the newest one.

    Works in steps of about a week; commits each and yields how many polls it deleted.
    Raises ValueError if a report would need more days. Waits for a running ingest.
    """
    if keep_days < FEWEST_DAYS:
        raise ValueError(f"polls must be kept for at least {FEWEST_DAYS} days")
    is_done = False
    while not is_done:
        deleted, is_done = prune_step(timedelta(days=keep_days))
        yield deleted


@transaction.atomic
def prune_step(keep):
    """Delete polls before the next boundary; return how many, and if it was the last.

    A boundary is the first local date whose polls are all kept.
    """
    sql.prepare_for_bulk_work()
    lock_writers()
    newest = newest_poll()
    if newest is None:
        return 0, True
    last = (newest - keep).date()
    boundary = next_boundary(last)
    if not move_boundary(boundary):
        return 0, True
    sql.run("retention/delete_periods", boundary=boundary)
    for model in (CoveredDay, OwnDay):
        model.objects.filter(day__lt=boundary).delete()
    shorten_outages(boundary)
    carry = settings.CARRY_LIMIT
    deleted = sql.run("retention/delete_polls", boundary=boundary, carry=carry)
    record_pruned("polls", deleted)
    return deleted, boundary == last


def shorten_outages(boundary):
    """Let the outages begin at the boundary, as the periods do."""
    sql.drop_temporary("reach", "down_period")
    sql.run("retention/find_reaches", boundary=boundary)
    renew_outages()


def newest_poll():
    """Bring the timeline up to date; return the newest moment, if there is a poll."""
    with suppress(NoFigures):
        return refresh()


def next_boundary(last):
    """Return the next date to prune up to, at most `last`."""
    days = CoveredDay.objects.filter(day__lt=last).order_by("day")
    return days.values_list("day", flat=True)[DAYS_AT_ONCE:].first() or last


def move_boundary(boundary):
    """Store the boundary unless a later one is stored; return if it was stored."""
    earlier = Q(history_from=None) | Q(history_from__lte=boundary)
    return TimelineState.objects.filter(earlier).update(history_from=boundary)
