"""Lists outages (rule 11)."""

from django.db import transaction

import sql
from stores import timeline
from stores.models import Store


def outages(since=None, until=None, as_of=None, store_ids=None):
    """Yield the outages that touch the time from `since` to `until`, by store.

    Each is told whole, as it stands at `as_of`: `store_id`, `starts_at`, `ends_at`,
    `down` (a timedelta of business time) and `is_ongoing`. All instants are aware;
    as_of and until are by default the newest poll's, since a week before until.
    Raises UnknownStore or timeline.NoMoment.
    """
    Store.refuse_unknown(store_ids or [])
    as_of = timeline.refresh(as_of)
    until = until or as_of
    with transaction.atomic():
        yield from sql.stream(
            "outages/list",
            since=since or until - timeline.WEEK,
            until=until,
            as_of=as_of,
            store_ids=store_ids,
        )
