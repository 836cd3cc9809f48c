"""Users with roles, grants and keys."""

from django.contrib.auth.models import Group, User
from rest_framework.test import APIClient

from restaurant_monitor.access.keys import create_key
from restaurant_monitor.access.models import Grant


def user_with(*roles, name="somebody", stores=(), labels=(), **fields):
    """A user with roles, who was granted stores and labels such as `region:west`."""
    user = User.objects.create_user(name, password="a long passphrase", **fields)
    user.groups.set(Group.objects.filter(name__in=roles))
    assert user.groups.count() == len(roles)
    for store_id in stores:
        Grant.objects.create(user=user, store_id=store_id)
    for label in labels:
        name, _, value = label.partition(":")
        Grant.objects.create(user=user, label_name=name, label_value=value)
    return user


def client_of(user):
    """A client of the API that sends a key of this user."""
    _, text = create_key(user, "a test")
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client
