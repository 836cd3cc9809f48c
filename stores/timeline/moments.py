"""The moments for which figures exist, and the errors if there are none.

Pruning deletes the polls before a date. Figures that need these polls are refused.
"""

from datetime import UTC, datetime, time, timedelta

from restaurant_monitor.http.errors import Busy

DAY = timedelta(days=1)
WEEK = 7 * DAY  # the longest window of a report


class NoFigures(Exception):
    """The requested figures do not exist. The message says why."""


class NoPolls(NoFigures):
    """No store has any poll, and no moment was given."""

    def __init__(self):
        super().__init__("there is no poll yet")


class Pruned(NoFigures):
    """The polls that the figures need were pruned."""


class Behind(Busy):
    """The worker must first bring the timeline up to date."""

    wait = 5

    def __init__(self):
        super().__init__("the timeline does not include the newest data yet; try again")


def newest_moment(newest_poll_at):
    """Rule 7: return the newest poll's instant, or now if that is earlier.

    One poll of a fast clock must not move the windows of all stores. Returns None if
    there is no poll.
    """
    return newest_poll_at and min(newest_poll_at, datetime.now(UTC))


def first_moment(history_from):
    """Return the first moment that can be read. None means no limit.

    `history_from` is the first local date whose polls are kept, or None. In some time
    zones that date begins up to a day later than in others.
    """
    if history_from is None:
        return None
    return datetime.combine(history_from + DAY, time(0), UTC)


def refuse_pruned(since, history_from):
    """Raise Pruned if not all polls from `since` on are kept."""
    first = first_moment(history_from)
    if first and since < first:
        raise Pruned(f"the polls before {first.isoformat()} were pruned")


def refuse_pruned_report(as_of, history_from):
    """Raise Pruned if not all polls of the week before `as_of` are kept."""
    try:
        refuse_pruned(as_of - WEEK, history_from)
    except Pruned as error:
        earliest = (first_moment(history_from) + WEEK).isoformat()
        raise Pruned(f"{error}: a report can be as of {earliest} or later") from error
