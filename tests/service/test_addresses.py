"""The addresses of stores with odd ids, over HTTP."""

import json
from urllib.parse import quote, urljoin, urlsplit

import pytest
import requests

from tests.service.answers import check_is_problem
from tests.support import processes, services
from tests.support.strategies import IDS


@pytest.fixture(scope="module")
def stores(service):
    """The addresses of new stores with these ids, as their lists have them."""
    for store_id in IDS:
        created = ask(service, "POST", "/api/stores", {"store_id": store_id})
        assert created.status == 201
    listed = json.loads(ask(service, "GET", "/api/stores?page_size=1000").body)
    urls = {row["store_id"]: row["store_url"] for row in listed["results"]}
    return {store_id: urls[store_id] for store_id in IDS}


def ask(service, method, path, body=None):
    return services.ask(service, method, path, body)


def path_of(url):
    return urlsplit(url).path


def test_a_store_is_read_and_changed_at_the_address_in_the_list(service, stores):
    for store_id, url in stores.items():
        path = path_of(url)
        assert json.loads(ask(service, "GET", path).body)["store_id"] == store_id
        week = ask(service, "PUT", f"{path}/hours", {"hours": []})
        assert json.loads(week.body)["store_id"] == store_id
        found = json.loads(ask(service, "GET", f"{path}/uptime").body)
        assert (found["store_id"], found["up_seconds"]) == (store_id, 0)


def test_a_client_that_tidies_paths_reaches_them_too(service, stores):
    """As browsers do: urllib3 resolves dots and decodes what needs no encoding."""
    with requests.Session() as session:
        session.headers.update(processes.BEARER)
        for store_id, url in stores.items():
            assert urljoin(url, path_of(url)) == url
            assert session.get(url, timeout=60).json()["store_id"] == store_id


def test_an_id_that_is_only_percent_encoded_is_found_too(service, stores):
    """But for `.` and `..`, which clients resolve. No route takes a part of the id."""
    for store_id in set(stores) - {".", ".."}:
        path = f"/api/stores/{quote(store_id, safe='')}"
        assert json.loads(ask(service, "GET", path).body)["store_id"] == store_id
        found = json.loads(ask(service, "GET", f"{path}/hours").body)
        assert found["store_id"] == store_id


def test_the_next_page_of_such_a_store_is_that_of_the_store(service, stores):
    for store_id in set(stores) - {".", ".."}:
        path = f"/api/stores/{quote(store_id, safe='')}/special-hours"
        for day in ("2023-12-24", "2023-12-25"):
            assert ask(service, "PUT", f"{path}/{day}", {"hours": []}).status == 200
        first = json.loads(ask(service, "GET", f"{path}?page_size=1").body)
        parts = urlsplit(first["next"])
        rest = json.loads(ask(service, "GET", f"{parts.path}?{parts.query}").body)
        assert (rest["store_id"], rest["next"]) == (store_id, None)
        assert [row["date"] for row in rest["results"]] == ["2023-12-25"]


def test_a_control_character_in_an_address_is_not_found(service):
    for code in (*range(1, 32), *range(127, 160)):
        check_is_problem(ask(service, "GET", f"/api/stores/{quote(chr(code))}a"), 404)
