"""The secret key, for when the environment does not give one."""

import os
from contextlib import suppress
from secrets import token_urlsafe


def secret_key(path):
    """Read the key in a file that only its owner may read; make it if missing."""
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(token_urlsafe(50))
        # Linked into place, whole, by whoever comes first.
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text()
