"""Reads the uptime of many stores over a range, as a total and in groups.

Up and observed time are summed before they are divided: a percentage is never a mean
of percentages. All functions need a transaction of `reading` around them. Instants are
aware, lengths are in seconds.

Each `by_…` returns the total and the groups. All rows have `stores`, the six figures
of uptime/by_day, and those of the previous range as `previous_…`. Without a previous
range these are 0 or None.
"""

from dataclasses import dataclass, replace
from datetime import datetime

import sql
from stores.timeline.moments import DAY, first_moment

MOST_GROUPS = 50_000


@dataclass
class Ranges:
    """A range of time, the stores to sum, and a previous range to compare with.

    `viewer` is that of stores/scope.py. `labels` has texts such as "region:west": a
    store must have one of the values asked for each name. None asks for all stores.
    """

    since: datetime
    until: datetime
    viewer: int | None
    labels: list[str] | None = None
    previous_since: datetime | None = None
    previous_until: datetime | None = None

    def compared(self, by_day=False):
        """Return these with a previous range: the one just before, of the same length.

        By day it is whole days earlier, rounded up. Otherwise dates would be compared
        that the two ranges cut at different times.
        """
        shift = self.until - self.since
        if by_day:
            shift = -(-shift // DAY) * DAY
        return replace(
            self, previous_since=self.since - shift, previous_until=self.until - shift
        )

    def uncompared(self):
        """Return these without a previous range."""
        return replace(self, previous_since=None, previous_until=None)

    def previous_is_kept(self, history_from):
        """Return if all polls of the previous range are kept, or there is none."""
        first = first_moment(history_from)
        return not (first and self.previous_since and self.previous_since < first)


def by_label_and_day(ranges, label=None, by_day=False):
    """Return the total and a group for each value of a label, date, or pair of both.

    See rollup/by_label_and_day. There are at most MOST_GROUPS + 1 groups.
    """
    shift = ranges.previous_since and ranges.since - ranges.previous_since
    return read(
        "rollup/by_label_and_day",
        ranges,
        label=label,
        by_day=by_day,
        shift_days=shift and shift.days,
        limit=MOST_GROUPS + 2,
    )


def by_window(windows):
    """Return the totals of several Ranges of the same stores, in their order.

    They have no `stores`. See rollup/by_window.
    """
    since = min(window.previous_since or window.since for window in windows)
    until = max(window.until for window in windows)
    whole = replace(windows[0], since=since, until=until).uncompared()
    gather(whole)
    return sql.rows(
        "rollup/by_window",
        since=since,
        until=until,
        viewer=whole.viewer,
        labels=whole.labels,
        sinces=[window.since for window in windows],
        untils=[window.until for window in windows],
        previous_sinces=[window.previous_since for window in windows],
        previous_untils=[window.previous_until for window in windows],
    )


def by_weekday_hour(ranges):
    """Return the total and a group for each weekday and hour of the stores' clocks.

    See rollup/by_weekday_hour. A previous range must end where the range begins.
    """
    odd = sql.rows("rollup/find_odd_zones", **vars(ranges))
    return read(
        "rollup/by_weekday_hour",
        ranges,
        odd_zones=[found.zone for found in odd],
        odd_steps=[found.step for found in odd],
    )


def by_location(ranges, label="location"):
    """Return the total and a group for each value of a label of stores at one place.

    The groups also have `any_down_seconds` and `all_down_seconds`; see
    rollup/by_location.
    """
    return read("rollup/by_location", ranges, label=label)


def by_store(ranges):
    """Return the total and a group for each store.

    The groups also have `store_id` and `display_name`; see rollup/by_store. There are
    at most MOST_GROUPS + 1.
    """
    return read("rollup/by_store", ranges, limit=MOST_GROUPS + 2)


def worst_stores(ranges, limit):
    """Return the stores with the most downtime, and the last seven dates of each.

    See rollup/worst_stores. A previous range is not read.
    """
    gather(ranges.uncompared())
    return sql.rows("rollup/worst_stores", limit=limit, **vars(ranges))


def read(name, ranges, **options):
    gather(ranges)
    total, *groups = sql.rows(name, **vars(ranges), **options)
    return total, groups


def gather(ranges):
    """Make the tables that a query needs beside the timeline.

    `unobserved` has the sessions of dates that are not covered. `excused` has the parts
    of all periods that are excused.
    """
    sql.prepare_for_bulk_work()
    sql.drop_temporary("uncovered_day", "due_day", "work_session", "unobserved")
    sql.drop_temporary("excused")
    sql.run("rollup/find_uncovered_days", **vars(ranges))
    sql.run("rollup/find_due_days")
    sql.run("timeline/expand_sessions", lead_days=0)
    sql.run("rollup/gather_unobserved")
    sql.run("rollup/gather_excused", **vars(ranges))
