"""Lists outages (rule 11)."""

from contextlib import suppress
from datetime import timedelta

from django.conf import settings

import sql
from stores.models import Store
from stores.timeline.moments import WEEK, NoPolls, refuse_pruned
from stores.timeline.reading import reading
from stores.timeline.refresh import refresh

MOST_LISTED = 10  # outages of an event
# What the cursor of a page has, in each order of the list.
CURSORS = {
    "newest_first": ["after_ongoing", "after_start", "after_store"],
    "longest_first": ["after_down", "after_store", "after_start"],
}


def outages(since=None, until=None, as_of=None, store_ids=None, labels=None):
    """Yield the outages that touch the time from `since` to `until`, by store.

    They are not cut to that time, and are as seen at `as_of`. Each has `store_id`,
    `starts_at`, `ends_at`, `down` (a timedelta of business time) and `is_ongoing`. All
    instants are aware. By default as_of and until are the newest moment, and
    since is a week before until. With `labels`, each `name:value`, they are those of
    the stores that have them; see with_labels.
    Raises UnknownStore, NoPolls or Pruned.
    """
    with suppress(NoPolls):  # as_of may be given
        refresh()
    with reading(as_of) as moment:
        Store.refuse_unknown(store_ids or [])
        until = until or moment.as_of
        since = since or until - WEEK
        refuse_pruned(since, moment.history_from)
        yield from sql.stream(
            "uptime/outages",
            since=since,
            until=until,
            as_of=moment.as_of,
            store_ids=store_ids,
            labels=labels,
            viewer=None,
        )


def listed_outages(params, viewer, order="newest_first", store_ids=None, labels=None):
    """Return a page of the outages that a request asks for, plus one row.

    In the order `newest_first` the ongoing ones come before; the other order is
    `longest_first`. `viewer` is that of scope.viewer, and `store_ids` limits them
    further. Needs a transaction of `reading`.
    """
    sql.prepare_for_bulk_work()
    cursor = params.cursor or (None, None, None)
    return sql.rows(
        "uptime/outages",
        **conditions_of(params),
        **{order: True},
        **dict(zip(CURSORS[order], cursor, strict=True)),
        viewer=viewer,
        store_ids=store_ids,
        labels=labels,
        limit=params.page_size + 1,
    )


def every_outage(params, viewer, labels=None):
    """Yield all outages of the list that listed_outages returns in pages."""
    sql.prepare_for_bulk_work()
    yield from sql.stream(
        "uptime/outages",
        **conditions_of(params),
        newest_first=True,
        viewer=viewer,
        labels=labels,
    )


def with_reasons(outages):
    """Return outages, which are dicts, with the shares of their reasons.

    See uptime/outage_reasons. They are as seen in the transaction that listed them.
    """
    found = sql.rows(
        "uptime/outage_reasons", carry=settings.CARRY_LIMIT, **listed(outages)
    )
    return [
        outage | {"reasons": [*shares_in(row)]}
        for outage, row in zip(outages, found, strict=True)
    ]


def shares_in(row):
    """Yield the shares in a row of uptime/outage_reasons, as dicts."""
    for share in zip(*row, strict=True):
        if share[-1] is not None:
            yield dict(zip(row._fields, share, strict=True))


def outages_together(params, viewer, label_name, labels=None, largest_first=False):
    """Return a page of events, plus one: outages of one label value that overlap.

    The ongoing ones come first, then the newest; or those of most stores. Outages of
    stores without the label come last, each alone. The rows have the columns of
    uptime/outages_together. Needs a transaction of `reading`.
    """
    sql.prepare_for_bulk_work()
    after_key, after_name = params.cursor or (None, None)
    return sql.rows(
        "uptime/outages_together",
        **conditions_of(params),
        label_name=label_name,
        viewer=viewer,
        labels=labels,
        most=MOST_LISTED,
        largest_first=largest_first,
        after_key=after_key,
        after_name=after_name,
        limit=params.page_size + 1,
    )


def with_stores(outages):
    """Return outages with the names, labels and local times of their stores."""
    stores = sql.rows("stores/of_outages", **listed(outages))
    return [o | s._asdict() for o, s in zip(outages, stores, strict=True)]


def listed(outages):
    """Return outages as the lists that queries about each of them take."""
    columns = {"store_ids": "store_id", "starts": "starts_at", "ends": "ends_at"}
    return {
        name: [outage[column] for outage in outages] for name, column in columns.items()
    }


def conditions_of(params):
    return {
        "since": params.since,
        "until": params.until,
        "as_of": params.as_of,
        "ongoing": params.ongoing,
        "at_least": timedelta(seconds=params.at_least_seconds),
    }
