"""Stores to show, and browsers of users."""

import pytest
from django.test import Client

from stores.timeline.refresh import refresh
from tests.admin.pages import AS_OF
from tests.pages.monday import LABELS, MONDAY
from tests.support import engine
from tests.support.denver import DENVER
from tests.support.labels import label


@pytest.fixture
def monday():
    engine.load(MONDAY)
    label(**LABELS)


@pytest.fixture
def denver():
    engine.load(DENVER)
    refresh(AS_OF)


@pytest.fixture
def log_in(settings):
    """Return a browser in which a user is logged in, of a service that is not open."""
    settings.OPEN = False

    def logged_in(user):
        browser = Client()
        browser.force_login(
            user, backend="restaurant_monitor.access.passwords.PasswordBackend"
        )
        return browser

    return logged_in
