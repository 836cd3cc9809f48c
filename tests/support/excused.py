"""Excuses time of stores, and says in plain Python whose time that is."""

from datetime import UTC, datetime

from stores.models import ExcusedTime


def excuse(*stretches):
    """Excuse stretches (of, starts_at, ends_at).

    They are of {"store_id": "1"} or of {"label": "region:west"}.
    """
    ExcusedTime.objects.bulk_create(
        ExcusedTime(
            **of,
            starts_at=starts_at,
            ends_at=ends_at,
            reason="maintenance",
            created_at=datetime.now(UTC),
        )
        for of, starts_at, ends_at in stretches
    )


def excuses_of(store_id, labels, stretches):
    """Return the stretches of a store, which has these labels by their names."""
    own = [{"store_id": store_id}, {"label": "all"}]
    own += [{"label": f"{name}:{value}"} for name, value in labels.items()]
    return [(starts_at, ends_at) for of, starts_at, ends_at in stretches if of in own]
