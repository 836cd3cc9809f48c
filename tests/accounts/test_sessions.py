"""A session: its cookies, its end, and the token that a change needs."""

import re

import pytest
from django.test import Client

from stores.models import Store
from tests.accounts.people import send
from tests.api.asking import check_is_problem
from tests.support.accounts import user_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def maria():
    return user_with("editor", "all stores", name="maria")


def test_the_cookies_are_for_this_site_and_for_no_script(maria, logged_in):
    browser = logged_in(maria)
    browser.get("/account/")
    for name in ("sessionid", "csrftoken"):
        cookie = browser.cookies[name]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
    assert browser.cookies["sessionid"]["max-age"] == 12 * 60 * 60


def test_a_session_gets_a_new_id_at_the_login(maria):
    browser = Client()
    browser.get("/login/")
    before = browser.session.session_key
    sent = {"username": "maria", "password": "a long passphrase"}
    browser.post("/login/", sent)
    assert browser.session.session_key != before


def test_a_change_through_the_api_needs_the_token(maria, logged_in):
    Store.objects.create(store_id="1")
    page = logged_in(maria).get("/account/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = page.client.cookies
    sent = {"data": '{"display_name": "One"}', "content_type": "application/json"}
    refused = check_is_problem(browser.patch("/api/stores/1", **sent), 403)
    assert "CSRF" in refused["detail"]
    for wrong in ("", "x" * 64):
        headers = {"x-csrftoken": wrong}
        check_is_problem(browser.patch("/api/stores/1", **sent, headers=headers), 403)
    assert Store.objects.get().display_name == ""
    answer = browser.patch("/api/stores/1", **sent, headers={"x-csrftoken": token})
    assert answer.status_code == 200
    assert browser.get("/api/stores/1").status_code == 200


def test_a_deactivated_user_is_out_at_once(maria, logged_in, client):
    browser = logged_in(maria)
    assert browser.get("/api/me").json()["username"] == "maria"
    answer = send(client, "patch", f"/api/users/{maria.pk}", {"is_active": False})
    assert answer.status_code == 200
    assert browser.get("/account/").status_code == 302
    assert browser.get("/api/me").status_code == 401


def test_a_password_that_an_admin_sets_ends_the_sessions(maria, logged_in, client):
    browser = logged_in(maria)
    changes = {"password": "quite another phrase"}
    answer = send(client, "patch", f"/api/users/{maria.pk}", changes)
    assert answer.status_code == 200
    assert browser.get("/account/").status_code == 302
