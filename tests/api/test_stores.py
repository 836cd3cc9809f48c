"""Stores over the API: listed, created, changed and deleted."""

import csv
import json
from datetime import timedelta
from io import StringIO

import pytest

from reports.compute import compute_now
from reports.models import ReportRow
from stores import editing
from stores.api import stores as api_stores
from stores.models import Mark, Poll, Store
from stores.timeline.prune import prune_polls
from stores.timeline.refresh import refresh
from tests.api.asking import answer, check_is_problem, client, pages
from tests.api.stores import DATA, STORES, address, at
from tests.support import engine
from tests.support.reference import Data
from tests.support.strategies import IDS

pytestmark = pytest.mark.django_db


def listed(**asked):
    return [store["store_id"] for store in answer(client.get(STORES, asked))["results"]]


def test_the_list_shows_the_status_of_each_store(few_stores):
    found = answer(client.get(STORES))
    assert found["as_of"] == "2023-01-23T12:00:00Z"
    assert found["next"] is None
    rows = {row.pop("store_id"): row for row in found["results"]}
    urls = {store: row.pop("store_url") for store, row in rows.items()}
    assert urls["up"] == "http://testserver/api/stores/up"
    assert list(rows) == ["closed", "down", "far", "unseen", "up"]
    assert rows["up"] == {
        "display_name": "Upper Café",
        "timezone": "UTC",
        "status": "up",
        "last_seen_at": "2023-01-23T11:00:00Z",
        "unsettled": [],
        "labels": {},
    }
    assert rows["unseen"] == {
        "display_name": "",
        "timezone": "UTC",
        "status": "unobserved",
        "last_seen_at": None,
        "unsettled": [],
        "labels": {},
    }
    # In Chicago it is 06:00.
    states = {store: row["status"] for store, row in rows.items()}
    assert states["down"] == "down"
    assert states["closed"] == states["far"] == "closed"
    assert rows["far"]["timezone"] is None


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"search": "u"}, ["unseen", "up"]),
        ({"search": "un"}, ["unseen"]),
        ({"search": "UPPER"}, ["up"]),
        ({"search": "far"}, ["far"]),
        ({"search": "away"}, ["far"]),
        ({"search": "p"}, ["up"]),
        ({"search": "%"}, []),
        ({"timezone": "UTC"}, ["closed", "down", "unseen", "up"]),
        ({"timezone": "America/Chicago"}, ["far"]),
        ({"timezone": "Europe/Berlin"}, []),
        ({"status": "down"}, ["down"]),
        ({"status": "closed"}, ["closed", "far"]),
        ({"status": "unobserved"}, ["unseen"]),
        ({"seen_since": "2023-01-23T11:00:00Z"}, ["down", "far", "up"]),
        ({"not_seen_since": "2023-01-23T11:00:00Z"}, ["closed", "unseen"]),
        ({"order": "-store_id"}, ["up", "unseen", "far", "down", "closed"]),
        ({"order": "last_seen_at"}, ["unseen", "closed", "up", "far", "down"]),
        ({"order": "-last_seen_at"}, ["down", "far", "up", "closed", "unseen"]),
        ({"order": "display_name"}, ["closed", "down", "unseen", "far", "up"]),
        ({"status": "closed", "order": "-store_id"}, ["far", "closed"]),
    ],
)
def test_the_list_is_filtered_and_ordered(few_stores, asked, expected):
    assert listed(**asked) == expected
    one_by_one = pages(client.get(STORES, asked | {"page_size": 1}))
    assert [store["store_id"] for store in one_by_one] == expected


def test_a_page_in_csv_links_to_the_next_page(few_stores):
    response = client.get(STORES, {"page_size": 4}, headers={"accept": "text/csv"})
    header, *rows = csv.reader(StringIO(response.content.decode()))
    assert header == [
        *("store_id", "display_name", "timezone", "status", "last_seen_at"),
        *("unsettled", "labels"),
    ]
    assert rows[1] == ["down", "", "UTC", "down", "2023-01-23T12:00:00Z", "", ""]
    assert len(rows) == 4
    link, relation = response["Link"].split("; ")
    assert relation == 'rel="next"'
    assert [r["store_id"] for r in answer(client.get(link[1:-1]))["results"]] == ["up"]


