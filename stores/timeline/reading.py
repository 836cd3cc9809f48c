"""Opens a snapshot of the timeline.

A reader does a little work if the timeline is out of date. It leaves more to the
worker, and reads the timeline as it is.
"""

from collections import namedtuple
from contextlib import ExitStack, contextmanager, suppress

from stores.timeline.moments import (
    Behind,
    NoFigures,
    NoPolls,
    newest_moment,
    refuse_pruned_report,
)
from stores.timeline.refresh import current_state, refresh_if_little, snapshot

Moment = namedtuple("Moment", ["as_of", "history_from"])


@contextmanager
def reading(as_of=None):
    """Open a snapshot of the timeline; yield the Moment to read.

    It has `as_of`, by default the newest moment (rule 7) of the polls that the timeline
    includes, and `history_from`, the first date whose polls are kept, or None. Raises
    NoPolls, Pruned or Behind.
    """
    with snapshot():
        state = current_state()
        if state.is_current:
            yield moment(state, as_of)
            return
    refresh_if_little()
    with snapshot():
        yield moment(current_state(), as_of)


def moment(state, as_of):
    newest = newest_moment(state.newest_poll_at)
    if not state.is_current and (newest is None or (as_of and as_of > newest)):
        raise Behind
    if as_of is None:
        if newest is None:
            raise NoPolls
        as_of = newest
        refuse_pruned_report(as_of, state.history_from)
    return Moment(as_of, state.history_from)


@contextmanager
def reading_now():
    """Open a snapshot to read the current state of stores; yield its moment.

    That is the newest moment (rule 7), or None if there is no poll to use or the worker
    must first compute the timeline.
    """
    with ExitStack() as stack:
        as_of = None
        with suppress(NoFigures, Behind):
            as_of = stack.enter_context(reading()).as_of
        yield as_of
