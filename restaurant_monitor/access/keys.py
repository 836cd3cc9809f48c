"""API keys: `rm_<prefix>_<secret>`. A key is shown once; its hash is stored.

A key has 250 random bits, so that its hash needs no salt.
"""

import logging
import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from secrets import choice
from string import ascii_letters, digits

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models import Q

from restaurant_monitor.access.models import ApiKey

ALPHABET = ascii_letters + digits
FORM = re.compile(r"(rm_[A-Za-z0-9]{8})_[A-Za-z0-9]{42}")
LONGEST_NAME = 200
USE_IS_NOTED_EVERY = timedelta(minutes=1)

logger = logging.getLogger(__name__)


def refuse_odd_name(name):
    """Raise ValidationError if a name would break the line in which it is listed."""
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise ValidationError(
            f"A name has at most {LONGEST_NAME} characters, and no control characters."
        )


def create_key(user, name, ends_at=None):
    """Save a new ApiKey; return it, and the key as text. The text is not stored."""
    prefix = f"rm_{random_text(8)}"
    text = f"{prefix}_{random_text(42)}"
    key = ApiKey.objects.create(
        user=user, name=name, prefix=prefix, digest=digest(text), ends_at=ends_at
    )
    return key, text


def find_key(text):
    """Return the ApiKey with this text, with its user, or None.

    There is none if it ended or was revoked, or if its user is not active.
    """
    form = FORM.fullmatch(text)
    if form is None:
        return None
    now = datetime.now(UTC)
    lasting = Q(ends_at=None) | Q(ends_at__gt=now)
    usable = ApiKey.objects.filter(lasting, revoked_at=None, user__is_active=True)
    key = usable.filter(prefix=form[1]).select_related("user").first()
    if key is None or not compare_digest(key.digest, digest(text)):
        return None
    note_use(key, now)
    return key


def note_use(key, now):
    """Save when a key was used. One write a minute is enough.

    A full disk must not keep readers out: if the write fails, the log says so.
    """
    if key.last_used_at and key.last_used_at >= now - USE_IS_NOTED_EVERY:
        return
    try:
        with transaction.atomic():
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    except DatabaseError as error:
        logger.error("the use of the key %s is not noted: %s", key.prefix, error)


def random_text(length):
    return "".join(choice(ALPHABET) for _ in range(length))


def digest(text):
    return sha256(text.encode()).hexdigest()
