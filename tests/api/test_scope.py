"""A user who may see only some stores never reads or changes others."""

import json

import pytest

from reports.compute import compute_now
from reports.models import Report
from tests.api.asking import answer, check_is_problem
from tests.support import engine
from tests.support.accounts import client_of, user_with
from tests.support.reference import Data, parse_instant

pytestmark = pytest.mark.django_db
AT = parse_instant("2023-01-23 12:00:00 UTC")


@pytest.fixture
def client():
    engine.load(Data([("mine", False, AT), ("theirs", False, AT)]))
    return client_of(user_with("editor", "operator", stores=["mine"]))


@pytest.mark.parametrize("address", ["/api/stores", "/api/outages"])
def test_a_list_has_only_what_may_be_seen(client, address):
    rows = answer(client.get(address))["results"]
    assert [row["store_id"] for row in rows] == ["mine"]


@pytest.mark.parametrize(
    "what",
    ["", "/uptime", "/timeline", "/polls", "/outages", "/hours", "/special-hours"],
)
def test_another_store_is_not_found(client, what):
    assert client.get(f"/api/stores/mine{what}").status_code == 200
    check_is_problem(client.get(f"/api/stores/theirs{what}"), 404)


@pytest.mark.parametrize(
    ("method", "what"),
    [
        ("patch", ""),
        ("delete", ""),
        ("put", "/hours"),
        ("put", "/special-hours/2023-01-23"),
        ("delete", "/special-hours/2023-01-23"),
    ],
)
def test_another_store_is_not_changed(client, method, what):
    body = json.dumps({})
    send = getattr(client, method)
    response = send(f"/api/stores/theirs{what}", body, content_type="application/json")
    check_is_problem(response, 404)


def test_a_report_has_only_what_may_be_seen(client):
    report = compute_now()
    rows = answer(client.get(f"/api/reports/{report.pk}/rows"))["results"]
    assert [row["store_id"] for row in rows] == ["mine"]


@pytest.mark.parametrize("address", ["get_report?report_id=", "download/"])
def test_the_file_of_a_report_has_only_what_may_be_seen(client, address):
    response = client.get(f"/api/{address}{compute_now().pk}")
    _, *rows = b"".join(response.streaming_content).decode().splitlines()
    assert [row.partition(",")[0] for row in rows] == ["mine"]


def test_a_new_report_has_only_what_may_be_seen(client):
    client.post("/api/reports", {}, format="json")
    client.post("/api/trigger_report", {"as_of": "2023-01-23T20:00:00Z"})
    asked = list(Report.objects.values_list("store_ids", flat=True))
    assert asked == [["mine"]] * 2
    response = client.post("/api/reports", {"store_ids": ["theirs"]}, format="json")
    assert list(check_is_problem(response, 400)["errors"]) == ["store_ids"]
