"""Compares two reports, in one window."""

from django.db import transaction

import sql
from reports.output import UNITS
from restaurant_monitor.http.tables import cell, line

SIDES = ["before", "after"]
TIMES = {"up": "uptime", "down": "downtime", "unobserved": "unobserved"}


@transaction.atomic
def compared(before, after, params, viewer):
    """Return the totals of two reports, and a page of their stores and one more.

    `viewer` is that of scope.viewer. Totals have all stores with the wanted labels and
    texts, the page only those of which became what is asked for.
    """
    gather(before, after, params, viewer)
    after_key, after_id = params.cursor or (None, None)
    limit = params.page_size + 1
    place = {"after_key": after_key, "after_id": after_id, "limit": limit}
    return (
        sql.one("report/compared_totals", window=params.window),
        sql.rows("report/compared_page", **shown_of(params), **place),
    )


@transaction.atomic
def write_comparison(before, after, params, viewer, file):
    """Write all pages of the compared stores to a binary file, as CSV."""
    gather(before, after, params, viewer)
    columns = columns_of(params.window)
    file.write(line(columns.values()).encode())
    for row in sql.stream("report/compared_page", **shown_of(params)):
        file.write(line(cell(getattr(row, name)) for name in columns).encode())


def gather(before, after, params, viewer):
    sql.drop_temporary("compared_store")
    sql.run(
        "report/compared",
        before_report=before.pk,
        after_report=after.pk,
        viewer=viewer,
        window=params.window,
        search=params.search,
        labels=params.labels,
    )


def shown_of(params):
    return {
        "window": params.window,
        "became": params.became,
        "order_by": params.order,
    }


def columns_of(window):
    """Return the titles of a file's columns, by their names in report/compared_page."""
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
