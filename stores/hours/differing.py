"""Lists the stores whose polls say that they are closed while their hours say open."""

import sql
from stores.models import Reason


def differing_hours(params, viewer):
    """Return a page of such stores, plus one row; see uptime/hours_differ.

    `params` has the range, the labels and the page. `viewer` is that of scope.viewer.
    Needs a transaction of `reading`.
    """
    sql.prepare_for_bulk_work()
    after_polls, after_store = params.cursor or (None, None)
    return sql.rows(
        "uptime/hours_differ",
        since=params.since,
        until=params.until,
        labels=params.labels,
        viewer=viewer,
        out_of_hours=Reason.OUT_OF_HOURS.value,
        after_polls=after_polls,
        after_store=after_store,
        limit=params.page_size + 1,
    )
