"""Stores and their hours over the API: listed, made, changed and deleted."""

import csv
import json
from datetime import timedelta
from io import StringIO
from urllib.parse import quote

import pytest
from rest_framework.test import APIClient

from reports.compute import compute_now
from reports.models import ReportRow
from stores import edit, timeline
from stores.api import stores as api_stores
from stores.models import BusinessHours, Mark, Poll, Store
from stores.retention import prune_polls
from tests.support import engine
from tests.support.reference import HOUR, Data, parse_instant
from tests.support.strategies import IDS
from tests.test_api import check_is_problem
from tests.test_api_timeline import answer, pages

pytestmark = pytest.mark.django_db

STORES = "/api/stores"
client = APIClient()


def address(store_id, *rest):
    return "/".join([STORES, quote(store_id, safe=""), *rest])


def at(clock):
    return parse_instant(f"2023-01-23 {clock}:00 UTC")


# A Monday; it is 12:00 in UTC.
DATA = Data(
    [
        ("up", True, at("11:00")),
        ("down", False, at("12:00")),
        ("closed", True, at("10:30")),
        ("far", True, at("11:30")),
    ],
    [
        ("up", 0, 9 * HOUR, 17 * HOUR),
        ("down", 0, 9 * HOUR, 17 * HOUR),
        ("closed", 0, 9 * HOUR, 12 * HOUR),
        ("unseen", 0, 9 * HOUR, 17 * HOUR),
        ("far", 0, 9 * HOUR, 17 * HOUR),
    ],
    [
        ("up", "UTC"),
        ("down", "UTC"),
        ("closed", "UTC"),
        ("unseen", "UTC"),
    ],
)


@pytest.fixture
def data():
    engine.load(DATA)
    Store.objects.filter(pk="up").update(display_name="Upper Café")
    Store.objects.filter(pk="far").update(display_name="Chicago, far away")


def listed(**asked):
    return [store["store_id"] for store in answer(client.get(STORES, asked))["results"]]


# --- The list


def test_the_list_tells_how_each_store_stands(data):
    found = answer(client.get(STORES))
    assert found["as_of"] == "2023-01-23T12:00:00Z"
    assert found["next"] is None
    told = {row.pop("store_id"): row for row in found["results"]}
    assert list(told) == ["closed", "down", "far", "unseen", "up"]
    assert told["up"] == {
        "display_name": "Upper Café",
        "timezone": "UTC",
        "status": "up",
        "last_seen_at": "2023-01-23T11:00:00Z",
    }
    assert told["unseen"] == {
        "display_name": "",
        "timezone": "UTC",
        "status": "unobserved",
        "last_seen_at": None,
    }
    # In Chicago it is 06:00.
    states = {store: row["status"] for store, row in told.items()}
    assert states["down"] == "down"
    assert states["closed"] == states["far"] == "closed"
    assert told["far"]["timezone"] is None


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
def test_the_list_is_filtered_and_ordered(data, asked, expected):
    assert listed(**asked) == expected
    one_by_one = pages(client.get(STORES, asked | {"page_size": 1}))
    assert [store["store_id"] for store in one_by_one] == expected


def test_a_link_leads_to_the_next_page_in_csv_as_well(data):
    response = client.get(STORES, {"page_size": 4}, headers={"accept": "text/csv"})
    header, *rows = csv.reader(StringIO(response.content.decode()))
    assert header == ["store_id", "display_name", "timezone", "status", "last_seen_at"]
    assert rows[1] == ["down", "", "UTC", "down", "2023-01-23T12:00:00Z"]
    assert len(rows) == 4
    link, relation = response["Link"].split("; ")
    assert relation == 'rel="next"'
    assert [r["store_id"] for r in answer(client.get(link[1:-1]))["results"]] == ["up"]


def test_a_name_is_no_formula_in_csv(data):
    Store.objects.filter(pk="up").update(display_name="=1+1")
    response = client.get(STORES, headers={"accept": "text/csv"})
    assert "\nup,'=1+1,UTC," in response.content.decode()


@pytest.mark.parametrize("charset", ["hex", "utf-16", "nonsense"])
def test_text_in_another_encoding_is_refused(data, charset):
    content_type = f"text/plain; charset={charset}"
    response = client.get(STORES, headers={"content-type": content_type})
    check_is_problem(response, 415)


def test_a_store_deleted_while_it_is_asked_for_is_not_found(data, monkeypatch):
    real = api_stores.now

    def deleted_meanwhile():
        edit.delete(["up"])
        return real()

    monkeypatch.setattr(api_stores, "now", deleted_meanwhile)
    check_is_problem(client.get(address("up")), 404)


def last_seen(store_id):
    return answer(client.get(address(store_id)))["last_seen_at"]


