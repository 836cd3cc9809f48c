"""Two stores, and clients of a user who may do everything."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from tests.support import engine
from tests.support.accounts import client_of, user_with
from tests.support.denver import DENVER


@pytest.fixture
def denver():
    engine.load(DENVER)


@pytest.fixture
def alice():
    return user_with(name="alice", is_staff=True, is_superuser=True)


@pytest.fixture
def by_key(alice):
    return client_of(alice)


@pytest.fixture
def by_session(alice, settings):
    settings.OPEN = False  # where it is open, a session is not needed
    client = APIClient(raise_request_exception=False)
    client.force_login(alice)
    return client


@pytest.fixture
def in_admin(alice):
    client = Client()
    client.force_login(alice)
    return client
