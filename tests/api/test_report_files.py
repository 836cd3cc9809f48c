"""The file of a report: /api/get_report and /api/download."""

from io import BytesIO
from itertools import product

import pytest
from django.core.management import call_command

from reports.compute import compute_now
from reports.models import Report
from reports.output import write_csv
from tests.api.asking import check_is_problem
from tests.api.reports import AS_OF, GET, create_report

pytestmark = pytest.mark.django_db

UNKNOWN = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


def body_of(response):
    return b"".join(response)


@pytest.mark.parametrize("state", ["queued", "running"])
def test_get_report_of_an_unfinished_report_says_running(client, state):
    report = create_report(state)
    response = client.get(GET, {"report_id": report.report_id})
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response.json() == {"status": "Running"}


def test_get_report_of_a_failed_report_returns_its_error(client):
    report = create_report("failed", error="it could not be")
    response = client.get(GET, {"report_id": report.report_id})
    assert response.status_code == 200
    assert response.json() == {"status": "Failed", "error": "it could not be"}


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
AXIOS = "application/json, text/plain, */*"


@pytest.mark.parametrize(
    ("accept", "path"),
    [
        *product(
            ["*/*", "text/csv", "text/html", "x", BROWSER, AXIOS],
            [GET + "?report_id={}", "/api/download/{}"],
        ),
        ("application/json", "/api/download/{}"),
    ],
)
def test_a_complete_report_is_its_csv(client, data, accept, path):
    report = compute_now()
    expected = BytesIO()
    write_csv(report, expected)
    response = client.get(path.format(report.report_id), headers={"accept": accept})
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv"
    name = f"{report.report_id}.csv"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response["X-Report-Status"] == "Complete"
    assert int(response["Content-Length"]) == len(expected.getvalue())
    assert body_of(response) == expected.getvalue()


def test_a_client_that_accepts_only_json_gets_the_address_of_the_csv(client, data):
    report = compute_now(AS_OF)
    response = client.get(
        GET, {"report_id": report.pk}, headers={"accept": "application/json"}
    )
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response["X-Report-Status"] == "Complete"
    download = f"http://testserver/api/download/{report.pk}"
    assert response.json() == {
        "status": "Complete",
        "report_id": str(report.pk),
        "as_of": "2023-01-25T12:00:00Z",
        "download": download,
    }
    assert body_of(client.get(download)).startswith(b"store_id,uptime_last_hour")


@pytest.mark.parametrize("accept", ["*/*", "application/json"])
@pytest.mark.parametrize("state", ["running", "complete", "failed"])
def test_caches_learn_that_the_answer_depends_on_accept(client, state, accept):
    report = create_report(state, as_of=AS_OF)
    for report_id in (report.pk, UNKNOWN):
        asked = {"report_id": report_id}
        response = client.get(GET, asked, headers={"accept": accept})
        assert response["Vary"] == "Accept, Authorization, Cookie"
        response.getvalue()  # closes the file


def test_the_csv_is_what_run_report_writes(client, data, tmp_path):
    call_command("run_report", output=tmp_path / "report.csv", as_of=None)
    response = client.get(GET, {"report_id": Report.objects.get().report_id})
    assert body_of(response) == (tmp_path / "report.csv").read_bytes()


def test_a_report_id_is_accepted_in_every_form(client):
    report_id = create_report("running").report_id
    for form in (str(report_id).upper(), report_id.hex, f"{{{report_id}}}"):
        assert client.get(GET, {"report_id": form}).status_code == 200


BAD_IDS = [
    " ",
    "1",
    "null",
    "%00",
    "%ED%A0%80",
    "%C3%A9",
    "%FF",
    "..",
    "'; drop table report",
    UNKNOWN[:-1],
    "1" * 32 + "g",
    "1" * 100_000,
    "%F0%9F%8D%95" * 100,
]


@pytest.mark.parametrize("report_id", BAD_IDS, ids=lambda text: text[:12])
def test_get_report_finds_no_report_with_an_invalid_id(client, report_id):
    check_is_problem(client.get(f"{GET}?report_id={report_id}"), 404)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "report_id",
        "report_id=",
        "id=1",
        "REPORT_ID=1",
        "&&&",
        "%00=%00",
        "a=1&" * 2000,
    ],
)
def test_get_report_refuses_a_query_without_id(client, query):
    check_is_problem(client.get(f"{GET}?{query}"), 400)


def test_the_last_of_two_ids_counts(client):
    query = f"report_id=1&report_id={create_report('running').report_id}"
    assert client.get(f"{GET}?{query}").status_code == 200
    check_is_problem(client.get(f"{GET}?{query}&report_id=1"), 404)


@pytest.mark.parametrize("content_type", ["text/plain; charset=nonsense", "x"])
def test_a_request_without_a_body_may_be_of_any_type(client, content_type):
    query = f"?report_id={create_report('running').report_id}"
    response = client.get(GET + query, headers={"content-type": content_type})
    assert response.status_code in (200, 400)


@pytest.mark.parametrize("state", ["queued", "running", "failed"])
def test_download_refuses_a_report_without_a_file(client, state):
    report = create_report(state, error="it could not be" if state == "failed" else "")
    problem = check_is_problem(client.get(f"/api/download/{report.report_id}"), 409)
    assert state in problem["detail"]
    assert report.error in problem["detail"]


@pytest.mark.parametrize(
    "path", ["/api/download/{}", "/api/reports/{}", "/api/reports/{}/rows"]
)
@pytest.mark.parametrize("report_id", BAD_IDS, ids=lambda text: text[:12])
def test_a_path_with_an_invalid_id_is_not_found(client, path, report_id):
    if report_id != "..":
        check_is_problem(client.get(path.format(report_id)), 404)


@pytest.mark.parametrize("report_id", [UNKNOWN, "1"])
def test_an_unknown_report_cannot_be_deleted(client, report_id):
    check_is_problem(client.delete(f"/api/reports/{report_id}"), 404)


@pytest.mark.parametrize(
    "path", [GET + "?report_id={}", "/api/download/{}", "/api/reports/{}"]
)
@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/*"])
def test_an_unknown_report_is_not_found(client, path, accept):
    response = client.get(path.format(UNKNOWN), headers={"accept": accept})
    assert UNKNOWN in check_is_problem(response, 404)["detail"]
