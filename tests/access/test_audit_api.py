"""GET /api/audit: the entries, the newest first, in pages and by conditions."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from restaurant_monitor.access.actors import Actor, acting_as
from restaurant_monitor.access.audit import record
from restaurant_monitor.access.models import AuditEntry
from tests.api.asking import cells, check_is_problem
from tests.api.reports import results
from tests.support.accounts import client_of, user_with

pytestmark = pytest.mark.django_db
AUDIT = "/api/audit"
AT = datetime(2023, 1, 25, 12, tzinfo=UTC)
ALICE = Actor(7, "alice", "rm_12345678", "192.0.2.17")


@pytest.fixture
def client():
    return client_of(user_with("all stores"))


@pytest.fixture
def five():
    """Five entries, each an hour after the one before, the last two at one instant."""
    rows = [
        ("alice", "store.renamed", "a"),
        ("bob", "store.renamed", "b"),
        ("alice", "store.moved", "a"),
        ("manage.py prune (root)", "data.pruned", "polls"),
        ("bob", "store.deleted", "a"),
    ]
    return AuditEntry.objects.bulk_create(
        AuditEntry(username=u, action=a, subject=s, at=AT + timedelta(hours=min(n, 3)))
        for n, (u, a, s) in enumerate(rows)
    )


def listed(client, **asked):
    """The places in `five` of the entries that are listed."""
    first = AuditEntry.objects.order_by("entry_id").first().pk
    found = results(client, AUDIT, **asked)
    return [entry["entry_id"] - first for page in found for entry in page]


def test_an_entry_has_all_that_is_known(client):
    before, after = {"timezone": None, "unsettled": True}, {"timezone": "UTC"}
    with acting_as(ALICE):
        record("store.moved", "=a/b", before, after)
    entry = AuditEntry.objects.get()
    response = client.get(AUDIT)
    assert response.json() == {
        "next": None,
        "results": [
            {
                "entry_id": entry.pk,
                "at": entry.at.isoformat().replace("+00:00", "Z"),
                "user_id": 7,
                "username": "alice",
                "key": "rm_12345678",
                "address": "192.0.2.17",
                "request_id": "",
                "action": "store.moved",
                "subject": "=a/b",
                "before": before,
                "after": after,
            }
        ],
    }


def test_as_csv_no_cell_is_a_formula(client):
    record("store.renamed", "=1+1", None, {"display_name": '=2"'})
    titles, row = cells(client.get(AUDIT, headers={"accept": "text/csv"}))
    found = dict(zip(titles, row, strict=True))
    assert found["subject"] == "'=1+1"
    assert found["before"] == ""
    assert json.loads(found["after"]) == {"display_name": '=2"'}
    assert titles == list(client.get(AUDIT).json()["results"][0])


def test_the_newest_come_first_in_pages(client, five):
    assert listed(client) == [4, 3, 2, 1, 0]
    for size in (1, 2, 3):
        assert listed(client, page_size=size) == [4, 3, 2, 1, 0]


@pytest.mark.parametrize(
    ("asked", "places"),
    [
        ({"user": "alice"}, [2, 0]),
        ({"user": "manage.py prune (root)"}, [3]),
        ({"user": "ali"}, []),
        ({"action": "store.renamed"}, [1, 0]),
        ({"subject": "a"}, [4, 2, 0]),
        ({"from": "2023-01-25T14:00:00Z"}, [4, 3, 2]),
        ({"to": "2023-01-25T14:00:00Z"}, [1, 0]),
        ({"from": "2023-01-25T13:00:00Z", "to": "2023-01-25T15:00:00Z"}, [2, 1]),
        ({"user": "alice", "action": "store.moved", "subject": "a"}, [2]),
    ],
)
def test_conditions_choose_entries(client, five, asked, places):
    assert listed(client, **asked) == places
    assert listed(client, page_size=1, **asked) == places


@pytest.mark.parametrize(
    "query", ["unknown=1", "from=yesterday", "user=%00", "action=", "cursor=made-up"]
)
def test_other_parameters_are_refused(client, query):
    check_is_problem(client.get(f"{AUDIT}?{query}"), 400)


@pytest.mark.parametrize("roles", [[], ["admin"], ["viewer", "editor", "operator"]])
def test_who_does_not_see_all_stores_sees_no_entry(roles):
    client = client_of(user_with(*roles, stores=["a"]))
    check_is_problem(client.get(AUDIT), 403)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_changes_nothing(client, method, five):
    check_is_problem(getattr(client, method)(AUDIT), 405)
    assert AuditEntry.objects.count() == 5


@pytest.mark.parametrize("name", ["username", "action", "subject", None])
def test_a_page_is_read_from_an_index_in_its_order(name):
    names = ["username", "action", "subject"]
    AuditEntry.objects.bulk_create(
        AuditEntry(**dict.fromkeys(names, f"{n % 9}")) for n in range(9000)
    )
    with connection.cursor() as cursor:
        cursor.execute("analyze audit_entry")
    condition = {name: "1"} if name else {}
    plan = AuditEntry.objects.filter(**condition)[:100].explain()
    assert "Index Scan Backward" in plan
    assert "Sort" not in plan
