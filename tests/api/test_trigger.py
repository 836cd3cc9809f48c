"""POST /api/trigger_report."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django_q.models import OrmQ

from reports.models import Report, ReportRow
from restaurant_monitor.jobs.tasks import attempt
from stores.timeline.refresh import refresh
from tests.api.asking import check_is_problem
from tests.api.reports import ONE, OTHER, TRIGGER, ask_for
from tests.support import engine
from tests.support.reference import Data, parse_instant

pytestmark = pytest.mark.django_db

AS_OF = "2023-01-25T12:00:00Z"
URLENCODED = "application/x-www-form-urlencoded"


def test_trigger_creates_a_report_and_a_message(client, data):
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
    assert OrmQ.objects.get().task["args"] == ("reports.Report", str(report.pk))


@pytest.mark.parametrize("body", [{}, {"as_of": None}, {"as_of": AS_OF}])
@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html, */*;q=0.1"])
def test_trigger_reads_json(client, data, body, accept):
    response = client.post(TRIGGER, body, format="json", headers={"accept": accept})
    assert response.status_code == 200
    report = Report.objects.get()
    assert (report.as_of is None) == (body.get("as_of") is None)


ADDRESSES = [TRIGGER, "/trigger_report", "/trigger_report/", "/api/trigger_report/"]


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("form", ["json", "multipart", "urlencoded", "query", "file"])
def test_trigger_refuses_a_mistyped_field(client, data, path, form):
    """Else the report would be as of another moment than the one asked for."""
    asked = {"asof": AS_OF}
    if form == "urlencoded":
        response = client.post(path, f"asof={AS_OF}", content_type=URLENCODED)
    elif form == "query":
        response = client.post(f"{path}?asof={AS_OF}")
    elif form == "file":
        file = SimpleUploadedFile("as_of", AS_OF.encode())
        response = client.post(path, {"asof": file}, format="multipart")
    else:
        response = client.post(path, asked, format=form)
    assert list(check_is_problem(response, 400)["errors"]) == ["asof"]
    assert not Report.objects.exists()


def test_trigger_says_that_its_address_has_no_parameters(client, data):
    problem = check_is_problem(client.post(f"{TRIGGER}?as_of={AS_OF}"), 400)
    reason = "unknown: this endpoint has no parameters in its address"
    assert problem["errors"] == {"as_of": [reason]}


def test_trigger_refuses_a_field_that_is_sent_twice(client, data):
    body = f"as_of={AS_OF}&as_of=2023-01-24"
    problem = check_is_problem(client.post(TRIGGER, body, content_type=URLENCODED), 400)
    assert problem["errors"] == {"as_of": ["given twice"]}


def test_trigger_refuses_a_moment_in_a_file(client, data):
    file = SimpleUploadedFile("as_of", AS_OF.encode())
    problem = check_is_problem(client.post(TRIGGER, {"as_of": file}), 400)
    assert problem["errors"] == {"as_of": ["This is a file."]}


# --- Equal reports, and how many may wait


def trigger(client, **asked):
    answer = client.post(TRIGGER, asked, format="json")
    assert answer.status_code == 200, answer.content
    return answer.json()["report_id"]


def poll_something():
    engine.load(Data([("1", True, parse_instant("2023-01-25 23:00:00Z"))]))


def test_an_equal_report_in_the_queue_is_the_answer(client, data):
    first = trigger(client)
    assert trigger(client) == trigger(client, as_of=None) == first
    assert (Report.objects.count(), OrmQ.objects.count()) == (1, 1)
    assert ask_for(client).json()["report_id"] == first


def test_a_queued_report_will_have_what_comes_now_too(client, data):
    first = trigger(client)
    poll_something()
    assert trigger(client) == first
    attempt("reports.Report", first)
    assert ReportRow.objects.filter(report_id=first, store_id="1").exists()


def test_another_moment_or_other_stores_are_another_report(client, data):
    ids = [
        trigger(client),
        trigger(client, as_of=AS_OF),
        trigger(client, as_of="2023-01-25T12:00:01Z"),
        ask_for(client, {"store_ids": [ONE]}).json()["report_id"],
        ask_for(client, {"store_ids": [ONE], "as_of": AS_OF}).json()["report_id"],
        ask_for(client, {"store_ids": [ONE, OTHER]}).json()["report_id"],
    ]
    assert len(set(ids)) == len(ids) == OrmQ.objects.count()
    # The same moment in another zone, the same stores in another order.
    assert trigger(client, as_of="2023-01-25T06:00:00-06:00") == ids[1]
    again = ask_for(client, {"store_ids": [OTHER, ONE]})
    assert (again.status_code, again.json()["report_id"]) == (202, ids[-1])
    assert again["Location"].endswith(ids[-1])


def test_a_running_report_is_the_answer_unless_new_data_came(client, data):
    refresh()
    first = trigger(client)
    Report.objects.update(state="running")
    assert trigger(client) == first
    poll_something()
    second = trigger(client)
    assert second != first
    assert trigger(client) == second


@pytest.mark.parametrize("state", ["complete", "failed"])
def test_a_report_that_has_ended_is_not_the_answer(client, data, state):
    first = trigger(client)
    Report.objects.update(state=state)
    assert trigger(client) != first


def test_at_most_a_hundred_reports_wait(client, data):
    for second in range(100):
        trigger(client, as_of=f"2023-01-25T12:{second // 60:02}:{second % 60:02}Z")
    for answer in (client.post(TRIGGER), ask_for(client)):
        problem = check_is_problem(answer, 429)
        assert problem["detail"] == "100 reports are waiting; try again later"
        assert answer["Retry-After"] == "10"
    assert Report.objects.count() == OrmQ.objects.count() == 100
    trigger(client, as_of=AS_OF)  # an equal one waits
    Report.objects.filter(as_of=AS_OF).update(state="running")
    trigger(client)


@pytest.mark.parametrize("content", ["application/x-www-form-urlencoded", None])
def test_trigger_accepts_forms(client, data, content):
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
def test_trigger_accepts_any_as_of_from_1970_to_2100(client, as_of):
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
def test_trigger_refuses_an_invalid_as_of(client, data, as_of):
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
        b"[" * 1_000_000,
        b"as_of=now",
    ],
    ids=lambda body: ascii(body[:20]),
)
def test_trigger_refuses_a_body_that_is_not_an_object(client, data, body):
    check_is_problem(client.post(TRIGGER, body, content_type="application/json"), 400)
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"as_of=now"),
        ("multipart/form-data; boundary=\xe9", b"--x"),
        ("application/x-www-form-urlencoded", b"a=1&" * 2000),
        ("application/x-www-form-urlencoded", b"as_of=%00"),
    ],
)
def test_trigger_refuses_a_body_that_does_not_match_its_type(
    client, data, content_type, body
):
    check_is_problem(client.post(TRIGGER, body, content_type=content_type), 400)


def test_trigger_refuses_a_form_that_is_too_large(client, data):
    field = b'--x\r\nContent-Disposition: form-data; name="as_of"\r\n\r\n'
    body = field + b"9" * 3_000_000 + b"\r\n--x--\r\n"
    response = client.post(
        TRIGGER, body, content_type="multipart/form-data; boundary=x"
    )
    check_is_problem(response, 413)


@pytest.mark.parametrize(
    "content_type",
    [
        *("text/plain", "application/xml", "x", "a/b;"),
        *(f"application/json; charset={name}" for name in ("utf-16", "zlib", "hex")),
    ],
)
def test_trigger_refuses_other_types(client, data, content_type):
    check_is_problem(client.post(TRIGGER, b"{}", content_type=content_type), 415)


def test_trigger_needs_a_poll_or_an_as_of(client):
    problem = check_is_problem(client.post(TRIGGER), 409)
    assert "poll" in problem["detail"]
    assert not Report.objects.exists()
    response = client.post(TRIGGER, {"as_of": AS_OF}, format="json")
    assert response.status_code == 200
