"""The log of a running service: lines of text, or JSON."""

import json
import re
from datetime import datetime

import pytest

from tests.support import processes, services

ID = "of-this-test"
HEADERS = {"X-Request-ID": ID}
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def own_lines(service):
    """Return the lines of the web server and the worker, not those of `serve`."""
    found = services.log_of(service).splitlines()
    return [line for line in found if not line.startswith("serve: ")]


def end_of(service, report_id):
    """Wait until the log has the end of a report's attempt."""
    services.result(service, report_id)
    services.wait_for(
        "the end is in the log",
        service,
        lambda: f"report {report_id}: complete" in services.log_of(service),
    )


def request_report(service):
    answer = services.ask(service, "POST", "/api/reports", {}, HEADERS)
    assert answer.status == 202
    return json.loads(answer.body)["report_id"]


@pytest.fixture(scope="module")
def service(database_url):
    with services.serving(database_url, LOG_FORMAT="json") as started:
        yield started


def objects(service):
    found = [json.loads(line) for line in own_lines(service)]
    for line in found:
        assert datetime.fromisoformat(line["time"]).utcoffset().seconds == 0
        assert line["level"] in ("DEBUG", "INFO", "WARNING", "ERROR")
        assert line["message"]
        assert line["logger"]
    return found


def test_a_request_is_found_by_its_id_up_to_the_end_of_its_job(service):
    report_id = request_report(service)
    end_of(service, report_id)
    found = [one for one in objects(service) if one.get("request_id") == ID]
    request, began, ended = found
    assert request["method"] == "POST"
    assert request["path"] == "/api/reports"
    assert request["status"] == 202
    assert request["duration_seconds"] > 0
    assert "job_id" not in request
    for line in (began, ended):
        assert line["job_id"] == report_id
        assert line["job_kind"] == "report"
        assert line["attempt"] == 1
    assert "state" not in began
    assert ended["state"] == "complete"
    assert ended["duration_seconds"] > 0


def test_a_failed_job_says_why(service):
    body = b'store_id,timezone_str\n"a'
    form = (
        b'--x\r\nContent-Disposition: form-data; name="timezones"; '
        b'filename="timezones.csv"\r\n\r\n' + body + b"\r\n--x--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = services.ask(service, "POST", "/api/ingests", form, headers)
    ingest_id = json.loads(answer.body)["ingest_id"]

    def ended():
        lines = objects(service)
        return [
            one for one in lines if one.get("job_id") == ingest_id and "state" in one
        ]

    [line] = services.wait_for("it has ended", service, ended)
    assert line["state"] == "failed"
    assert "quote" in line["error"]


def test_a_killed_process_is_an_object_too(service):
    services.kill(services.running(service, "qcluster"))
    services.wait_for(
        "the cluster is complete again",
        service,
        lambda: services.cluster_of(service),
    )
    messages = [one["message"] for one in objects(service)]
    assert any(one.startswith("cluster ended (-9)") for one in messages)


def test_without_a_setting_it_has_lines_of_text(filled_database):
    # The worker of the other service would take the job from the same database.
    with (
        processes.new_database(like=filled_database) as database_url,
        services.serving(database_url) as service,
    ):
        report_id = request_report(service)
        end_of(service, report_id)
        found = [line for line in own_lines(service) if ID in line]
    request, began, ended = found
    assert re.fullmatch(
        rf"{TIME} INFO restaurant_monitor\.requests: POST /api/reports 202 in "
        rf"\d+\.\d\d\d s \[request {ID}\]",
        request,
    )
    both = rf"\[request {ID}\] \[job {report_id}\]"
    jobs = rf"{TIME} INFO restaurant_monitor\.jobs: report {report_id}"
    assert re.fullmatch(rf"{jobs}: attempt 1 begins {both}", began)
    assert re.fullmatch(rf"{jobs}: complete after \d+\.\d\d\d s {both}", ended)


def test_an_unknown_format_is_a_clear_error(database_url, monkeypatch):
    monkeypatch.setenv("LOG_FORMAT", "xml")
    done = processes.run(database_url, "check")
    assert done.returncode == 1
    assert "LOG_FORMAT is 'xml', and can be json or line" in done.stderr
