"""What the API answers to each request, good or odd, without a worker."""

import json
from io import BytesIO

import pytest
from django.core.management import call_command
from django_q.models import OrmQ
from rest_framework.test import APIClient

from reports.compute import compute_now
from reports.models import Heartbeat, Report
from reports.output import write_csv
from tests.support.engine import load_folder
from tests.support.processes import PROJECT

pytestmark = pytest.mark.django_db

TRIGGER, GET, LIST = "/api/trigger_report", "/api/get_report", "/api/reports"
UNKNOWN = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
AS_OF = "2023-01-25T12:00:00Z"
STATES = list(Report.State)


@pytest.fixture
def client():
    # As the web server does: what a view raises becomes an answer.
    return APIClient(raise_request_exception=False)


@pytest.fixture
def data():
    load_folder(PROJECT / "fixtures")


def made(state, **fields):
    return Report.objects.create(state=state, **fields)


def check_is_problem(response, status):
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == "about:blank"
    assert problem["status"] == status
    assert problem["title"]
    assert isinstance(problem["detail"], str)
    assert problem["detail"]
    return problem


def body_of(response):
    return b"".join(response)


# --- POST /api/trigger_report


def test_trigger_makes_a_report_and_a_message(client, data):
    response = client.post(TRIGGER)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    report = Report.objects.get()
    assert response.json() == {
        "message": "Success",
        "error_code": 200,
        "report_id": str(report.report_id),
    }
    assert (report.state, report.as_of, report.attempts) == ("queued", None, 0)
    assert OrmQ.objects.get().task["args"] == (str(report.report_id),)


@pytest.mark.parametrize(
    "body", [{}, {"as_of": None}, {"another": 1}, {"as_of": AS_OF, "another": 1}]
)
@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html, */*;q=0.1"])
def test_trigger_takes_what_it_needs_of_a_body(client, data, body, accept):
    response = client.post(TRIGGER, body, format="json", headers={"accept": accept})
    assert response.status_code == 200
    report = Report.objects.get()
    assert (report.as_of is None) == (body.get("as_of") is None)


@pytest.mark.parametrize("content", ["application/x-www-form-urlencoded", None])
def test_trigger_takes_forms(client, data, content):
    if content:
        response = client.post(TRIGGER, f"as_of={AS_OF}", content_type=content)
    else:
        response = client.post(TRIGGER, {"as_of": AS_OF}, format="multipart")
    assert response.status_code == 200
    assert Report.objects.get().as_of.isoformat() == "2023-01-25T12:00:00+00:00"


@pytest.mark.parametrize(
    "as_of",
    [
        "1970-01-01",
        "2100-12-31T23:59:59.999999Z",
        "2023-01-25 12:00",
        "2023-01-25T12:00:00-06:00",
        "20230125T120000Z",
        "2023-01-25T12:00:00+23:59",
        "2023-01-25T12:00:00-23:59:59.999999",
    ],
)
def test_trigger_takes_any_moment_of_the_years(client, as_of):
    assert client.post(TRIGGER, {"as_of": as_of}, format="json").status_code == 200


@pytest.mark.parametrize(
    "as_of",
    [
        "",
        " ",
        "now",
        "infinity",
        "\0",
        "2023-01-25T12:00:00Z\0",
        "\ud800",
        "1900-01-01\ud80012:00",
        "\uff12023-01-25",
        "2023-02-30",
        "2023-01-25T25:00",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "2101-01-01",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "9" * 5000,
        "é" * 100_000,
        0,
        1674648000,
        20230125,
        1e300,
        True,
        [],
        [AS_OF],
        {},
        {"as_of": AS_OF},
    ],
    ids=lambda as_of: ascii(as_of)[:30],
)
def test_trigger_refuses_what_is_no_such_moment(client, data, as_of):
    problem = check_is_problem(
        client.post(
            TRIGGER, json.dumps({"as_of": as_of}), content_type="application/json"
        ),
        400,
    )
    assert problem["errors"].keys() == {"as_of"}
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"null",
        b'"as_of"',
        b"1",
        b'[{"as_of": null}]',
        b'{"as_of": NaN}',
        b"\xff\xfe",
        b"\0",
        b'{"as_of": ' + b"9" * 10_000 + b"}",
        b'{"as_of": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"[" * 3_000_000,
        b"as_of=now",
    ],
    ids=lambda body: ascii(body[:20]),
)
def test_trigger_refuses_a_body_that_is_no_object(client, data, body):
    check_is_problem(client.post(TRIGGER, body, content_type="application/json"), 400)
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"as_of=now"),
        ("multipart/form-data; boundary=\xe9", b"--x"),
        ("application/x-www-form-urlencoded", b"a=1&" * 2000),
        ("application/x-www-form-urlencoded", b"as_of=%00"),
        ("application/json; charset=utf-16", b"{}"),
        ("application/json; charset=zlib", b"{}"),
        ("application/json; charset=hex", b"{}"),
    ],
)
def test_trigger_refuses_a_body_that_is_not_of_its_type(
    client, data, content_type, body
):
    check_is_problem(client.post(TRIGGER, body, content_type=content_type), 400)


def test_trigger_refuses_a_form_that_is_too_large(client, data):
    field = b'--x\r\nContent-Disposition: form-data; name="as_of"\r\n\r\n'
    body = field + b"9" * 3_000_000 + b"\r\n--x--\r\n"
    response = client.post(
        TRIGGER, body, content_type="multipart/form-data; boundary=x"
    )
    assert response.status_code in (400, 413)
    check_is_problem(response, response.status_code)


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "x", "a/b;"])
def test_trigger_refuses_other_types(client, data, content_type):
    check_is_problem(client.post(TRIGGER, b"{}", content_type=content_type), 415)


def test_trigger_refuses_without_any_poll(client):
    problem = check_is_problem(client.post(TRIGGER), 409)
    assert "poll" in problem["detail"]
    assert not Report.objects.exists()
    response = client.post(TRIGGER, {"as_of": AS_OF}, format="json")
    assert response.status_code == 200


# --- GET /api/get_report


@pytest.mark.parametrize("state", ["queued", "running"])
def test_get_report_of_a_report_on_its_way(client, state):
    report = made(state)
    response = client.get(GET, {"report_id": report.report_id})
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response.json() == {"status": "Running"}


def test_get_report_of_a_failed_one(client):
    report = made("failed", error="it could not be")
    response = client.get(GET, {"report_id": report.report_id})
    assert response.status_code == 200
    assert response.json() == {"status": "Failed", "error": "it could not be"}


@pytest.mark.parametrize("accept", ["*/*", "text/csv", "text/html", "application/json"])
@pytest.mark.parametrize("path", [GET + "?report_id={}", "/api/download/{}"])
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


