"""Reads the uptime of one store over any range.

`cut` makes a table of the range's periods; the other functions read it. All of them
need a transaction of `reading` around them. Instants are aware, lengths are in seconds.
"""

from dataclasses import dataclass
from datetime import datetime

import sql
from stores.timeline.moments import DAY

PICTURE_DAYS = 7
LONGEST_WINDOW = 30 * DAY  # of uptime/windows


@dataclass
class Range:
    """A time range of one store, whose periods are in the table range_period."""

    store_id: str
    since: datetime
    until: datetime

    def by_day(self):
        """Return the total, and the figures of each local date; see uptime/by_day."""
        total, *days = sql.rows("uptime/by_day", **vars(self))
        return total, days

    def by_weekday_hour(self):
        """Return the figures by weekday (0 is Monday) and hour of the store's clock."""
        return sql.rows("uptime/by_weekday_hour", store_id=self.store_id)

    def sessions(self):
        """Return the periods, each with the opening and close of its session."""
        return sql.rows("uptime/sessions")


def cut(store_id, since, until):
    """Cut a store's timeline to a range, and return that Range.

    The dates that the timeline does not cover are unobserved. Periods are also cut
    where excused time begins and ends.
    """
    span = {"store_id": store_id, "since": since, "until": until}
    sql.drop_temporary("range_period", "due_day", "work_session")
    sql.run("uptime/cut_range", **span)
    if sql.run("uptime/find_uncovered_days", **span):
        sql.run("timeline/expand_sessions", lead_days=0)
        sql.run("uptime/add_unobserved", since=since, until=until)
    sql.run("uptime/cut_excused", **span)
    return Range(**span)


def picture(store_id, until, first_day=None):
    """Return seven local dates of a store, up to `until`: their span and periods.

    They begin with `first_day`, by default six dates before that of `until`. The span
    is the row of uptime/start_of_days, the periods are the rows of uptime/picture.
    There are none if the store was deleted in the meantime.
    """
    for span in span_of_days(store_id, until, first_day):
        cut(store_id, span.starts_at, span.ends_at)
        return span, sql.rows("uptime/picture", **days_of(store_id, span))
    return None, []


def span_of_days(store_id, until, first_day=None):
    """Return the row of uptime/start_of_days in a list, which is empty without it."""
    days = {"store_id": store_id, "days": PICTURE_DAYS}
    return sql.rows("uptime/start_of_days", until=until, first_day=first_day, **days)


def picture_polls(store_id, span):
    """Return the polls of each date of a span, as paths; see uptime/picture_polls."""
    return sql.rows("uptime/picture_polls", **days_of(store_id, span))


def days_of(store_id, span):
    return {
        "store_id": store_id,
        "first_day": span.first_day,
        "days": PICTURE_DAYS,
        "until": span.ends_at,
    }


def windows(store_id, as_of, kept_from=None):
    """Return the figures of the four windows before as_of; see uptime/windows.

    Also return since when the store is in its status; see uptime/status_since.
    `kept_from` is the first moment whose polls are kept, or None.
    """
    since = kept_since(as_of - 2 * LONGEST_WINDOW, kept_from)
    cut(store_id, since, as_of)
    span = {"store_id": store_id, "since": since, "as_of": as_of}
    found = sql.rows("uptime/windows", kept_from=kept_from, as_of=as_of)
    return found, sql.one("uptime/status_since", **span)


def kept_since(since, kept_from):
    """Return a moment, or the first one whose polls are kept if that is later."""
    return since if kept_from is None else max(since, kept_from)
