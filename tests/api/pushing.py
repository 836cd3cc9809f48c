"""Pushes polls and checks what is stored."""

import json

from stores.models import Ingest, Poll
from tests.support.pushes import JSON, PUSH


def push(client, body, content_type=JSON, **options):
    if not isinstance(body, str | bytes):
        body = json.dumps(body)
    return client.post(PUSH, body, content_type=content_type, **options)


def check_nothing_changed():
    assert not Poll.objects.exists()
    assert not Ingest.objects.exists()


def statuses():
    found = Poll.objects.order_by("store_id", "observed_at")
    return [(p.store_id, p.observed_at.hour, p.is_active) for p in found]


def with_key(key):
    return {"headers": {"Idempotency-Key": key}}
