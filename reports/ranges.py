"""Computes reports of a range: what GET /api/uptime would answer, kept as it was.

All its sums are in the Report itself. They are those of the stores that its user saw
when it was computed. So only that user, and whoever sees all stores, can see them.
"""

import sql
from restaurant_monitor.http.tables import columns_of, lines
from stores import scope
from stores.api.rollup import Grouping
from stores.api.timeline import Figures
from stores.models import TimelineState
from stores.timeline.moments import NoFigures, NoPolls, refuse_pruned
from stores.timeline.rollup import MOST_GROUPS, Ranges

TOTALS = ["stores", *columns_of(Figures)]


class TooNew(NoFigures):
    """The range ends after the newest poll."""


def refuse_range(since, until, now):
    """Raise NoPolls, TooNew or Pruned if not all figures of a range exist."""
    newest = sql.one("health/newest_poll", now=now).newest_poll_at
    if newest is None:
        raise NoPolls
    if until > newest:
        raise TooNew(f"this is after the newest poll, {newest.isoformat()}")
    refuse_pruned(since, TimelineState.objects.get().history_from)


def compute_range(report):
    """Set the figures of a Report from its range.

    Needs an up-to-date timeline and an open transaction. Raises NoFigures if there are
    too many groups.
    """
    viewer = report.requested_by and scope.viewer(report.requested_by)
    grouping = Grouping(report.group_by)
    total, groups = grouping.find(
        Ranges(report.since, report.as_of, viewer, report.labels)
    )
    if len(groups) > MOST_GROUPS:
        raise NoFigures(f"there are more than {MOST_GROUPS:,} groups")
    columns = [*grouping.keys, "stores", *grouping.figures]
    report.store_count = total.stores
    report.figures = {
        "total": picked(total, TOTALS),
        "columns": columns,
        "groups": [picked(group, columns) for group in groups],
    }


def picked(row, names):
    return {name: getattr(row, name) for name in names}


def table_of(report):
    """Return the columns and rows of a file: the groups, or else the total."""
    figures = report.figures
    if report.group_by:
        return figures["columns"], figures["groups"]
    return TOTALS, [figures["total"]]


def write_range(report, file):
    """Write the table of a report to a binary file, as CSV. Lengths are in seconds."""
    file.writelines(line.encode() for line in lines(*table_of(report)))
