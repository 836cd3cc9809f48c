"""Executes a request only once, even if it is sent again with its Idempotency-Key.

Each user has keys of their own.
"""

import re
from hashlib import sha256

from rest_framework.exceptions import ValidationError

import sql
from restaurant_monitor.access.actors import current_user_id
from restaurant_monitor.http.errors import Unprocessable
from stores.models import Ingest

HEADER = "Idempotency-Key"
REPLAYED = {"Idempotent-Replayed": "true"}


def key_of(request):
    """Return the key of a request, or None; raise ValidationError if it is invalid."""
    key = request.headers.get(HEADER)
    if key is not None and not re.fullmatch(r"[ -~]{1,200}", key):
        raise ValidationError(
            {HEADER: ["This must be 1 to 200 printable ASCII characters."]}
        )
    return key


def fingerprint(*parts):
    """Return a hash of these texts and byte strings."""
    digests = [sha256(as_bytes(part)).digest() for part in parts]
    return sha256(b"".join(digests)).hexdigest()


def as_bytes(part):
    return part.encode() if isinstance(part, str) else part


def first_ingest(key, fingerprint):
    """Return the Ingest that this key was first used for, or None.

    A request with the same key waits until this transaction ends. Raises Unprocessable
    if the key was used for another request.
    """
    if key is None:
        return None
    user_id = current_user_id()
    sql.hold_until_commit(f"key {user_id} {key}")
    found = Ingest.objects.filter(requested_by=user_id, key=key).first()
    if found and found.fingerprint != fingerprint:
        raise Unprocessable(f"this {HEADER} was used for another request")
    return found
