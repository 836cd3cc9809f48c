"""Excused time in the admin: added and deleted."""

import pytest

from restaurant_monitor.access.models import AuditEntry
from stores.models import ExcusedTime
from tests.admin.pages import shown
from tests.support.accounts import user_with
from tests.support.excused import excuse
from tests.support.reference import parse_instant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("denver")]
EXCUSED = "/admin/stores/excusedtime/"
FIELDS = {
    "store_id": "denver",
    "label": "",
    "starts_at_0": "2023-01-23",
    "starts_at_1": "18:00",
    "ends_at_0": "2023-01-23",
    "ends_at_1": "18:30",
    "reason": "planned maintenance",
}


def add(client, **changes):
    return client.post(f"{EXCUSED}add/", FIELDS | changes)


def editor(client, *roles, **grants):
    client.force_login(user_with("editor", *roles, is_staff=True, **grants))
    return client


def test_editors_add_and_delete_it(client):
    editor(client, "all stores")
    add(client)
    add(client, store_id="", label="Region:west")
    first, second = ExcusedTime.objects.order_by("store_id")
    assert (first.store_id, second.label) == ("denver", "region:west")
    assert first.starts_at == parse_instant("2023-01-23 18:00:00 UTC")
    assert first.username == "somebody"
    assert "planned maintenance" in shown(client.get(EXCUSED))
    for made in (first, second):
        client.post(f"{EXCUSED}{made.pk}/delete/", {"post": "yes"})
    assert not ExcusedTime.objects.exists()
    assert AuditEntry.objects.filter(action__startswith="excused_time").count() == 4


@pytest.mark.parametrize(
    "changes",
    [
        {"store_id": ""},
        {"label": "all"},
        {"store_id": "nowhere"},
        {"store_id": "", "label": "west"},
        {"ends_at_1": "17:00"},
        {"reason": ""},
    ],
)
def test_wrong_time_is_refused(client, changes):
    answer = add(editor(client, "all stores"), **changes)
    assert "Please correct the error" in shown(answer)
    assert not ExcusedTime.objects.exists()


def test_who_sees_some_stores_excuses_only_these(client):
    editor(client, stores=["denver"])
    add(client)
    assert "there is no store" in shown(add(client, store_id="late"))
    assert "only who sees all stores" in shown(add(client, store_id="", label="all"))
    assert ExcusedTime.objects.count() == 1
    at = parse_instant("2023-01-23 18:00:00 UTC")
    later = parse_instant("2023-01-23 19:00:00 UTC")
    excuse(({"store_id": "late"}, at, later), ({"label": "all"}, at, later))
    hidden = ExcusedTime.objects.get(store_id="late")
    everywhere = ExcusedTime.objects.get(label="all")
    for found in (hidden, everywhere):
        client.post(f"{EXCUSED}{found.pk}/delete/", {"post": "yes"})
    assert ExcusedTime.objects.count() == 3
    assert client.get(f"{EXCUSED}{everywhere.pk}/change/").status_code == 200


def test_other_roles_do_not_see_it(client):
    client.force_login(user_with("operator", "admin", is_staff=True))
    assert client.get(EXCUSED).status_code == 403
    assert add(client).status_code == 403
