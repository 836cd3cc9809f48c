"""A request as Swagger UI fills it in means the same as an empty one."""

from datetime import time, timedelta

import pytest
import yaml

from reports.alerts.models import AlertRule
from reports.compute import compute_now, request_range
from reports.models import Report
from restaurant_monitor.access.keys import create_key
from restaurant_monitor.access.models import Grant
from restaurant_monitor.jobs.tasks import attempt
from stores.hours.special_dates import set_special_hours
from stores.models import Ingest, Probe
from tests.api.asking import answer, client
from tests.support import engine
from tests.support.accounts import user_with
from tests.support.denver import DENVER
from tests.support.processes import PROJECT

pytestmark = pytest.mark.django_db

DESCRIPTION = yaml.safe_load((PROJECT / "openapi.yaml").read_text())
PATHS, SCHEMAS = DESCRIPTION["paths"], DESCRIPTION["components"]["schemas"]
GETS = [(path, methods["get"]) for path, methods in PATHS.items() if "get" in methods]


def filled_in(parameter):
    """What Swagger UI writes into the field of a parameter. It sends no empty field."""
    for place in (parameter, parameter["schema"]):
        for name in ("example", "examples", "default"):
            if name in place:
                return place[name]
    return ""


def optional_parameters(operation):
    found = [p for p in operation.get("parameters", []) if not p.get("required")]
    values = {p["name"]: filled_in(p) for p in found if p["in"] == "query"}
    return {name: value for name, value in values.items() if value != ""}


@pytest.fixture
def ids():
    """A value for each parameter that must be given."""
    engine.load(DENVER)
    report = compute_now()
    day = report.as_of.date()
    since = report.as_of - timedelta(days=1)
    of_range = request_range(since, report.as_of, None, "day")
    attempt("reports.Report", str(of_range.pk))
    set_special_hours("denver", day, [(time(9), time(12))])
    Probe.objects.create(store_id="denver", url="https://denver.example/")
    return {
        "store_id": "denver",
        "report_id": report.pk,
        "range_id": of_range.pk,
        "ingest_id": Ingest.objects.get().pk,
        "day": day,
        "user_id": (user := user_with("viewer")).pk,
        "key_id": create_key(user, "a test")[0].pk,
        "rule_id": AlertRule.objects.create(name="a rule").pk,
        "grant_id": Grant.objects.create(user=user, store_id="denver").pk,
    }


@pytest.mark.parametrize(("path", "operation"), GETS, ids=[path for path, _ in GETS])
def test_a_get_as_filled_in_answers_as_an_empty_one(ids, path, operation):
    address = path.replace("{report_id}/uptime", "{range_id}/uptime").format(**ids)
    needed = {"report_id": ids["report_id"]} if path == "/api/get_report" else {}
    asked = {"HTTP_ACCEPT": "text/csv"} if path == "/api/download/{report_id}" else {}
    empty = client.get(address, needed, **asked)
    filled = client.get(address, needed | optional_parameters(operation), **asked)
    assert (filled.status_code, empty.status_code) == (200, 200)
    assert filled.getvalue() == empty.getvalue()
    if path == "/api/stores":
        assert len(answer(filled)["results"]) == 2


def example_of(path, media_type="application/json"):
    content = PATHS[path]["post"]["requestBody"]["content"][media_type]
    name = content["schema"].get("$ref", "").rpartition("/")[2]
    return SCHEMAS[name]["example"] if name else content["example"]


@pytest.mark.parametrize("path", ["/api/trigger_report", "/api/reports"])
def test_a_report_as_filled_in_is_of_every_store_at_the_newest_poll(ids, path):
    Report.objects.all().delete()
    assert client.post(path, example_of(path), format="json").status_code in (200, 202)
    report = Report.objects.get()
    assert (report.as_of, report.store_ids) == (None, None)


def newest_moment():
    return answer(client.get("/api/stores"))["as_of"]


@pytest.mark.parametrize("media_type", ["text/csv", "application/x-ndjson"])
def test_the_polls_of_the_examples_do_not_move_the_newest_moment(data, media_type):
    before = newest_moment()
    body = example_of("/api/polls", media_type)
    response = client.post("/api/polls", body, content_type=media_type)
    assert response.json()["counts"]["status"]["new"] == 1
    assert newest_moment() == before


def test_the_poll_in_json_does_not_move_the_newest_moment(data):
    before = newest_moment()
    content = PATHS["/api/polls"]["post"]["requestBody"]["content"]
    one = content["application/json"]["schema"]["oneOf"][0]["example"]
    response = client.post("/api/polls", one, format="json")
    assert response.json()["counts"]["status"]["new"] == 1
    assert newest_moment() == before
