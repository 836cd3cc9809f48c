"""What applies to every address: methods, hosts, media types, errors."""

import json

import pytest

from reports.compute import compute_now
from tests.api.asking import check_is_problem
from tests.api.reports import GET, REPORTS, TRIGGER

pytestmark = pytest.mark.django_db

UNKNOWN = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


@pytest.mark.parametrize(
    "path", ["/api/", "/api/nothing", "/api/reports/a/b", "/api/%00", "/api/download/"]
)
def test_an_unknown_path_is_not_found(client, path):
    check_is_problem(client.get(path), 404)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (TRIGGER, "POST"),
        (GET, "GET"),
        (REPORTS, "GET, POST"),
        (f"/api/reports/{UNKNOWN}", "GET, DELETE"),
        (f"/api/reports/{UNKNOWN}/rows", "GET"),
        (f"/api/download/{UNKNOWN}", "GET"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "BREW"])
def test_other_methods_are_refused(client, path, allowed, method):
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
def test_other_media_types_are_refused(client, data, accept):
    for response in (
        client.post(TRIGGER, headers={"accept": accept}),
        client.get(REPORTS, headers={"accept": accept}),
    ):
        check_is_problem(response, 406)


def test_an_unknown_host_is_refused(client):
    check_is_problem(client.get(REPORTS, headers={"host": "evil.test"}), 400)
    check_is_problem(client.post(TRIGGER, headers={"host": "a b"}), 400)


def test_an_internal_error_is_a_problem_without_details(client, monkeypatch):
    def broken(*_):
        raise RuntimeError("a secret")

    monkeypatch.setattr("reports.api.trigger.find", broken)
    problem = check_is_problem(client.get(f"{GET}?report_id={UNKNOWN}"), 500)
    assert "secret" not in json.dumps(problem)
