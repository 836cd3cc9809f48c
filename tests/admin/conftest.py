"""Stores, and users with permissions."""

import pytest
from django.contrib.auth.models import Permission, User

from stores.timeline.refresh import refresh
from tests.admin.pages import AS_OF
from tests.support import engine
from tests.support.denver import DENVER


@pytest.fixture
def denver():
    engine.load(DENVER)
    refresh(AS_OF)


@pytest.fixture
def admin_client(client):
    client.force_login(User.objects.create(is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def as_user(client):
    """Log in as a staff user who sees all stores and has only these permissions."""

    def log_in(*permissions):
        user = User.objects.create_user("someone", is_staff=True)
        user.user_permissions.set(
            Permission.objects.filter(codename__in=[*permissions, "see_all"])
        )
        client.force_login(user)
        return client

    return log_in
