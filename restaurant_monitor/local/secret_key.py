"""The secret key, if the environment has none."""

import os
from contextlib import suppress
from secrets import token_urlsafe


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
