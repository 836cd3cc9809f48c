"""Has an ingest that is asked for twice under one key happen once.

Nobody says who they are, so all keys are in one room; whoever parts it by users does
so here.
"""

import re
from hashlib import sha256

from rest_framework.exceptions import ValidationError

import sql
from restaurant_monitor.api import Unprocessable
from stores.models import Ingest

HEADER = "Idempotency-Key"
REPLAYED = {"Idempotent-Replayed": "true"}


def key_of(request):
    """Return the key that a request bears, or None; refuse one that is none."""
    key = request.headers.get(HEADER)
    if key is not None and not re.fullmatch(r"[ -~]{1,200}", key):
        raise ValidationError({HEADER: ["This has 1 to 200 printable ASCII letters."]})
    return key


def fingerprint(*parts):
    """Return what differs wherever one of these texts or byte strings does."""
    digests = [sha256(as_bytes(part)).digest() for part in parts]
    return sha256(b"".join(digests)).hexdigest()


def as_bytes(part):
    return part.encode() if isinstance(part, str) else part


def first_ingest(key, fingerprint):
    """Return the Ingest that this key was first used for, or None.

    Whoever comes with the same key at the same time waits until this transaction ends.
    Raises Unprocessable if it was used for something else.
    """
    if key is None:
        return None
    sql.run("ingest/hold_key", key=key)
    found = Ingest.objects.filter(key=key).first()
    if found and found.fingerprint != fingerprint:
        raise Unprocessable(f"this {HEADER} was used for another request")
    return found
