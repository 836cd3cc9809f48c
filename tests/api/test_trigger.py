"""POST /api/trigger_report."""

import json

import pytest
from django_q.models import OrmQ

from reports.models import Report
from tests.api.asking import check_is_problem
from tests.api.reports import TRIGGER

pytestmark = pytest.mark.django_db

AS_OF = "2023-01-25T12:00:00Z"


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


@pytest.mark.parametrize(
    "body", [{}, {"as_of": None}, {"another": 1}, {"as_of": AS_OF, "another": 1}]
)
@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html, */*;q=0.1"])
def test_trigger_ignores_unknown_fields(client, data, body, accept):
    response = client.post(TRIGGER, body, format="json", headers={"accept": accept})
    assert response.status_code == 200
    report = Report.objects.get()
    assert (report.as_of is None) == (body.get("as_of") is None)


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
        b"[" * 3_000_000,
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
        ("application/json; charset=utf-16", b"{}"),
        ("application/json; charset=zlib", b"{}"),
        ("application/json; charset=hex", b"{}"),
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
    assert response.status_code in (400, 413)
    check_is_problem(response, response.status_code)


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "x", "a/b;"])
def test_trigger_refuses_other_types(client, data, content_type):
    check_is_problem(client.post(TRIGGER, b"{}", content_type=content_type), 415)


def test_trigger_needs_a_poll_or_an_as_of(client):
    problem = check_is_problem(client.post(TRIGGER), 409)
    assert "poll" in problem["detail"]
    assert not Report.objects.exists()
    response = client.post(TRIGGER, {"as_of": AS_OF}, format="json")
    assert response.status_code == 200
