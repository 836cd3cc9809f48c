"""Edits of single stores: each leaves the marks that the next report answers.

All wait for an ingest that is under way. Raise UnknownStore where the store has been
deleted meanwhile.
"""

from functools import cache
from uuid import uuid4

from django.db import transaction

import sql
from stores.models import Store


@cache
def zones():
    """Return the names of all time zones; they change with the server's version."""
    return [row.name for row in sql.rows("store/zones")]


@transaction.atomic
def add(store):
    """Save a new Store."""
    sql.run("ingest/lock")
    store.save(force_insert=True)
    mark(store.pk)


@transaction.atomic
def rename(store_id, display_name):
    sql.run("ingest/lock")
    if not Store.objects.filter(pk=store_id).update(display_name=display_name):
        Store.refuse_unknown([store_id])


@transaction.atomic
def set_timezone(store_id, timezone):
    """Move a store to another time zone; None is the default."""
    sql.run("ingest/lock")
    Store.refuse_unknown([store_id])
    if sql.run("store/set_timezone", store_id=store_id, timezone=timezone):
        mark(store_id)


@transaction.atomic
def set_week(store_id, week):
    """Replace a store's week by (weekday, start, end) rows; none: always open."""
    sql.run("ingest/lock")
    Store.refuse_unknown([store_id])
    columns = {
        "store_id": store_id,
        "weekdays": [weekday for weekday, _, _ in week],
        "starts": [starts for _, starts, _ in week],
        "ends": [ends for _, _, ends in week],
    }
    removed = sql.run("store/remove_shifts", **columns)
    added = sql.run("store/add_shifts", **columns)
    if removed or added:
        mark(store_id)


@transaction.atomic
def set_special_hours(store_id, date, shifts):
    """Give a date (start, end) rows of its own; none: closed; None: the week's."""
    sql.run("ingest/lock")
    Store.refuse_unknown([store_id])
    if shifts is None:
        changed = sql.run("store/remove_special_hours", store_id=store_id, date=date)
    else:
        shifts = sorted(set(shifts))
        changed = sql.run(
            "store/set_special_hours",
            store_id=store_id,
            date=date,
            starts=[starts for starts, _ in shifts],
            ends=[ends for _, ends in shifts],
        )
    if changed:
        sql.run("store/mark_since", store_id=store_id, batch=uuid4(), date=date)


def mark(store_id):
    sql.run("store/mark", store_id=store_id, batch=uuid4())


@transaction.atomic
def delete(store_ids):
    """Delete stores with their polls, hours and timeline; reports keep their rows.

    Returns how many polls went. Waits for a refresh of the timeline as well, which
    could bring periods back.
    """
    sql.run("ingest/lock")
    sql.one("timeline/lock_state")
    polls = sql.run("store/delete_polls", store_ids=store_ids)
    for what in ["hours", "special", "periods", "marks", "stores"]:
        sql.run(f"store/delete_{what}", store_ids=store_ids)
    sql.run("timeline/recall_newest_poll")
    return polls
