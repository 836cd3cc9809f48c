"""Uptime targets in the admin: set, changed and removed."""

import pytest

from restaurant_monitor.access.models import AuditEntry
from stores.models import UptimeTarget
from tests.admin.pages import shown
from tests.support.accounts import user_with

pytestmark = pytest.mark.django_db
TARGETS = "/admin/stores/uptimetarget/"


def targets():
    return {
        target.label: float(target.percent) for target in UptimeTarget.objects.all()
    }


def send(client, address, **fields):
    return client.post(f"{TARGETS}{address}", fields)


@pytest.fixture
def client(client):
    client.force_login(user_with("editor", "all stores", is_staff=True))
    return client


def test_editors_add_change_and_remove_targets(client):
    send(client, "add/", label="Region:west", percent="99.5")
    assert targets() == {"region:west": 99.5}
    send(client, "region%3Awest/change/", percent="99")
    assert targets() == {"region:west": 99}
    send(client, "region%3Awest/delete/", post="yes")
    assert targets() == {}
    entries = AuditEntry.objects.filter(action="target.changed")
    assert set(entries.values_list("username", flat=True)) == {"somebody"}
    assert entries.count() == 3


def test_several_are_removed_together(client):
    for label in ("all", "region:west"):
        send(client, "add/", label=label, percent="99.5")
    chosen = {"action": "delete_selected", "_selected_action": ["all", "region:west"]}
    client.post(TARGETS, chosen | {"post": "yes"})
    assert targets() == {}
    assert AuditEntry.objects.filter(action="target.changed").count() == 4


@pytest.mark.parametrize(
    ("label", "percent"), [("west", "99"), ("all", "100"), ("all", "0"), ("", "99")]
)
def test_a_wrong_target_is_refused(client, label, percent):
    answer = send(client, "add/", label=label, percent=percent)
    assert "Please correct the error" in shown(answer)
    assert targets() == {}


def test_other_roles_do_not_see_them(client):
    client.force_login(user_with("operator", "admin", name="other", is_staff=True))
    assert client.get(TARGETS).status_code == 403
    assert send(client, "add/", label="all", percent="99").status_code == 403
