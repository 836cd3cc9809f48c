"""Edits of stores. Each edit marks what the next refresh must compute again.

Every edit waits a short time for a running ingest, and then raises Busy. It raises
UnknownStore if the store was deleted in the meantime.
"""

from contextlib import contextmanager
from functools import cache

from django.conf import settings
from django.db import OperationalError, transaction
from psycopg2.errors import LockNotAvailable

import sql
from restaurant_monitor.access.audit import record, record_all
from restaurant_monitor.http.errors import Busy
from restaurant_monitor.http.places import Places
from stores.models import (
    NO_ZONE,
    BusinessHours,
    ExcusedTime,
    Mark,
    Outage,
    OwnDay,
    Period,
    Poll,
    Probe,
    ProbeResult,
    SpecialHours,
    SpecialHoursBefore,
    Store,
    StoreLabel,
    TimelineState,
    Unsettled,
)
from stores.timeline.marks import mark
from stores.timeline.refresh import lock_state, refresh_if_little

# gunicorn has four threads in each process: two stay free for readers.
PLACES = Places(2, patience=1)
RECORDED = ["display_name", "timezone"]  # of a new or deleted store, in the audit log


@contextmanager
def short_wait():
    """Open a transaction that waits only LOCK_SECONDS for another writer.

    Then it raises Busy, and nothing has changed. If too many requests of this process
    are waiting, it raises Busy at once.
    """
    try:
        with PLACES.one(), transaction.atomic():
            sql.limit_lock_waits(settings.LOCK_SECONDS)
            yield
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        raise Busy("an ingest is running; try again when it has ended") from error


def lock_writers():
    """Lock out other writers of store data until the transaction ends."""
    sql.lock_table("store", "share row exclusive")


@contextmanager
def editing(store_id):
    """Open a transaction in which one store is edited.

    Then the timeline is brought up to date, if that is little work.
    """
    with short_wait():
        transaction.on_commit(refresh_if_little)
        lock_writers()
        Store.refuse_unknown([store_id])
        yield


@contextmanager
def editing_many():
    """Open a transaction in which stores get what their timeline does not know."""
    with short_wait():
        lock_writers()
        yield


@cache
def zones():
    """Return the names of all time zones. They depend on the server's version."""
    return [row.name for row in sql.rows("stores/zones", no_zone=NO_ZONE)]


@short_wait()
def add(store):
    """Save a new Store."""
    transaction.on_commit(refresh_if_little)
    lock_writers()
    store.save(force_insert=True)
    if store.timezone:
        settle(store.pk, Unsettled.Missing.TIMEZONE)
    mark([store.pk])
    record("store.created", store.pk, None, {n: getattr(store, n) for n in RECORDED})


def rename(store_id, display_name):
    """Give a store another display name."""
    with editing(store_id):
        change(store_id, "store.renamed", display_name=display_name)


def set_timezone(store_id, timezone):
    """Move a store to another time zone. None means the default.

    Only a name settles a store whose zone nobody knows: the default would be a guess.
    """
    with editing(store_id):
        is_changed = change(store_id, "store.moved", timezone=timezone)
        is_settled = timezone and settle(store_id, Unsettled.Missing.TIMEZONE)
        if is_changed or is_settled:
            mark([store_id])


def change(store_id, action, **after):
    """Change fields of a store, and record it; return if they were different."""
    found = Store.objects.filter(pk=store_id)
    before = found.values(*after).get()
    if before == after:
        return False
    found.update(**after)
    record(action, store_id, before, after)
    return True


def settle(store_id, missing):
    """Record that the hours or the zone of a store are known; tell if that is new."""
    deleted, _ = Unsettled.objects.filter(store=store_id, missing=missing).delete()
    return deleted > 0


@short_wait()
def delete(store_ids):
    """Delete stores with their polls, hours, labels, probes, excused time and timeline.

    Reports keep their rows.

    An unsettled store stays unsettled, since a poll can make it known again. Returns
    the number of polls deleted. Waits for a running refresh, which could otherwise
    insert periods again.
    """
    lock_writers()
    lock_state()
    stores = Store.objects.filter(pk__in=store_ids)
    known = list(stores.values("store_id", *RECORDED))
    polls, _ = Poll.objects.filter(store__in=store_ids).delete()
    for model in (
        *(BusinessHours, SpecialHours, SpecialHoursBefore, StoreLabel),
        *(Period, Outage, OwnDay, Mark),
    ):
        model.objects.filter(store__in=store_ids).delete()
    for model in (Probe, ProbeResult, ExcusedTime):
        model.objects.filter(store_id__in=store_ids).delete()
    stores.delete()
    newest = sql.one("timeline/newest_poll_left")
    TimelineState.objects.update(newest_poll_at=newest.newest_poll_at)
    record_all("store.deleted", {row.pop("store_id"): (row, None) for row in known})
    return polls
