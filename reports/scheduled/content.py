"""What a scheduled report says: the figures of a calendar period, and the one before.

All figures are as of the newest moment. If that is earlier than the period's end, the
report ends there and says so.
"""

from collections import namedtuple
from heapq import nlargest
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from reports.scheduled.periods import DAY, at, period_before
from stores import scope
from stores.targets import budgets
from stores.timeline import rollup
from stores.timeline.moments import NoFigures, refuse_pruned
from stores.timeline.outages import listed_outages, with_stores
from stores.timeline.reading import reading
from stores.timeline.rollup import Ranges

WORST, LONGEST = 5, 5

# `first_day` and `last_day` are dates in the schedule's zone. `until` is where the
# figures end, and `is_cut` tells if that is before the period's end. `total` is a row
# of rollup/by_label_and_day and `stores` are those of rollup/by_store; `is_compared`
# tells if they have the period before. `outages` are the longest ones, each with the
# times of its store's clock. `targets` are rows of targets/budgets.
Content = namedtuple(
    "Content",
    "schedule first_day last_day until is_cut is_compared total stores worst outages "
    "targets",
)


def content(schedule):
    """Return the Content of a ReportSchedule at its `next_at`.

    Raises NoFigures if no poll is as new as the period or its polls were pruned, or
    Behind if the worker must first compute the timeline.
    """
    zone = ZoneInfo(schedule.timezone)
    day = schedule.next_at.astimezone(zone).date()
    first, last = period_before(schedule.period, day)
    with reading() as moment:
        since, end = at(first, zone), at(last + DAY, zone)
        until = min(end, moment.as_of)
        if until <= since:
            raise NoFigures("there are no polls of its time")
        refuse_pruned(since, moment.history_from)
        ranges = Ranges(
            since,
            until,
            viewer_of(schedule),
            schedule.labels or None,
            previous_since=at(period_before(schedule.period, first)[0], zone),
            previous_until=since,
        )
        is_compared = ranges.previous_is_kept(moment.history_from)
        ranges = ranges if is_compared else ranges.uncompared()
        total, stores = rollup.by_store(ranges)
        return Content(
            schedule,
            first,
            last,
            until,
            until < end,
            is_compared and total.previous_uptime_percent is not None,
            total,
            stores,
            worst_of(stores),
            longest_outages(ranges),
            budgets(moment, last, ranges.viewer, ranges.labels).rows,
        )


def viewer_of(schedule):
    """Return the parameter `viewer` of queries; None sees all stores."""
    return schedule.seen_by and scope.viewer(schedule.seen_by)


def worst_of(stores):
    """Return the stores with the most downtime, the worst first."""
    down = [store for store in stores if store.down_seconds]
    return nlargest(WORST, down, key=lambda store: store.down_seconds)


def longest_outages(ranges):
    """Return the longest outages that touch the range, as seen at its end."""
    asked = SimpleNamespace(
        since=ranges.since,
        until=ranges.until,
        as_of=ranges.until,
        ongoing=None,
        at_least_seconds=0,
        cursor=None,
        page_size=LONGEST - 1,
    )
    found = listed_outages(
        asked, ranges.viewer, order="longest_first", labels=ranges.labels
    )
    return with_stores([outage._asdict() for outage in found])
