"""A service that is not open, and clients."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from tests.accounts.people import PASSWORD
from tests.support.accounts import client_of, user_with


@pytest.fixture(autouse=True)
def fast_passwords(settings):
    """No test guesses passwords: their check need not be slow."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def not_open(settings):
    settings.OPEN = False


@pytest.fixture
def admin():
    """A user who manages accounts, and is no superuser."""
    return user_with("admin", name="admin", is_staff=True)


@pytest.fixture
def boss():
    """A superuser."""
    return user_with(name="boss", is_staff=True, is_superuser=True)


@pytest.fixture
def client(admin):
    """A client of the API with a key of the admin."""
    return client_of(admin)


@pytest.fixture
def nobody():
    """A client of the API without a key."""
    return APIClient(raise_request_exception=False)


@pytest.fixture
def browser():
    """A browser in which nobody is logged in. Forms must have their token."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def logged_in():
    """Return a browser in which a user has logged in with the password."""

    def log_in(user, **options):
        found = Client(**options)
        sent = {"username": user.username, "password": PASSWORD}
        assert found.post("/login/", sent).status_code == 302
        return found

    return log_in
