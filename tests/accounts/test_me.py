"""GET /api/me: who a client is, and what it may do."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from restaurant_monitor.access.keys import create_key
from restaurant_monitor.access.models import Grant
from tests.api.asking import answer, check_is_problem
from tests.support.accounts import client_of, user_with

pytestmark = pytest.mark.django_db


def test_it_says_what_a_user_is_and_may_do_by_which_key(nobody):
    maria = user_with("poller", name="maria", stores=["1"])
    group = Group.objects.get(name="poller")
    Grant.objects.create(group=group, label_name="region", label_value="west")
    user_with("poller", name="other", stores=["2"])
    key, text = create_key(maria, "pos", datetime(2099, 1, 1, tzinfo=UTC))
    nobody.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    me = answer(nobody.get("/api/me"))
    granted = [
        (g["user"], g["group"], g["store_id"], g["label"]) for g in me.pop("grants")
    ]
    assert granted == [
        (None, "poller", None, "region:west"),
        ("maria", None, "1", None),
    ]
    assert me == {
        "username": "maria",
        "open_mode": False,
        "is_superuser": False,
        "roles": ["poller"],
        "permissions": ["stores.add_poll"],
        "sees_all": False,
        "key": {"prefix": key.prefix, "name": "pos", "ends_at": "2099-01-01T00:00:00Z"},
    }


def test_with_a_session_there_is_no_key(logged_in):
    me = answer(logged_in(user_with("all stores", name="maria")).get("/api/me"))
    assert me["key"] is None
    assert me["sees_all"] is True
    assert me["grants"] == []


def test_a_superuser_may_do_everything(boss):
    me = answer(client_of(boss).get("/api/me"))
    assert (me["is_superuser"], me["sees_all"]) == (True, True)
    assert {"stores.add_store", "access.see_all"} <= {*me["permissions"]}


def test_without_an_account_there_is_nobody():
    check_is_problem(APIClient().get("/api/me"), 401)


def test_in_open_mode_it_says_so(settings):
    settings.OPEN = True
    user_with("viewer", stores=["1"])
    Grant.objects.create(group=Group.objects.get(name="viewer"), store_id="2")
    me = answer(APIClient().get("/api/me"))
    permissions = me.pop("permissions")
    assert {"stores.add_store", "access.see_all"} <= {*permissions}
    assert me == {
        "username": "open mode",
        "open_mode": True,
        "is_superuser": False,
        "roles": [],
        "sees_all": True,
        "grants": [],
        "key": None,
    }


@pytest.mark.parametrize(
    "other", [{"REMOTE_ADDR": "192.0.2.1"}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}]
)
def test_open_mode_is_only_for_this_machine(settings, other):
    settings.OPEN = True
    check_is_problem(APIClient().get("/api/me", **other), 401)