def test_a_name_like_a_formula_is_escaped_in_csv(few_stores):
    Store.objects.filter(pk="up").update(display_name="=1+1")
    response = client.get(STORES, headers={"accept": "text/csv"})
    assert "\nup,'=1+1,UTC," in response.content.decode()


@pytest.mark.parametrize("charset", ["hex", "utf-16", "nonsense"])
def test_text_in_another_encoding_is_refused(few_stores, charset):
    content_type = f"text/plain; charset={charset}"
    response = client.get(STORES, headers={"content-type": content_type})
    check_is_problem(response, 415)


def test_a_store_deleted_while_it_is_asked_for_is_not_found(few_stores, monkeypatch):
    real = api_stores.reading_now

    def deleted_meanwhile():
        editing.delete(["up"])
        return real()

    monkeypatch.setattr(api_stores, "reading_now", deleted_meanwhile)
    check_is_problem(client.get(address("up")), 404)


def last_seen(store_id):
    return answer(client.get(address(store_id)))["last_seen_at"]


def test_last_seen_is_the_newest_poll_not_the_last_one_loaded(few_stores):
    engine.load(Data([("up", False, at("09:30"))]))
    assert last_seen("up") == "2023-01-23T11:00:00Z"
    engine.load(Data([("up", False, at("11:00"))]))
    assert last_seen("up") == "2023-01-23T11:00:00Z"
    engine.load(Data([("up", False, at("11:45")), ("new", True, at("10:00"))]))
    assert last_seen("up") == "2023-01-23T11:45:00Z"
    assert last_seen("new") == "2023-01-23T10:00:00Z"


def test_loading_polls_again_corrects_last_seen(few_stores):
    Store.objects.update(last_seen_at=None)
    assert engine.load(Data(DATA.polls)).counts["status"].already_there == 4
    assert last_seen("up") == "2023-01-23T11:00:00Z"


def test_last_seen_is_kept_when_the_polls_are_pruned(few_stores):
    engine.load(Data([("up", True, at("11:00") + timedelta(days=30))]))
    assert sum(prune_polls(8)) == 4
    assert last_seen("down") == "2023-01-23T12:00:00Z"
    assert last_seen("up") == "2023-02-22T11:00:00Z"


def test_before_any_poll_status_and_as_of_are_null():
    engine.load(Data(zones=[("1", "UTC")]))
    found = answer(client.get(STORES))
    assert found["as_of"] is None
    [store] = found["results"]
    assert store["status"] is None
    assert store["last_seen_at"] is None


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"order": "timezone"}, "order"),
        ({"status": "active"}, "status"),
        ({"seen_since": "lately"}, "seen_since"),
        ({"search": "x" * 201}, "search"),
        ({"search": "\0"}, "search"),
        ({"format": "csv"}, "format"),
    ],
)
def test_invalid_list_parameters_are_refused(few_stores, asked, field):
    problem = check_is_problem(client.get(STORES, asked), 400)
    assert list(problem["errors"]) == [field]


@pytest.mark.parametrize("store_id", IDS)
def test_a_store_with_any_id_can_be_created_read_and_deleted(store_id):
    response = client.post(STORES, {"store_id": store_id}, format="json")
    assert response.status_code == 201
    assert answer(client.get(response["Location"]))["store_id"] == store_id
    assert answer(client.get(address(store_id)))["store_id"] == store_id
    assert answer(client.delete(address(store_id))) == {
        "store_id": store_id,
        "polls_deleted": 0,
    }
    check_is_problem(client.get(address(store_id)), 404)


