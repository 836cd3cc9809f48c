"""Servers, and looks that do not wait long."""

import pytest

from stores.polling import looks
from tests.polling.servers import serving


@pytest.fixture(scope="module")
def shared_servers():
    with serving() as servers:
        yield servers


@pytest.fixture
def servers(shared_servers):
    shared_servers.requests.clear()
    return shared_servers


@pytest.fixture(autouse=True)
def no_rest(monkeypatch):
    """Let a second try follow the first at once."""
    monkeypatch.setattr(looks, "RETRY_SECONDS", 0.01)


@pytest.fixture
def hasty(monkeypatch):
    """Let a look end soon, for servers that never answer."""
    monkeypatch.setattr(looks, "LOOK_SECONDS", 0.4)
