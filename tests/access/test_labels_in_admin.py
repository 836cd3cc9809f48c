"""Labels decide who sees which stores: the admin asks for their own permission."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from stores.labels import labels_of, set_labels
from stores.models import Store
from tests.admin.pages import DENVER_PAGE, STORES, form_on, open_and_save, shown
from tests.support.accounts import user_with

pytestmark = pytest.mark.django_db
WEST = {"region": "west"}


@pytest.fixture(autouse=True)
def labelled(denver):
    set_labels("denver", WEST)


def browser_of(*permissions):
    user = user_with(stores=["denver", "coming"], is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    browser = Client()
    browser.force_login(user)
    return browser


def set_region(browser):
    asked = {"name": "region", "value": "east", "apply": "1"}
    chosen = {"action": "set_label", "_selected_action": ["denver"]}
    return browser.post(STORES, asked | chosen)


def test_who_may_only_change_stores_sees_labels_and_changes_none():
    browser = browser_of("change_store")
    page = browser.get(DENVER_PAGE)
    assert "region: west" in shown(page)
    assert "labels" not in form_on(page)
    sent = {"labels": "region: east", "display_name": "Mile High"}
    assert open_and_save(browser, DENVER_PAGE, **sent) == {}
    assert Store.objects.get(pk="denver").display_name == "Mile High"
    set_region(browser)
    assert labels_of("denver") == WEST


def test_who_may_only_add_stores_gives_them_no_labels():
    browser = browser_of("add_store")
    page = browser.get(f"{STORES}add/")
    sent = form_on(page) | {"store_id": "coming", "labels": "region: east"}
    assert browser.post(f"{STORES}add/", sent).status_code == 302
    assert Store.objects.filter(pk="coming").exists()
    assert labels_of("coming") == {}


def test_who_may_change_labels_too_changes_them():
    browser = browser_of("change_store", "change_storelabel")
    assert open_and_save(browser, DENVER_PAGE, labels="region: south") == {}
    assert labels_of("denver") == {"region": "south"}
    set_region(browser)
    assert labels_of("denver") == {"region": "east"}