def test_a_new_store_is_always_open(few_stores):
    body = {"store_id": "new", "display_name": "The new one", "timezone": "Asia/Tokyo"}
    response = client.post(STORES, body, format="json")
    assert response.json() == body | {
        "store_url": "http://testserver/api/stores/new",
        "status": "unobserved",
        "last_seen_at": None,
        "unsettled": [],
        "labels": {},
        "as_of": "2023-01-23T12:00:00Z",
    }
    assert answer(client.get(address("new", "hours"))) == {
        "store_id": "new",
        "is_always_open": True,
        "hours": [],
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "store_id"),
        ({"store_id": ""}, "store_id"),
        ({"store_id": "=1"}, "store_id"),
        ({"store_id": "x" * 65}, "store_id"),
        ({"store_id": "a\0"}, "store_id"),
        ({"store_id": ["a"]}, "store_id"),
        ({"store_id": 8139926242460185114}, "store_id"),
        ({"store_id": "a", "display_name": 0}, "display_name"),
        ({"store_id": "a", "timezone": "Mars/Olympus"}, "timezone"),
        ({"store_id": "a", "timezone": ""}, "timezone"),
        ({"store_id": "a", "display_name": "x" * 201}, "display_name"),
        ({"store_id": "a", "name": "A"}, "name"),
        ({"store_id": "a", "display_name": "\ud800"}, "display_name"),
        ({"store_id": "\ud800"}, "store_id"),
    ],
)
def test_an_invalid_store_is_refused(body, field):
    response = client.post(STORES, json.dumps(body), content_type="application/json")
    assert list(check_is_problem(response, 400)["errors"]) == [field]
    assert not Store.objects.exists()


def test_an_existing_store_is_not_created_again(few_stores):
    response = client.post(STORES, {"store_id": "up"}, format="json")
    check_is_problem(response, 409)
    assert Store.objects.get(pk="up").timezone == "UTC"


def test_a_new_zone_changes_the_figures_and_a_new_name_does_not(few_stores):
    refresh()
    changed = client.patch(address("up"), {"display_name": "Tall"}, format="json")
    assert answer(changed)["display_name"] == "Tall"
    assert not Mark.objects.exists()
    changed = client.patch(address("up"), {"timezone": None}, format="json")
    # In Chicago it is 06:00.
    assert answer(changed)["status"] == "closed"
    assert answer(changed)["display_name"] == "Tall"


@pytest.mark.parametrize(
    ("body", "field"),
    [({"store_id": "other"}, "store_id"), ({"timezone": "nowhere"}, "timezone")],
)
def test_an_invalid_change_is_refused(few_stores, body, field):
    response = client.patch(address("up"), body, format="json")
    assert list(check_is_problem(response, 400)["errors"]) == [field]


def test_deleting_a_store_deletes_its_polls_but_keeps_report_rows(few_stores):
    report = compute_now()
    found = answer(client.delete(address("up")))
    assert found == {"store_id": "up", "polls_deleted": 1}
    assert not Poll.objects.filter(store_id="up").exists()
    assert "up" not in listed()
    kept = ReportRow.objects.filter(report_id=report.report_id, store_id="up")
    assert kept.count() == 1


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_an_unknown_store_is_not_found(few_stores, method):
    check_is_problem(getattr(client, method)(address("nowhere")), 404)


def test_a_body_that_is_not_json_is_refused(few_stores):
    response = client.post(STORES, {"store_id": "form"})
    check_is_problem(response, 415)
    response = client.post(STORES, b"{", content_type="application/json")
    check_is_problem(response, 400)


@pytest.mark.parametrize("size", [1 << 20, 20 << 20])
def test_a_body_that_is_too_large_is_refused(few_stores, size):
    body = b" " * size + b"{}"
    response = client.post(STORES, body, content_type="application/json")
    check_is_problem(response, 413)


@pytest.mark.parametrize(
    ("method", "rest"),
    [("get", []), ("patch", []), ("put", ["hours"]), ("get", ["special-hours", "x"])],
)
def test_csv_is_refused_for_answers_that_are_not_tables(few_stores, method, rest):
    response = getattr(client, method)(
        address("up", *rest), {}, format="json", headers={"accept": "text/csv"}
    )
    check_is_problem(response, 406)
