"""Opens a snapshot in which the timeline is up to date."""

from collections import namedtuple
from contextlib import ExitStack, contextmanager, suppress

from django.conf import settings

import sql
from stores.timeline.moments import NoFigures, newest_moment, refuse_pruned_report
from stores.timeline.refresh import refresh, refreshing, snapshot

Moment = namedtuple("Moment", ["as_of", "history_from"])


@contextmanager
def reading(as_of=None):
    """Open a snapshot with an up-to-date timeline; yield the Moment to read.

    It has `as_of`, by default the newest moment (rule 7), and `history_from`, the first
    date whose polls are kept, or None. Raises NoPolls or Pruned.
    """
    with snapshot():
        state = state_at(as_of)
        if state.is_current and state.is_covered and (as_of or state.newest_poll_at):
            yield moment(state, as_of)
            return
    # The refresh is in the same transaction, so the timeline cannot change in between.
    with refreshing():
        catch_up(as_of)
        yield moment(state_at(as_of), as_of)


def moment(state, as_of):
    if as_of is None:
        as_of = newest_moment(state.newest_poll_at)
        refuse_pruned_report(as_of, state.history_from)
    return Moment(as_of, state.history_from)


def catch_up(as_of):
    """Bring the timeline up to date, and extend it to cover as_of, if given.

    Raises NoPolls if there is neither as_of nor a poll. Dates that were pruned, or are
    far from all polls, stay uncovered.
    """
    try:
        refresh()
    except NoFigures:
        if as_of is None:
            raise
        refresh(as_of)
    if not state_at(as_of).is_covered:
        with suppress(NoFigures):
            refresh(as_of)


@contextmanager
def reading_now():
    """Open a snapshot to read the current state of stores; yield its moment.

    That is the newest moment (rule 7), or None if there is no poll to use.
    """
    with ExitStack() as stack:
        as_of = None
        with suppress(NoFigures):
            as_of = stack.enter_context(reading()).as_of
        yield as_of


def state_at(as_of):
    return sql.one("timeline/current", carry=settings.CARRY_LIMIT, as_of=as_of)
