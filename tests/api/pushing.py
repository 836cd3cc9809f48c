"""Pushes polls, and looks at what came of it."""

import json

from stores.models import Ingest, Poll
from tests.support.pushes import JSON, PUSH


def push(client, body, content_type=JSON, **options):
    if not isinstance(body, str | bytes):
        body = json.dumps(body)
    return client.post(PUSH, body, content_type=content_type, **options)


def check_nothing_happened():
    assert not Poll.objects.exists()
    assert not Ingest.objects.exists()


def statuses():
    found = Poll.objects.order_by("store_id", "observed_at")
    return [(p.store_id, p.observed_at.hour, p.is_active) for p in found]


def keyed(key):
    return {"headers": {"Idempotency-Key": key}}
