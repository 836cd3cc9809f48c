"""The addresses of stores in the API."""

from rest_framework import serializers
from rest_framework.reverse import reverse

from restaurant_monitor.http.segments import encoded_segment


class LinkedStore(serializers.Serializer):
    """An answer that names a store."""

    store_url = serializers.URLField(
        help_text="The address of the store. Append `/hours`, `/uptime` and so on."
    )


def with_url(request, row):
    """Return a row that names a store, as a dict, with the address of the store."""
    [linked] = with_urls(request, [row])
    return linked


def with_urls(request, rows):
    """Return rows that name stores, as dicts, with the addresses of the stores."""
    stores = reverse("stores", request=request)
    ids = [row["store_id"] for row in rows]
    urls = [f"{stores}/{encoded_segment(store_id)}" for store_id in ids]
    return [
        {"store_id": store_id, "store_url": url} | row
        for store_id, url, row in zip(ids, urls, rows, strict=True)
    ]
