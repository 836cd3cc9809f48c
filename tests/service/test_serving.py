"""The service as `make serve` runs it, over HTTP."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime

import pytest

from tests.service.answers import check_is_problem
from tests.support import services

AS_OF = "2023-01-25T12:00:00+00:00"
UNKNOWN = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
# Reports may take longer than a heartbeat may be old.
LONG = {"REPORT_SECONDS": "20", "HEARTBEAT_SECONDS": "4"}


@pytest.fixture(scope="module")
def service(database_url):
    with services.serving(database_url, **LONG) as started:
        yield started


def check_is_csv(answer, report_id, csv):
    assert answer.status == 200
    assert answer.headers.get_content_type() == "text/csv"
    attachment = f'attachment; filename="{report_id}.csv"'
    assert answer.headers["Content-Disposition"] == attachment
    assert answer.headers["X-Report-Status"] == "Complete"
    assert answer.body == csv


def path_of(link):
    return "/" + link.split("/", 3)[3]


def test_a_report_is_what_the_command_prints(service, expected):
    report_id = services.trigger(service)
    check_is_csv(services.result(service, report_id), report_id, expected)
    answer = services.ask(service, "GET", f"/api/download/{report_id}")
    check_is_csv(answer, report_id, expected)

    found = services.resource(service, report_id)
    assert found["report_id"] == report_id
    assert found["state"] == "complete"
    assert found["attempts"] == 1
    assert found["error"] == ""
    assert found["store_count"] == expected.count(b"\n") - 1
    moments = [found[f"{name}_at"] for name in ("requested", "started", "finished")]
    assert [datetime.fromisoformat(moment) for moment in moments] == sorted(
        datetime.fromisoformat(moment) for moment in moments
    )
    linked = services.ask(service, "GET", path_of(found["links"]["download"]))
    assert linked.body == expected
    linked = services.ask(service, "GET", path_of(found["links"]["self"]))
    assert json.loads(linked.body) == found


def test_a_report_as_of_another_moment_is_what_the_command_prints(
    service, database_url
):
    report_id = services.trigger(service, as_of=AS_OF)
    csv = services.result(service, report_id).body
    assert csv == services.expected_csv(database_url, "--as-of", AS_OF)
    found = services.resource(service, report_id)["as_of"]
    assert datetime.fromisoformat(found) == datetime.fromisoformat(AS_OF)


def test_twenty_reports_requested_at_once_all_complete(service, database_url, expected):
    with ThreadPoolExecutor(20) as threads:
        asked = [threads.submit(services.trigger_some, service, 1) for _ in range(20)]
    report_ids = [report_id for one in asked for report_id in one.result()]
    assert len(set(report_ids)) == 20
    for report_id in report_ids:
        assert services.result(service, report_id).body == expected
    listed = json.loads(services.ask(service, "GET", "/api/reports").body)["results"]
    assert set(report_ids) <= {report["report_id"] for report in listed}
    counts = services.rows(
        database_url,
        "select count(*), count(distinct store_id) from report_row "
        "where report_id = any(%s::uuid[]) group by report_id",
        report_ids,
    )
    assert counts == [(expected.count(b"\n") - 1,) * 2] * 20


def test_equal_reports_requested_at_once_are_one(service, database_url, expected):
    with services.timeline_held(database_url) as cursor:
        with ThreadPoolExecutor(20) as threads:
            asked = [threads.submit(services.trigger, service) for _ in range(20)]
        [report_id] = {one.result() for one in asked}
        services.wait_until_busy(service, cursor)
        assert services.trigger(service) == report_id
    assert services.result(service, report_id).body == expected
    assert services.trigger(service) != report_id


LARGE = 700_000_000
FORM = "multipart/form-data; boundary=x"


def test_a_chunked_body_keeps_its_moment(service):
    form = "application/x-www-form-urlencoded"
    bodies = {
        "application/json": json.dumps({"as_of": AS_OF}).encode(),
        form: b"as_of=2023-01-25T12:00:00Z",
        FORM: b'--x\r\nContent-Disposition: form-data; name="as_of"\r\n\r\n'
        b"2023-01-25T12:00:00Z\r\n--x--\r\n",
    }
    for content_type, body in bodies.items():
        answer = send_in_chunks(service, content_type, [body[:9], body[9:]])
        assert answer.status == 200, content_type
        report_id = json.loads(answer.body)["report_id"]
        services.result(service, report_id)
        found = services.resource(service, report_id)["as_of"]
        assert datetime.fromisoformat(found) == datetime.fromisoformat(AS_OF)


def send_in_chunks(service, content_type, chunks):
    headers = {"Content-Type": content_type, "Transfer-Encoding": "chunked"}
    return services.ask(service, "POST", "/api/trigger_report", iter(chunks), headers)


def test_a_large_form_is_refused_before_it_is_read(service):
    """Not a byte of it is sent."""
    headers = {"Content-Type": FORM, "Content-Length": str(LARGE)}
    answer = services.ask(service, "POST", "/api/trigger_report", b"", headers)
    check_is_problem(answer, 413)


def test_a_large_form_in_chunks_is_refused_early(service):
    sent = 0

    def chunks():
        nonlocal sent
        while sent < LARGE:
            sent += 1 << 16
            yield b"x" * (1 << 16)

    with suppress(ConnectionError):
        check_is_problem(send_in_chunks(service, FORM, chunks()), 413)
    assert sent < LARGE / 10


def test_a_report_is_running_until_it_is_complete(service, database_url, expected):
    with services.timeline_held(database_url) as cursor:
        report_id = services.trigger(service)
        services.wait_until_busy(service, cursor)
        answer = services.get_report(service, report_id)
        assert answer.status == 200
        assert answer.headers.get_content_type() == "application/json"
        assert json.loads(answer.body) == {"status": "Running"}
        found = services.resource(service, report_id)
        assert found["state"] == "running"
        assert found["worker_alive"] is True
        assert "download" not in found["links"]
        answer = services.ask(service, "GET", f"/api/download/{report_id}")
        check_is_problem(answer, 409)
    assert services.result(service, report_id).body == expected
    assert services.resource(service, report_id)["worker_alive"] is None


def test_busy_workers_count_as_alive(service, database_url):
    """Both compute a report, so that no heartbeat is written for long."""
    with services.timeline_held(database_url) as cursor:
        report_ids = services.trigger_some(service, 2)
        services.wait_until_busy(service, cursor, count=2)
        seconds = int(LONG["HEARTBEAT_SECONDS"]) + 1
        services.wait_for(
            "the last heartbeat is old",
            service,
            lambda: is_silent_for(database_url, seconds),
        )
        found = [services.resource(service, report_id) for report_id in report_ids]
        assert [report["state"] for report in found] == ["running"] * 2
        assert [report["worker_alive"] for report in found] == [True] * 2
    for report_id in report_ids:
        services.result(service, report_id)


def is_silent_for(database_url, seconds):
    query = "select seen_at < now() - %s * interval '1 second' from heartbeat"
    return services.rows(database_url, query, seconds) == [(True,)]


def test_it_says_when_no_worker_is_alive(service, database_url, expected):
    """The watching process is suspended and its cluster killed."""
    [work] = services.running(service, "work")
    work.suspend()
    try:
        services.kill(services.running(service, "qcluster"))
        report_id = services.trigger(service)
        services.wait_for(
            "the resource says that no worker is alive",
            service,
            lambda: services.resource(service, report_id)["worker_alive"] is False,
        )
        answer = services.get_report(service, report_id)
        assert json.loads(answer.body) == {"status": "Running"}
        assert services.resource(service, report_id)["state"] == "queued"
    finally:
        work.resume()
    assert services.result(service, report_id).body == expected


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/get_report", 400),
        ("GET", "/api/get_report?report_id=", 400),
        ("GET", "/api/get_report?report_id=1", 404),
        ("GET", "/api/get_report?report_id=%00", 404),
        ("GET", "/api/get_report?report_id=%ED%A0%80", 404),
        ("GET", f"/api/get_report?report_id={'1' * 3000}", 404),
        ("GET", f"/api/get_report?report_id={UNKNOWN}", 404),
        ("GET", "/api/download/1", 404),
        ("GET", "/api/download/%00", 404),
        ("GET", f"/api/download/{UNKNOWN}", 404),
        ("GET", "/api/reports/1", 404),
        ("GET", f"/api/reports/{UNKNOWN}", 404),
        ("GET", "/api/nothing", 404),
        ("GET", "/api/trigger_report", 405),
        ("GET", "/trigger_report/", 405),
        ("GET", "/get_report/1", 404),
        ("POST", "/api/get_report", 405),
        ("DELETE", "/api/reports", 405),
    ],
)
def test_errors_are_problems(service, method, path, status):
    check_is_problem(services.ask(service, method, path), status)


@pytest.mark.parametrize("as_of", ["yesterday", "", 0, [], {}, "1969-12-31", "2101"])
def test_it_refuses_an_invalid_as_of(service, as_of):
    answer = services.ask(service, "POST", "/api/trigger_report", {"as_of": as_of})
    check_is_problem(answer, 400)
    assert "as_of" in json.loads(answer.body)["errors"]


def test_it_refuses_a_body_that_is_not_json(service):
    headers = {"Content-Type": "application/json"}
    answer = services.ask(service, "POST", "/api/trigger_report", b"{", headers)
    check_is_problem(answer, 400)


def test_it_refuses_an_unknown_host(service):
    answer = services.ask(service, "GET", "/api/reports", headers={"Host": "evil.test"})
    check_is_problem(answer, 400)


@pytest.mark.parametrize("charset", ["hex", "undefined", "idna", "utf-16", "nonsense"])
def test_a_query_is_read_whatever_charset_the_body_has(service, charset):
    headers = {"Content-Type": f"text/plain; charset={charset}"}
    answer = services.ask(service, "GET", "/api/reports?page_size=1", headers=headers)
    check_is_problem(answer, 415)
    answer = services.ask(service, "GET", "/login/?next=/admin/", headers=headers)
    assert answer.status == 200
