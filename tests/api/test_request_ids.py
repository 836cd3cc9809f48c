"""Each request has an id: in its answer, in a problem, and on the job that it makes."""

import json
import logging
from uuid import UUID

import pytest

from reports.models import Report
from stores.models import Ingest
from tests.support import engine
from tests.support.denver import DENVER

pytestmark = pytest.mark.django_db
GIVEN = "proxy-1:7f3c/9=a_b.c+d"
ILL_FORMED = ["", "two words", "x" * 129, "caf\u00e9", "a\tb", "a;b", '"', "<b>"]
POLLS = "store_id,status,timestamp_utc\na,active,2023-01-23 12:00:00\n"


def lines(caplog):
    return [r for r in caplog.records if r.name == "restaurant_monitor.requests"]


@pytest.fixture(autouse=True)
def captured(caplog):
    caplog.set_level(logging.INFO)


class TestTheId:
    def test_a_request_without_one_gets_a_uuid(self, client):
        answers = [client.get("/api/reports") for _ in range(2)]
        ids = {UUID(answer["X-Request-ID"]) for answer in answers}
        assert len(ids) == 2

    def test_the_id_of_the_request_is_kept(self, client):
        answer = client.get("/api/reports", headers={"x-request-id": GIVEN})
        assert answer["X-Request-ID"] == GIVEN

    @pytest.mark.parametrize("sent", ILL_FORMED)
    def test_an_ill_formed_id_is_replaced(self, client, sent):
        answer = client.get("/api/reports", headers={"x-request-id": sent})
        assert UUID(answer["X-Request-ID"])

    @pytest.mark.parametrize(
        ("method", "path", "headers", "status"),
        [
            ("get", "/api/stores?status=open", {}, 400),
            ("get", "/api/nowhere", {}, 404),
            ("get", "/api/reports", {"host": "evil.test"}, 400),
            ("put", "/api/reports", {}, 405),
            ("post", "/api/reports", {"origin": "https://evil.test"}, 403),
            ("get", "/readyz", {}, 503),
            ("get", "/metrics", {}, 403),
        ],
    )
    def test_every_problem_has_it(self, client, method, path, headers, status):
        headers = {"x-request-id": GIVEN, **headers}
        answer = getattr(client, method)(path, headers=headers)
        assert answer.status_code == status
        assert answer["X-Request-ID"] == GIVEN
        assert answer.json()["request_id"] == GIVEN

    def test_an_error_of_the_program_has_it_too(self, client, monkeypatch, caplog):
        def fail(*_):
            raise RuntimeError("made by the test")

        monkeypatch.setattr("reports.api.reports.reports_of", fail)
        answer = client.get("/api/reports", headers={"x-request-id": GIVEN})
        assert answer.status_code == 500
        assert answer.json()["request_id"] == GIVEN
        [error] = [r for r in caplog.records if r.levelname == "ERROR"]
        assert "made by the test" in error.exc_text
        [line] = lines(caplog)
        assert line.status == 500


class TestJobs:
    @pytest.fixture(autouse=True)
    def filled(self):
        engine.load(DENVER)

    def test_a_report(self, client):
        answer = client.post("/api/reports", headers={"x-request-id": GIVEN})
        assert answer.status_code == 202
        assert answer.json()["request_id"] == GIVEN
        assert Report.objects.get().request_id == GIVEN

    def test_a_triggered_report(self, client):
        client.post("/api/trigger_report", headers={"x-request-id": GIVEN})
        assert Report.objects.get().request_id == GIVEN
        [listed] = client.get("/api/reports").json()["results"]
        assert listed["request_id"] == GIVEN

    def test_a_push(self, client):
        headers = {"x-request-id": GIVEN}
        made = client.post(
            "/api/polls", POLLS, content_type="text/csv", headers=headers
        )
        assert made.status_code == 201
        assert made.json()["request_id"] == GIVEN
        ingest_id = made.json()["ingest_id"]
        assert Ingest.objects.get(pk=ingest_id).request_id == GIVEN

    def test_a_command_has_none(self):
        assert Ingest.objects.get().request_id == ""
        engine.figures()
        assert Report.objects.get().request_id == ""


class TestTheAccessLog:
    def test_each_request_is_one_line(self, client, caplog):
        client.get("/api/reports?page_size=2", headers={"x-request-id": GIVEN})
        [line] = lines(caplog)
        assert line.method == "GET"
        assert line.path == "/api/reports"
        assert line.status == 200
        assert 0 < line.duration_seconds < 60
        assert line.getMessage().startswith("GET /api/reports 200 ")

    def test_an_address_cannot_forge_a_line(self, client, caplog):
        client.get("/api/stores/a%0A2026-01-01%20forged%1B%5B2J")
        [line] = lines(caplog)
        assert line.path == "/api/stores/a%0A2026-01-01%20forged%1B%5B2J"
        assert line.getMessage().isprintable()

    def test_a_refused_request_is_only_one_line(self, client, caplog):
        client.get("/api/nowhere")
        assert len(caplog.records) == 1


def test_a_problem_is_json_with_the_id_at_the_end(client):
    answer = client.get("/api/nowhere", headers={"x-request-id": GIVEN})
    assert [*json.loads(answer.content)] == [
        *("type", "title", "status", "detail", "request_id")
    ]
