"""What clients try in place of the addresses of the three original endpoints."""

import pytest

from reports.compute import compute_now
from reports.models import Report
from tests.api.asking import check_is_problem
from tests.api.reports import create_report

pytestmark = pytest.mark.django_db

UNKNOWN = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
PREFIXES = ["", "/api"]
everywhere = pytest.mark.parametrize(
    ("prefix", "slash"), [("", ""), ("", "/"), ("/api", "/")]
)


@everywhere
def test_a_report_is_triggered_at_the_root_and_with_a_slash(
    client, data, prefix, slash
):
    response = client.post(f"{prefix}/trigger_report{slash}")
    assert response.status_code == 200
    assert response.json()["report_id"] == str(Report.objects.get().pk)


@everywhere
def test_a_report_is_got_at_the_root_and_with_a_slash(client, data, prefix, slash):
    report_id = compute_now().pk
    documented = b"".join(client.get(f"/api/download/{report_id}"))
    for address in (
        f"{prefix}/get_report{slash}?report_id={report_id}",
        f"{prefix}/download/{report_id}{slash}",
    ):
        response = client.get(address)
        assert response["X-Report-Status"] == "Complete"
        assert b"".join(response) == documented


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_get_does_not_trigger_and_names_the_method(client, data, prefix, slash):
    response = client.get(f"{prefix}/trigger_report{slash}")
    problem = check_is_problem(response, 405)
    assert problem["detail"] == "GET does nothing at this address. Use POST."
    assert response["Allow"] == "POST, OPTIONS"
    assert not Report.objects.exists()


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_report_id_in_the_path_is_told_where_it_belongs(client, prefix, slash):
    report = create_report("running")
    response = client.get(f"{prefix}/get_report/{report.pk}{slash}")
    detail = check_is_problem(response, 404)["detail"]
    address = f"http://testserver/api/get_report?report_id={report.pk}"
    assert address in detail
    assert client.get(address).json() == {"status": "Running"}


def test_an_id_with_other_characters_is_told_where_it_belongs_too(client):
    response = client.get("/get_report/a b&c")
    assert "?report_id=a+b%26c" in check_is_problem(response, 404)["detail"]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_an_unknown_report_is_not_found_at_any_address(client, prefix):
    for report_id in (UNKNOWN, "1"):
        for address in (
            f"{prefix}/get_report?report_id={report_id}",
            f"{prefix}/download/{report_id}",
        ):
            problem = check_is_problem(client.get(address), 404)
            assert problem["detail"] == f"there is no report {report_id}"


@pytest.mark.parametrize("path", ["/download/", "/get_report/a/b", "/trigger_report/1"])
def test_other_addresses_of_them_are_problems(client, path):
    check_is_problem(client.get(path), 404)


def test_an_unknown_host_is_a_problem_at_the_root_too(client):
    headers = {"host": "evil.test"}
    check_is_problem(client.post("/trigger_report", headers=headers), 400)


def test_an_internal_error_is_a_problem_at_the_root_too(client, monkeypatch):
    def broken(*_):
        raise RuntimeError("a secret")

    monkeypatch.setattr("reports.api.trigger.find", broken)
    check_is_problem(client.get(f"/get_report?report_id={UNKNOWN}"), 500)
