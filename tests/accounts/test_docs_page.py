"""The page of the API works with a session and with a key."""

import html
import json
import re
from contextlib import closing
from urllib.parse import urljoin

import pytest
import yaml
from django.test import Client

from stores.models import Store
from tests.accounts.people import PASSWORD
from tests.support.accounts import user_with
from tests.support.processes import PROJECT

pytestmark = pytest.mark.django_db


def script_of(page):
    """The address of the page's own script. drf-spectacular makes it."""
    addresses = re.findall(r'<script src="([^"]*)"', page.text)
    [found] = [
        address for address in addresses if "script" in address.partition("?")[2]
    ]
    return urljoin("/api/docs/", html.unescape(found))


def test_the_page_and_the_description_are_public():
    for address in ("/api/docs/", "/api/schema"):
        with closing(Client().get(address)) as answer:
            assert answer.status_code == 200


def test_its_script_sends_the_token_with_every_change():
    """The test sends what the script sends."""
    user_with("editor", "all stores", name="maria")
    Store.objects.create(store_id="1")
    browser = Client(enforce_csrf_checks=True)
    page = browser.get("/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
    sent = {"username": "maria", "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert browser.post("/login/", sent).status_code == 302
    script = browser.get(script_of(browser.get("/api/docs/"))).text
    assert 'if (!["GET", undefined].includes(request.method)' in script
    [(name, value)] = re.findall(r'request.headers\["([\w-]+)"\] = "(\w{64})"', script)
    body = json.dumps({"display_name": "One"})
    answer = browser.patch(
        "/api/stores/1",
        body,
        content_type="application/json",
        headers={name: value, "origin": "http://testserver"},
    )
    assert answer.status_code == 200


def test_the_token_of_its_script_is_kept_by_no_shared_cache():
    browser = Client()
    answer = browser.get(script_of(browser.get("/api/docs/")))
    assert answer["Cache-Control"].startswith("private")
    assert "Cookie" in answer["Vary"]


def test_it_asks_for_a_key_and_sends_it_with_every_request():
    """Swagger UI has the button Authorize if the description names the scheme."""
    described = yaml.safe_load((PROJECT / "openapi.yaml").read_text())
    scheme = described["components"]["securitySchemes"]["key"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    for methods in described["paths"].values():
        for operation in methods.values():
            assert {"key": []} in operation["security"]


@pytest.mark.parametrize("is_open", [True, False])
def test_it_says_that_the_service_is_open(settings, is_open):
    settings.OPEN = is_open
    page = Client().get("/api/docs/").text
    assert ("Open mode:" in page) == is_open
