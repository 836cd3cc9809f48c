"""What answers tell caches, and how Accept is read."""

import pytest

from reports.compute import compute_now
from reports.models import Report
from tests.api.asking import check_is_problem
from tests.api.reports import GET, create_report
from tests.api.stores import STORES, address

pytestmark = pytest.mark.django_db

UNKNOWN = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


def check_is_private(response):
    assert response["Cache-Control"] == "private, no-cache"
    assert "accept" in response["Vary"].lower().split(", ")


@pytest.mark.parametrize(
    "path",
    [
        *("/api/stores", "/api/outages", "/api/reports", "/api/ingests"),
        *("/api/uptime", "/api/uptime?group_by=location"),
        *("/api/schema", "/api/docs/", "/api/", "/api/stores?status=open"),
        *(address("up"), address("up", "hours"), address("up", "uptime")),
        *(address("up", "timeline"), address("up", "polls"), address("nowhere")),
        *(address("up", "special-hours"), address("up", "special-hours", "x")),
        *(f"/api/reports/{UNKNOWN}", f"/download/{UNKNOWN}", "/get_report"),
    ],
)
@pytest.mark.parametrize("method", ["get", "head", "post", "options"])
def test_every_answer_is_private_and_asked_for_again(client, few_stores, path, method):
    for accept in ("*/*", "text/csv", "image/png"):
        check_is_private(client.generic(method, path, headers={"accept": accept}))


@pytest.mark.parametrize("state", Report.State)
def test_so_are_reports_and_their_files(client, data, state):
    report = compute_now() if state == "complete" else create_report(state)
    for path in (
        f"{GET}?report_id={report.pk}",
        f"/get_report/?report_id={report.pk}",
        f"/download/{report.pk}",
        f"/api/reports/{report.pk}",
        f"/api/reports/{report.pk}/rows",
    ):
        for accept in ("*/*", "application/json"):
            response = client.get(path, headers={"accept": accept})
            check_is_private(response)
            response.getvalue()  # closes a file
    check_is_private(client.delete(f"/api/reports/{report.pk}"))
    check_is_private(client.post("/trigger_report"))


@pytest.mark.parametrize(
    "headers", [{"host": "evil.test"}, {"sec-fetch-site": "cross-site"}]
)
def test_so_are_refusals_before_an_endpoint(client, headers):
    response = client.post("/api/trigger_report", headers=headers)
    assert response.status_code in (400, 403)
    check_is_private(response)


JSON, CSV = "application/json", "text/csv; charset=utf-8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("text/*", CSV),
        ("text/csv, */*", CSV),
        ("application/json, text/csv", JSON),
        ("text/csv, application/json", JSON),
        ("application/json;q=0.5, text/csv", CSV),
        ("application/json;q=0.5, text/csv;q=0.4", JSON),
        ("text/csv;q=0.5, */*;q=0.1", CSV),
        ("text/csv;q=0", None),
        ("text/csv;q=0, */*", JSON),
        ("*/*, text/csv;q=0.0", JSON),
        ("application/json;q=0, */*", CSV),
        ("application/json; q=0, text/*", CSV),
        ("application/*;q=0, text/csv;q=0.001", CSV),
        ("*/*;q=0", None),
        ("application/json;q=0, text/csv;q=0", None),
        ("application/json; charset=utf-8", JSON),
        ("APPLICATION/JSON", JSON),
        ("text/csv; header=present", CSV),
        ("image/png, text/csv;q=0.1", CSV),
        ("image/png", None),
        ("a/b," * 5000, None),
    ],
)
def test_accept_chooses_the_form_of_rows(client, few_stores, accept, expected):
    headers = {} if accept is None else {"accept": accept}
    response = client.get(STORES, headers=headers)
    if expected is None:
        check_is_problem(response, 406)
    else:
        assert response.status_code == 200
        assert response["Content-Type"] == expected


def test_json_is_refused_where_there_is_nothing_else(client, few_stores):
    for accept in ("application/json;q=0", "application/json;q=0, */*", "*/*;q=0"):
        check_is_problem(client.get(address("up"), headers={"accept": accept}), 406)
        check_is_problem(
            client.post("/api/trigger_report", headers={"accept": accept}), 406
        )
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("accept", "is_csv"),
    [
        ("*/*", True),
        ("application/json, text/plain, */*", True),
        ("application/json", False),
        ("application/json, text/csv;q=0", False),
        ("text/csv;q=0, */*", False),
        ("application/json;q=0", True),
        ("application/json;q=0, */*", True),
        ("image/png", True),
    ],
)
def test_a_report_is_csv_unless_only_json_is_accepted(client, data, accept, is_csv):
    path = f"{GET}?report_id={compute_now().pk}"
    response = client.get(path, headers={"accept": accept})
    assert (response["Content-Type"] == "text/csv") is is_csv
    response.getvalue()  # closes a file
