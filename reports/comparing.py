"""Compares two reports, in one window."""

from django.db import transaction

import sql
from reports.output import UNITS
from restaurant_monitor.http.tables import cell, line

SIDES = ["before", "after"]
TIMES = {"up": "uptime", "down": "downtime", "unobserved": "unobserved"}


def totals(before, after, params, viewer):
    """Return the totals of two reports, and how many stores became better or worse.

    `viewer` is that of scope.viewer. Of `params`, only `window`, `labels` and `search`
    count.
    """
    return sql.one(
        "report/compare_totals",
        before_report=before.pk,
        after_report=after.pk,
        viewer=viewer,
        window=params.window,
        search=params.search,
        labels=params.labels,
    )


def compared_rows(before, after, params, viewer):
    """Return a page of the stores that are asked for, and one more."""
    after_key, after_id = params.cursor or (None, None)
    return sql.rows(
        "report/compare",
        **conditions_of(before, after, params, viewer),
        after_key=after_key,
        after_id=after_id,
        limit=params.page_size + 1,
    )


@transaction.atomic
def write_comparison(before, after, params, viewer, file):
    """Write all pages of compared_rows to a binary file, as CSV."""
    columns = columns_of(params.window)
    file.write(line(columns.values()).encode())
    conditions = conditions_of(before, after, params, viewer)
    for row in sql.stream("report/compare", **conditions):
        file.write(line(cell(getattr(row, name)) for name in columns).encode())


def conditions_of(before, after, params, viewer):
    return {
        "before_report": before.pk,
        "after_report": after.pk,
        "viewer": viewer,
        "window": params.window,
        "search": params.search,
        "labels": params.labels,
        "became": params.became,
        "order_by": params.order,
    }


def columns_of(window):
    """Return the titles of a file's columns, by their names in report/compare."""
    unit = UNITS[window]
    figures = {
        f"{time}_{side}": f"{title}_last_{window}_{unit}_{side}"
        for side in SIDES
        for time, title in TIMES.items()
    }
    percents = {
        f"percent_{side}": f"uptime_last_{window}_percent_{side}" for side in SIDES
    }
    return (
        {"store_id": "store_id", "display_name": "display_name", "became": "became"}
        | percents
        | {"change": f"uptime_last_{window}_change_points"}
        | figures
        | {"down_change": f"downtime_last_{window}_change_{unit}"}
    )
