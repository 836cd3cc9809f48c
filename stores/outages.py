"""Lists outages (rule 11)."""

from datetime import timedelta

import sql
from stores import timeline
from stores.models import Store


def outages(since=None, until=None, as_of=None, store_ids=None):
    """Yield the outages that touch the time from `since` to `until`, by store.

    Each is told whole, as it stands at `as_of`: `store_id`, `starts_at`, `ends_at`,
    `down` (a timedelta of business time) and `is_ongoing`. All instants are aware;
    as_of and until are by default the newest poll's, since a week before until.
    Raises UnknownStore or timeline.NoMoment, also where what is after `since` has been
    pruned.
    """
    with timeline.reading(as_of):
        pass  # A refresh is over before someone reads on slowly.
    with timeline.reading(as_of) as moment:
        Store.refuse_unknown(store_ids or [])
        until = until or moment.as_of
        since = since or until - timeline.WEEK
        if reason := timeline.pruned(moment.first_kept, since):
            raise timeline.NoMoment(reason)
        yield from sql.stream(
            "outages/list",
            since=since,
            until=until,
            as_of=moment.as_of,
            store_ids=store_ids,
            **ALL_BY_STORE,
        )


ALL_BY_STORE = {
    "ongoing": None,
    "at_least": timedelta(0),
    "newest_first": False,
    "after_ongoing": None,
    "after_start": None,
    "after_store": None,
    "most": None,
}


def newest_outages(asked, store_ids):
    """Return the outages that an API request asks for, and the next one after them.

    The ongoing ones come first, then the newest. Wants to be within timeline.reading.
    """
    sql.run("session_for_bulk")
    after_ongoing, after_start, after_store = asked.cursor or (None, None, None)
    return sql.rows(
        "outages/list",
        since=asked.since,
        until=asked.until,
        as_of=asked.as_of,
        store_ids=store_ids,
        ongoing=asked.ongoing,
        at_least=timedelta(seconds=asked.at_least_seconds),
        newest_first=True,
        after_ongoing=after_ongoing,
        after_start=after_start,
        after_store=after_store,
        most=asked.page_size + 1,
    )
