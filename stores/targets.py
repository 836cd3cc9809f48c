"""Uptime targets: set for a label or all stores, and what is left of their budgets.

A budget is the part of the business time of a calendar month that may be down. Time
that nobody observed, or that is excused, is no part of it.
"""

from collections import namedtuple
from datetime import UTC, datetime, time
from decimal import Decimal

from django.db import transaction

import sql
from restaurant_monitor.access.audit import record
from stores.models import UptimeTarget
from stores.timeline.moments import DAY
from stores.timeline.rollup import Ranges, gather

ALL = "all"  # the label of a target for all stores
LEAST, MOST = Decimal("0.01"), Decimal("99.99")  # percent

# `month` is its first date. Local dates from `first_day` on count: the polls of those
# before were pruned. `rows` are those of targets/budgets.
Budgets = namedtuple("Budgets", ["month", "first_day", "rows"])


@transaction.atomic
def set_target(label, percent):
    """Set the target of a label such as `region:west`, or of ALL. None removes it.

    Return whether there was one.
    """
    found = UptimeTarget.objects.select_for_update().filter(pk=label)
    before = found.values("percent").first()
    if percent is None:
        found.delete()
    else:
        UptimeTarget(label, percent).save()
    after = None if percent is None else {"percent": percent}
    if before or after:
        record("target.changed", label, before, after)
    return before is not None


def budgets(moment, month, viewer, labels=None):
    """Return the Budgets of the calendar month that a date is in.

    By default that is the month of the newest moment in UTC. `moment` is that of the
    `reading` around this. `viewer` is that of stores/scope.py; only stores with
    `labels` count, None for all.
    """
    month = (month or moment.as_of.date()).replace(day=1)
    last_day = (month + 31 * DAY).replace(day=1) - DAY
    first_day = max(month, moment.history_from or month)
    if not UptimeTarget.objects.exists():
        return Budgets(month, first_day, [])
    # Whatever the zone, a date begins and ends within a day of when it does in UTC.
    since, until = midnight(first_day) - DAY, midnight(last_day) + 2 * DAY
    gather(Ranges(since, until, viewer, labels))
    rows = sql.rows(
        "targets/budgets",
        as_of=moment.as_of,
        since=since,
        until=until,
        first_day=first_day,
        last_day=last_day,
        viewer=viewer,
        labels=labels,
    )
    return Budgets(month, first_day, rows)


def midnight(day):
    return datetime.combine(day, time(0), UTC)
