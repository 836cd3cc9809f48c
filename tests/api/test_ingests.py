"""Ingests and their rejected rows: GET /api/ingests."""

import pytest

from stores.models import Ingest, Reject
from tests.api.asking import check_is_problem
from tests.api.pushing import push
from tests.support.pushes import A9, CSV, INGESTS

in_database = pytest.mark.django_db
UNKNOWN = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
FORMULA = "store_id that a spreadsheet would run as a formula"


@in_database
def test_ingests_are_listed_the_newest_first(client):
    ids = [push(client, [A9]).json()["ingest_id"] for _ in range(5)]
    Ingest.objects.filter(pk=ids[0]).update(state="failed", error="no")
    found, address = [], f"{INGESTS}?page_size=2"
    while address:
        page = client.get(address).json()
        found += page["results"]
        address = page["next"]
    assert [one["ingest_id"] for one in found] == ids[::-1]
    for one in found:
        assert client.get(f"{INGESTS}/{one['ingest_id']}").json() == one
    [failed] = client.get(f"{INGESTS}?state=failed").json()["results"]
    assert (failed["ingest_id"], failed["error"]) == (ids[0], "no")
    complete = client.get(f"{INGESTS}?state=complete&page_size=3").json()
    assert [one["ingest_id"] for one in complete["results"]] == ids[:1:-1]
    [last] = client.get(complete["next"]).json()["results"]
    assert last["ingest_id"] == ids[1]


@in_database
def test_ingests_requested_at_one_instant_are_paged(client):
    at = "2023-01-24T09:00:00Z"
    for _ in range(3):
        Ingest.objects.create(files={}, requested_at=at)
    found, address = set(), f"{INGESTS}?page_size=1"
    while address:
        page = client.get(address).json()
        found |= {one["ingest_id"] for one in page["results"]}
        address = page["next"]
    assert len(found) == 3


@in_database
@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{INGESTS}?a=1", 400),
        (f"{INGESTS}?state=done", 400),
        (f"{INGESTS}?cursor=made-up", 400),
        (f"{INGESTS}?page_size=0", 400),
        (f"{INGESTS}?page_size=1001", 400),
        (f"{INGESTS}/1", 400),
        (f"{INGESTS}/%00", 400),
        (f"{INGESTS}/{UNKNOWN}", 404),
        (f"{INGESTS}/{UNKNOWN}/rejects", 404),
        (f"{INGESTS}/1/rejects", 400),
    ],
)
def test_errors_are_problems(client, path, status):
    check_is_problem(client.get(path), status)


@in_database
def test_rows_set_aside_are_paged(client):
    rows = [A9 | {"store_id": f"={number}"} for number in range(3)]
    found = push(client, [A9, *rows]).json()
    address = f"{found['links']['rejects']}?page_size=2"
    first = client.get(address).json()
    assert first["results"][0] == {
        "file": "POST /api/polls",
        "record": 2,
        "reason": FORMULA,
        "fields": ["=0", "active", "2023-01-24 09:00:00 UTC"],
    }
    second = client.get(first["next"]).json()
    records = [row["record"] for page in (first, second) for row in page["results"]]
    assert records == [2, 3, 4]
    assert second["next"] is None
    assert Reject.objects.count() == 3


@in_database
def test_an_ingest_without_rejects_has_an_empty_list(client):
    address = f"{push(client, [A9]).json()['links']['self']}/rejects"
    assert client.get(address).json() == {
        "not_kept": 0,
        "next": None,
        "results": [],
    }
    text = b"".join(client.get(address, headers={"accept": CSV}))
    assert text == b"file,record,reason,row\n"
    check_is_problem(client.get(address, headers={"accept": "text/html"}), 406)