def test_a_store_was_last_seen_at_its_newest_poll_not_at_the_last_to_come(data):
    engine.load(Data([("up", False, at("09:30"))]))
    assert last_seen("up") == "2023-01-23T11:00:00Z"
    engine.load(Data([("up", False, at("11:00"))]))
    assert last_seen("up") == "2023-01-23T11:00:00Z"
    engine.load(Data([("up", False, at("11:45")), ("new", True, at("10:00"))]))
    assert last_seen("up") == "2023-01-23T11:45:00Z"
    assert last_seen("new") == "2023-01-23T10:00:00Z"


def test_loading_polls_again_puts_right_when_a_store_was_last_seen(data):
    Store.objects.update(last_seen_at=None)
    assert engine.load(Data(DATA.polls)).counts["status"].already_there == 4
    assert last_seen("up") == "2023-01-23T11:00:00Z"


def test_a_store_whose_polls_have_been_pruned_was_seen_all_the_same(data):
    engine.load(Data([("up", True, at("11:00") + timedelta(days=30))]))
    assert sum(prune_polls(8)) == 4
    assert last_seen("down") == "2023-01-23T12:00:00Z"
    assert last_seen("up") == "2023-02-22T11:00:00Z"


def test_before_any_poll_nothing_is_said_of_now():
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
def test_a_list_that_there_is_not_is_refused(data, asked, field):
    problem = check_is_problem(client.get(STORES, asked), 400)
    assert list(problem["errors"]) == [field]


# --- One store


@pytest.mark.parametrize("store_id", IDS)
def test_a_store_can_be_made_found_and_deleted_whatever_its_id(store_id):
    response = client.post(STORES, {"store_id": store_id}, format="json")
    assert response.status_code == 201
    assert answer(client.get(response["Location"]))["store_id"] == store_id
    assert answer(client.get(address(store_id)))["store_id"] == store_id
    assert answer(client.delete(address(store_id))) == {
        "store_id": store_id,
        "polls_deleted": 0,
    }
    check_is_problem(client.get(address(store_id)), 404)