def test_the_csv_is_what_run_report_writes(client, data, tmp_path):
    call_command("run_report", output=tmp_path / "report.csv", as_of=None)
    response = client.get(GET, {"report_id": Report.objects.get().report_id})
    assert body_of(response) == (tmp_path / "report.csv").read_bytes()


def test_the_id_is_read_in_any_of_its_forms(client):
    report_id = made("running").report_id
    for form in (str(report_id).upper(), report_id.hex, f"{{{report_id}}}"):
        assert client.get(GET, {"report_id": form}).status_code == 200


BAD_IDS = [
    "",
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
def test_get_report_refuses_what_is_no_id(client, report_id):
    problem = check_is_problem(client.get(f"{GET}?report_id={report_id}"), 400)
    assert problem["errors"].keys() == {"report_id"}


@pytest.mark.parametrize(
    "query", ["", "report_id", "id=1", "REPORT_ID=1", "&&&", "%00=%00", "a=1&" * 2000]
)
def test_get_report_refuses_a_query_without_id(client, query):
    check_is_problem(client.get(f"{GET}?{query}"), 400)


def test_of_an_id_given_twice_the_last_counts(client):
    query = f"report_id=1&report_id={made('running').report_id}"
    assert client.get(f"{GET}?{query}").status_code == 200
    check_is_problem(client.get(f"{GET}?{query}&report_id=1"), 400)


@pytest.mark.parametrize("content_type", ["text/plain; charset=nonsense", "x"])
def test_a_request_without_a_body_may_be_of_any_type(client, content_type):
    query = f"?report_id={made('running').report_id}"
    response = client.get(GET + query, headers={"content-type": content_type})
    assert response.status_code in (200, 400)


# --- GET /api/download and /api/reports


@pytest.mark.parametrize("state", ["queued", "running", "failed"])
def test_download_of_a_report_without_a_file(client, state):
    report = made(state, error="it could not be" if state == "failed" else "")
    problem = check_is_problem(client.get(f"/api/download/{report.report_id}"), 409)
    assert state in problem["detail"]
    assert report.error in problem["detail"]


@pytest.mark.parametrize("path", ["/api/download/{}", "/api/reports/{}"])
@pytest.mark.parametrize("report_id", BAD_IDS[1:], ids=lambda text: text[:12])
def test_a_path_with_what_is_no_id(client, path, report_id):
    if report_id != "..":
        check_is_problem(client.get(path.format(report_id)), 400)


@pytest.mark.parametrize(
    "path", [GET + "?report_id={}", "/api/download/{}", "/api/reports/{}"]
)
@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/*"])
def test_an_unknown_id(client, path, accept):
    response = client.get(path.format(UNKNOWN), headers={"accept": accept})
    assert UNKNOWN in check_is_problem(response, 404)["detail"]


@pytest.mark.parametrize(
    "path", ["/api/", "/api/nothing", "/api/reports/a/b", "/api/%00", "/api/download/"]
)
def test_nothing_there(client, path):
    check_is_problem(client.get(path), 404)


@pytest.mark.parametrize("state", STATES)
def test_the_resource_tells_the_state(client, state):
    report = made(state, attempts=2, store_count=3, error="e")
    found = client.get(f"/api/reports/{report.report_id}").json()
    assert found["report_id"] == str(report.report_id)
    assert found["state"] == state
    assert (found["attempts"], found["store_count"]) == (2, 3)
    for name in ("as_of", "requested_at", "started_at", "finished_at"):
        assert name in found
    links = {"self": f"http://testserver/api/reports/{report.report_id}"}
    if state == "complete":
        links["rows"] = f"{links['self']}/rows"
        links["download"] = f"http://testserver/api/download/{report.report_id}"
    assert found["links"] == links
    done = state in ("complete", "failed")
    assert found["worker_alive"] is (None if done else False)


def test_the_list_pages_through_all(client):
    made_ids = [str(made("failed").report_id) for _ in range(120)]
    found, path = [], LIST
    while path:
        page = client.get(path).json()
        found += [report["report_id"] for report in page["results"]]
        path = page["next"]
    assert found == made_ids[::-1]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%00",
        "cD1mb28=",  # p=foo
        "cD0yMDIzLTAxLTI1",  # p=2023-01-25
        "cD0lMDA=",  # p=%00
        "cj0xJnA9Zm9v",  # r=1&p=foo
        "bz0tMQ==",  # o=-1
        "bz05OTk5OTk5OTk5OTk5OTk5OTk5OTk=",  # o=99999999999999999999999
        "/w==",
    ],
)
def test_the_list_never_breaks_at_a_made_up_cursor(client, cursor):
    made("failed")
    response = client.get(f"{LIST}?cursor={cursor}")
    assert response.status_code in (200, 400, 404)
    if response.status_code != 200:
        check_is_problem(response, response.status_code)


# --- All of them


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (TRIGGER, "POST"),
        (GET, "GET"),
        (LIST, "GET, POST"),
        (f"/api/reports/{UNKNOWN}", "GET, DELETE"),
        (f"/api/reports/{UNKNOWN}/rows", "GET"),
        (f"/api/download/{UNKNOWN}", "GET"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "BREW"])
def test_other_methods(client, path, allowed, method):
    if method in allowed:
        return
    response = client.generic(method, path)
    check_is_problem(response, 405)
    assert allowed in response["Allow"]


def test_head_is_as_get_without_the_body(client, data):
    report = compute_now()
    for path in (f"{GET}?report_id=", "/api/download/", "/api/reports/"):
        response = client.head(f"{path}{report.report_id}")
        assert response.status_code == 200
        assert not response.getvalue()


@pytest.mark.parametrize("accept", ["text/html", "image/png", "x", "\xff", ", ;q"])
def test_other_representations_are_not_to_be_had(client, data, accept):
    for response in (
        client.post(TRIGGER, headers={"accept": accept}),
        client.get(LIST, headers={"accept": accept}),
    ):
        check_is_problem(response, 406)


def test_a_foreign_host(client):
    check_is_problem(client.get(LIST, headers={"host": "evil.test"}), 400)
    check_is_problem(client.post(TRIGGER, headers={"host": "a b"}), 400)


def test_a_failure_inside_is_a_problem_too(client, monkeypatch):
    def broken(*_):
        raise RuntimeError("a secret")

    monkeypatch.setattr("reports.api.trigger.find", broken)
    problem = check_is_problem(client.get(f"{GET}?report_id={UNKNOWN}"), 500)
    assert "secret" not in json.dumps(problem)


def test_the_worker_is_alive_while_messages_get_through(client):
    from django.conf import settings
    from django.utils.timezone import now, timedelta

    path = f"/api/reports/{made('queued').report_id}"
    assert client.get(path).json()["worker_alive"] is False
    limit = timedelta(seconds=settings.HEARTBEAT_SECONDS)
    Heartbeat.objects.create(seen_at=now() - 2 * limit)
    assert client.get(path).json()["worker_alive"] is False
    Heartbeat.objects.update(seen_at=now())
    assert client.get(path).json()["worker_alive"] is True
