"""Stores with rules."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.alerts import monday


@pytest.fixture
def stores():
    monday.load_stores()


@pytest.fixture
def admin_client(client):
    client.force_login(User.objects.create(is_staff=True, is_superuser=True))
    return client


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
