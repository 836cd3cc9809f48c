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
def impatient(monkeypatch):
    monkeypatch.setattr(looks, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(looks, "LOOK_SECONDS", 0.4)
    monkeypatch.setattr(looks, "CONNECT_SECONDS", 0.3)
