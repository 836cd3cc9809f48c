"""Reads the uptime of one store over any range.

`cut` makes a table of the range's periods; the other functions read it. All of them
need a transaction of `reading` around them. Instants are aware, lengths are in seconds.
"""

from dataclasses import dataclass
from datetime import datetime

import sql

PICTURE_DAYS = 7


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

    The dates that the timeline does not cover are unobserved.
    """
    span = {"store_id": store_id, "since": since, "until": until}
    sql.drop_temporary("range_period", "due_day", "work_session")
    sql.run("uptime/cut_range", **span)
    if sql.run("uptime/find_uncovered_days", **span):
        sql.run("timeline/expand_sessions", lead_days=0)
        sql.run("uptime/add_unobserved", since=since, until=until)
    return Range(**span)


def picture(store_id, until):
    """Return a store's last seven local dates up to `until`: their span and periods.

    The span is the row of uptime/start_of_days, the periods are the rows of
    uptime/picture. There are none if the store was deleted in the meantime.
    """
    days = {"store_id": store_id, "until": until, "days": PICTURE_DAYS}
    for span in sql.rows("uptime/start_of_days", **days):
        cut(store_id, span.starts_at, until)
        return span, sql.rows("uptime/picture", **days)
    return None, []
