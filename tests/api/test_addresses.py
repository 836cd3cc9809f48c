"""The addresses of stores, whatever characters their ids have."""

from urllib.parse import urljoin, urlsplit

import pytest

from reports.compute import compute_now
from tests.api.asking import answer, check_is_problem, client, pages
from tests.api.reports import results, rows_at
from tests.api.stores import STORES, address, at
from tests.support import engine
from tests.support.reference import HOUR, Data
from tests.support.strategies import IDS

pytestmark = pytest.mark.django_db

# What the documentation says, written out.
WRITTEN = {
    "up": "up",
    "two words": "two%20words",
    "café": "caf%C3%A9",
    "a~b_c.d-e": "a~b_c.d-e",
    "a/b": "=a~2Fb",
    "a/uptime": "=a~2Fuptime",
    ".": "=~2E",
    "..": "=~2E~2E",
    "...": "...",
    "a?b=c": "=a~3Fb~3Dc",
    "a#b": "=a~23b",
    "%41": "=~2541",
    "a\\b": "=a~5Cb",
    "é/~": "=~C3~A9~2F~7E",
    "=~2F": None,  # no id begins so
}


def as_url(segment):
    return f"http://testserver{STORES}/{segment}"


@pytest.mark.parametrize(("store_id", "segment"), WRITTEN.items())
def test_the_address_of_a_store_is_written_as_documented(store_id, segment):
    created = client.post(STORES, {"store_id": store_id}, format="json")
    if segment is None:
        check_is_problem(created, 400)
        return
    assert created["Location"] == as_url(segment)
    assert created.json()["store_url"] == as_url(segment)
    assert answer(client.get(created["Location"]))["store_id"] == store_id


@pytest.fixture
def all_ids():
    """A store with each id: two polls, down from 10:00 to 12:00, open 9 to 17 UTC."""
    polls = [(i, is_up, at(t)) for i in IDS for is_up, t in POLLS]
    hours = [(store_id, 0, 9 * HOUR, 17 * HOUR) for store_id in IDS]
    engine.load(Data(polls, hours, [(store_id, "UTC") for store_id in IDS]))


POLLS = [(True, "09:00"), (False, "10:00"), (False, "12:00")]


def test_every_list_links_to_each_of_its_stores(all_ids):
    report = compute_now()
    lists = [
        pages(client.get(STORES)),
        pages(client.get("/api/outages")),
        *results(client, rows_at(report.pk)),
    ]
    assert len(lists) == 3
    for rows in lists:
        assert {row["store_id"] for row in rows} == set(IDS)
        for row in rows:
            found = answer(client.get(row["store_url"]))
            assert found["store_id"] == row["store_id"]
            assert found["store_url"] == row["store_url"]


def test_a_browser_takes_no_segment_from_an_address(all_ids):
    for row in pages(client.get(STORES)):
        url = row["store_url"]
        assert urljoin("http://testserver/x", url) == url
        parts = urlsplit(f"{url}/uptime")
        assert (parts.query, parts.fragment) == ("", "")
        *_, store, last = parts.path.split("/")
        assert (len(parts.path.split("/")), last) == (5, "uptime")
        assert store not in (".", "..")


@pytest.mark.parametrize("store_id", IDS)
def test_everything_of_a_store_is_below_its_address(all_ids, store_id):
    for what in ("uptime", "timeline", "polls", "outages", "hours", "special-hours"):
        found = answer(client.get(address(store_id, what)))
        assert found.get("store_id", store_id) == store_id
    assert [row["store_id"] for row in found["results"]] == []
    day = address(store_id, "special-hours", "2023-12-24")
    put = client.put(day, {"hours": []}, format="json")
    assert answer(put)["store_id"] == store_id
    assert answer(client.get(day))["date"] == "2023-12-24"
    week = client.put(address(store_id, "hours"), {"hours": []}, format="json")
    assert answer(week) == {"store_id": store_id, "is_always_open": True, "hours": []}
    changed = client.patch(address(store_id), {"display_name": "X"}, format="json")
    assert answer(changed)["display_name"] == "X"


@pytest.mark.parametrize("store_id", IDS)
def test_the_links_to_the_next_page_keep_the_store(all_ids, store_id):
    span = {"from": "2023-01-23T00:00:00Z", "page_size": 1}
    found = pages(client.get(address(store_id, "polls"), span))
    assert [row["timestamp_utc"][11:16] for row in found] == [t for _, t in POLLS]
    assert {row["store_id"] for row in found} == {store_id}
    for day in ("2023-12-24", "2023-12-25"):
        client.put(address(store_id, "special-hours", day), {"hours": []}, "json")


@pytest.mark.parametrize(
    "segment",
    ["=", "=a~2fb", "=a~2", "=a~", "=~C3", "=~ED~A0~80", "=~00", "==a"],
)
def test_an_escape_that_is_none_is_not_found(all_ids, segment):
    check_is_problem(client.get(f"{STORES}/{segment}"), 404)
    check_is_problem(client.get(f"{STORES}/{segment}/uptime"), 404)
    check_is_problem(client.delete(f"{STORES}/{segment}"), 404)