def test_a_new_store_is_always_open(data):
    body = {"store_id": "new", "display_name": "The new one", "timezone": "Asia/Tokyo"}
    response = client.post(STORES, body, format="json")
    assert response.json() == body | {
        "status": "unobserved",
        "last_seen_at": None,
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
def test_a_store_that_cannot_be_is_refused(body, field):
    response = client.post(STORES, json.dumps(body), content_type="application/json")
    assert list(check_is_problem(response, 400)["errors"]) == [field]
    assert not Store.objects.exists()


def test_a_store_that_is_there_is_not_made_again(data):
    response = client.post(STORES, {"store_id": "up"}, format="json")
    check_is_problem(response, 409)
    assert Store.objects.get(pk="up").timezone == "UTC"


def test_a_change_of_zone_moves_the_figures_and_a_name_does_not(data):
    timeline.refresh()
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
def test_a_change_that_cannot_be_is_refused(data, body, field):
    response = client.patch(address("up"), body, format="json")
    assert list(check_is_problem(response, 400)["errors"]) == [field]


def test_a_deleted_store_goes_with_its_past_and_reports_keep_their_rows(data):
    report = compute_now()
    found = answer(client.delete(address("up")))
    assert found == {"store_id": "up", "polls_deleted": 1}
    assert not Poll.objects.filter(store_id="up").exists()
    assert "up" not in listed()
    kept = ReportRow.objects.filter(report_id=report.report_id, store_id="up")
    assert kept.count() == 1


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_a_store_that_is_not_there(data, method):
    check_is_problem(getattr(client, method)(address("nowhere")), 404)


def test_a_body_that_is_no_json_is_refused(data):
    response = client.post(STORES, {"store_id": "form"})
    check_is_problem(response, 415)
    response = client.post(STORES, b"{", content_type="application/json")
    check_is_problem(response, 400)


@pytest.mark.parametrize("size", [1 << 20, 20 << 20])
def test_a_body_that_is_too_large_is_refused(data, size):
    body = b" " * size + b"{}"
    response = client.post(STORES, body, content_type="application/json")
    check_is_problem(response, 413)


@pytest.mark.parametrize(
    ("method", "rest"),
    [("get", []), ("patch", []), ("put", ["hours"]), ("get", ["special-hours", "x"])],
)
def test_what_is_no_table_is_not_to_be_had_as_csv(data, method, rest):
    response = getattr(client, method)(
        address("up", *rest), {}, format="json", headers={"accept": "text/csv"}
    )
    check_is_problem(response, 406)


# --- Its hours


def row(day, start, end):
    return {"day": day, "start_time_local": start, "end_time_local": end}


def put(store_id, *rows):
    return client.put(address(store_id, "hours"), {"hours": list(rows)}, format="json")


def test_a_week_is_replaced_as_a_whole(data):
    week = [
        row(0, "09:00:00", "12:00:00"),
        row(0, "13:30:00", "17:00:00"),
        row(5, "18:00:00", "02:00:00"),
        row(6, "00:00:00", "24:00:00"),
    ]
    changed = put("up", *week[2:], *week[:2])
    expected = {"store_id": "up", "is_always_open": False, "hours": week}
    assert answer(changed) == expected
    assert answer(client.get(address("up", "hours"))) == expected
    assert answer(client.get(address("up")))["status"] == "closed"
    assert BusinessHours.objects.filter(store_id="up").count() == 4


def test_a_week_without_rows_is_always_open(data):
    assert answer(put("closed"))["is_always_open"] is True
    assert answer(client.get(address("closed")))["status"] == "up"


def test_hours_in_csv_are_those_of_a_file(data):
    response = client.get(address("up", "hours"), headers={"accept": "text/csv"})
    assert response.content.decode().splitlines() == [
        "store_id,day,start_time_local,end_time_local",
        "up,0,09:00:00,17:00:00",
    ]


def test_a_week_that_makes_no_sense_is_refused_row_by_row(data):
    problem = check_is_problem(
        put(
            "up",
            row(0, "09:00", "17:00"),
            row(7, "09:00", "17:00"),
            row(1, "9 o'clock", "25:00"),
            row(1, "24:00", "17:00") | {"closed": True},
            row(1, 9, None),
            row("1", "09:00", "17:00"),
            row(True, "09:00", "17:00"),
        ),
        400,
    )
    reasons = problem["errors"]["hours"]
    assert {place: sorted(fields) for place, fields in reasons.items()} == {
        "1": ["day"],
        "2": ["end_time_local", "start_time_local"],
        "3": ["closed"],
        "4": ["end_time_local", "start_time_local"],
        "5": ["day"],
        "6": ["day"],
    }
    assert BusinessHours.objects.get(store_id="up").ends.hour == 17


def test_the_same_row_twice_is_refused(data):
    rows = [row(0, "09:00", "17:00"), row(0, "09:00:00", "17:00")]
    problem = check_is_problem(put("up", *rows), 400)
    assert list(problem["errors"]["hours"]) == ["1"]


# --- Its special hours


def shift(start, end):
    return {"start_time_local": start, "end_time_local": end}


def put_day(store_id, day, *rows):
    body = {"hours": list(rows)}
    return client.put(address(store_id, "special-hours", day), body, format="json")


def test_special_hours_of_a_date_replace_those_of_its_week(data):
    # In UTC it is Monday, 12:00.
    assert answer(put_day("up", "2023-01-23")) == {
        "store_id": "up",
        "date": "2023-01-23",
        "hours": [],
    }
    assert answer(client.get(address("up")))["status"] == "closed"
    changed = put_day(
        "up", "2023-01-23", shift("11:30", "24:00"), shift("08:00", "09:30")
    )
    rows = [shift("08:00:00", "09:30:00"), shift("11:30:00", "24:00:00")]
    assert answer(changed)["hours"] == rows
    # The poll at 11:00 is outside, and nothing else was seen.
    assert answer(client.get(address("up")))["status"] == "unobserved"
    assert (
        client.delete(address("up", "special-hours", "2023-01-23")).status_code == 204
    )
    assert answer(client.get(address("up")))["status"] == "up"
    check_is_problem(client.get(address("up", "special-hours", "2023-01-23")), 404)


def test_special_dates_are_listed_in_pages_and_as_a_file_has_them(data):
    put_day("up", "2023-12-31", shift("18:00", "02:00"), shift("09:00", "15:00"))
    put_day("up", "2023-12-25")
    put_day("up", "2024-12-25")
    listed = address("up", "special-hours")
    found = pages(client.get(listed, {"page_size": 1}))
    new_year = [shift("09:00:00", "15:00:00"), shift("18:00:00", "02:00:00")]
    assert found == [
        {"date": "2023-12-25", "hours": []},
        {"date": "2023-12-31", "hours": new_year},
        {"date": "2024-12-25", "hours": []},
    ]
    of_2023 = {"from": "2023-01-01", "to": "2023-12-31"}
    response = client.get(listed, of_2023, headers={"accept": "text/csv"})
    assert response.content.decode().splitlines() == [
        "store_id,date,start_time_local,end_time_local",
        "up,2023-12-25,,",
        "up,2023-12-31,09:00:00,15:00:00",
        "up,2023-12-31,18:00:00,02:00:00",
    ]


@pytest.mark.parametrize("day", ["2023-02-30", "christmas", "1969-12-31", "2101-01-01"])
@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_a_date_that_there_is_not_is_refused(data, day, method):
    response = getattr(client, method)(address("up", "special-hours", day))
    assert list(check_is_problem(response, 400)["errors"]) == ["day"]


def test_special_hours_that_make_no_sense_are_refused_row_by_row(data):
    rows = [shift("09:00", "12:00"), shift("", ""), {"start_time_local": "09:00"}]
    problem = check_is_problem(put_day("up", "2023-12-25", *rows), 400)
    assert sorted(problem["errors"]["hours"]) == ["1", "2"]
    assert answer(client.get(address("up", "special-hours")))["results"] == []


@pytest.mark.parametrize("body", [{}, {"hours": None}, {"hours": {}}, [], 1])
def test_a_week_that_is_none_is_refused(data, body):
    response = client.put(address("up", "hours"), body, format="json")
    check_is_problem(response, 400)
