"""The secret key: checked if the environment has one, made if it has none."""

import os
from contextlib import suppress
from secrets import token_urlsafe

from django.core.exceptions import ImproperlyConfigured

FEWEST_CHARACTERS = 50
FEWEST_DIFFERENT = 5
WEAK = (
    f"SECRET_KEY must be set to at least {FEWEST_CHARACTERS} random characters, "
    "because DATABASE_URL is set. This makes one: "
    "python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
)


def check_strength(key):
    """Raise ImproperlyConfigured if a key is missing, short or a well-known one."""
    is_long = len(key) >= FEWEST_CHARACTERS and len({*key}) >= FEWEST_DIFFERENT
    # Django's own commands write such a key into new projects.
    if not is_long or key.startswith("django-insecure-"):
        raise ImproperlyConfigured(WEAK)


def secret_key(path):
    """Read the key from a file that only its owner may read; create it if missing."""
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(token_urlsafe(50))
        # The link is atomic. If several processes create a key, the first one wins.
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text()
