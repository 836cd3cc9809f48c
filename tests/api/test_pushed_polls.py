"""Pushed polls: POST /api/polls."""

import json

import pytest
from django.core.management import call_command

from stores.api import poll_bodies, polls
from stores.models import Store
from tests.api.asking import check_is_problem
from tests.api.pushing import check_nothing_changed, push, statuses
from tests.ingest.rows import FORMULA, STATUS, TIMESTAMP
from tests.support.pushes import (
    A9,
    A10,
    B9,
    CSV,
    HEADER,
    INGESTS,
    JSON,
    NDJSON,
    PUSH,
    as_csv,
    as_ndjson,
    counts,
)

in_database = pytest.mark.django_db


@in_database
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ([A9, A10, B9], JSON),
        ([A9, A10, B9], "application/json; charset=utf-8"),
        (as_ndjson(A9, A10, B9), NDJSON),
        ("\n" + as_ndjson(A9, A10, B9).replace("\n", "\r\n\r\n"), NDJSON),
        (as_csv(A9, A10, B9), CSV),
        ("\ufeff" + as_csv(A9, A10, B9).replace("\n", "\r\n"), "Text/CSV;charset=UTF8"),
        (as_csv(A9, A10, B9).rstrip("\n").replace("\n", "\r"), CSV),
        (
            "timestamp_utc,extra,status,store_id\n2023-01-24 09:00:00,x,active,A\n"
            "2023-01-24 10:00:00,,inactive,A\n2023-01-24 09:00:00,x,active,B\n",
            CSV,
        ),
    ],
)
def test_it_accepts_polls_in_each_format(client, body, content_type):
    response = push(client, body, content_type)
    assert response.status_code == 201
    assert statuses() == [("A", 9, True), ("A", 10, False), ("B", 9, True)]
    found = response.json()
    assert found["state"] == "complete"
    assert found["counts"] == {"status": counts(read=3, new=3)}
    assert (found["rejected"], found["reasons"], found["error"]) == (0, [], "")
    assert found["files"] == {"status": "POST /api/polls"}
    assert found["requested_at"] <= found["started_at"] <= found["finished_at"]
    address = f"http://testserver{INGESTS}/{found['ingest_id']}"
    assert response["Location"] == address
    assert found["links"] == {"self": address}
    assert client.get(address).json() == found


@in_database
def test_one_row_needs_no_list(client):
    assert push(client, A9).json()["counts"]["status"] == counts(read=1, new=1)


@in_database
def test_every_row_is_counted_once(client):
    push(client, [A9, A10])
    flipped = A9 | {"status": "inactive"}
    bad = A9 | {"store_id": "=1+1"}
    found = push(client, [A9, flipped, A10, B9, bad]).json()
    assert found["counts"]["status"] == counts(
        read=5, new=1, changed=1, already_there=1, superseded=1, rejected=1
    )
    assert statuses() == [("A", 9, False), ("A", 10, False), ("B", 9, True)]


@in_database
@pytest.mark.parametrize("form", ["csv", "json", "ndjson"])
def test_it_rejects_the_same_rows_as_ingest_csv(client, tmp_path, form):
    rows = [
        A9,
        A9 | {"store_id": "=1+1"},
        A9 | {"store_id": ' "quoted", with commas '},
        A9 | {"store_id": "two; words"},
        A9 | {"status": "up"},
        A9 | {"status": "ü"},
        A10 | {"timestamp_utc": "2023-02-30 10:00:00"},
        A10 | {"timestamp_utc": ""},
        B9 | {"status": " active "},
    ]
    bodies = {
        "csv": (poll_bodies.written(rows), CSV),
        "json": (rows, JSON),
        "ndjson": (as_ndjson(*rows), NDJSON),
    }
    found = push(client, *bodies[form]).json()
    assert found["counts"]["status"] == counts(read=9, new=4, rejected=5)
    assert found["reasons"] == [
        {"file": "status", "reason": STATUS, "rejected": 2},
        {"file": "status", "reason": TIMESTAMP, "rejected": 2},
        {"file": "status", "reason": FORMULA, "rejected": 1},
    ]
    path = tmp_path / "status.csv"
    path.write_bytes(poll_bodies.written(rows))
    rejects = tmp_path / "rejects.csv"
    call_command("ingest_csv", status=path, rejects=rejects, verbosity=0)
    downloaded = client.get(found["links"]["rejects"], headers={"accept": CSV})
    text = b"".join(downloaded).decode()
    assert text == rejects.read_text().replace(str(path), "POST /api/polls")
    assert Store.objects.count() == 4


@in_database
def test_a_push_has_no_limit_of_rejected_rows(client):
    rows = [A9 | {"status": "up"} for _ in range(30)]
    found = push(client, [*rows, A9]).json()
    assert (found["state"], found["error"]) == ("complete", "")
    assert found["counts"]["status"] == counts(read=31, new=1, rejected=30)
    assert push(client, rows).json()["state"] == "complete"


@in_database
def test_a_push_says_what_looks_wrong(client):
    found = push(client, [A9, A9 | {"store_id": "a"}]).json()
    assert [warning["code"] for warning in found["warnings"]] == ["letter_case"]
    assert push(client, [A9 | {"store_id": "b"}]).json()["warnings"] == []


@in_database
@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({}, {name: ["required"] for name in A9}),
        ({"store_id": "A", "status": "active"}, {"timestamp_utc": ["required"]}),
        (A9 | {"extra": "x"}, {"extra": ["unknown"]}),
        (A9 | {"ex\ud800tra\0": 1}, {"ex?tra?": ["unknown"]}),
        (
            A9 | {"store_id": 8419537941919820732},
            {"store_id": ["This is not a valid string."]},
        ),
        (A9 | {"status": None}, {"status": ["This is not a valid string."]}),
        (A9 | {"status": True}, {"status": ["This is not a valid string."]}),
        (A9 | {"store_id": ["A"]}, {"store_id": ["This is not a valid string."]}),
        (A9 | {"store_id": "A\0"}, {"store_id": ["This is not a valid string."]}),
        (A9 | {"store_id": "A\ud800"}, {"store_id": ["This is not a valid string."]}),
        ([], ["This is not an object."]),
        (None, ["This is not an object."]),
        ("A", ["This is not an object."]),
    ],
    ids=ascii,
)
@pytest.mark.parametrize("form", ["json", "ndjson"])
def test_a_row_with_wrong_fields_is_reported_by_number(client, row, problem, form):
    body = as_ndjson(A9, row, B9) if form == "ndjson" else [A9, row, B9]
    response = push(client, body, NDJSON if form == "ndjson" else JSON)
    assert check_is_problem(response, 400)["errors"] == {"2": problem}
    check_nothing_changed()


@in_database
def test_only_the_first_hundred_wrong_rows_are_reported(client):
    errors = check_is_problem(push(client, [{}] * 101), 400)["errors"]
    assert list(errors) == [str(number) for number in range(1, 101)]


@in_database
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("", JSON),
        ("", CSV),
        ("", NDJSON),
        ("[]", JSON),
        ("\n \n", NDJSON),
        (HEADER, CSV),
        (f"{HEADER}\r\n\n", CSV),
        ("{", JSON),
        ("1" * 5000, JSON),
        ("[" * 100_000, JSON),
        ("[" * 100_000, NDJSON),
        (b'"\xff"', JSON),
        (b'"\xff"', NDJSON),
        (json.dumps([A9]).encode("utf-16"), JSON),
        (as_csv(A9).encode("utf-16"), CSV),
        ("\nA,active,2023-01-24 09:00:00\n", CSV),
        ("a,b\n1,2\n", CSV),
        (json.dumps([A9 | {"status": "a\n\\.\nb"}]), JSON),
        (json.dumps([A9 | {"status": "a" * (1 << 20)}]), JSON),
    ],
)
def test_it_refuses_malformed_and_empty_bodies(client, body, content_type):
    check_is_problem(push(client, body, content_type), 400)
    check_nothing_changed()


@in_database
@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("A,active", "line 3: missing data"),
        ("A,active,2023-01-24,more", "line 3: extra data"),
        ('A,"active,2023-01-24', "line 3: unterminated CSV quoted field"),
        ("\\.", "line 3"),
        ("A\0,active,2023-01-24 09:00:00", "line 3: invalid byte sequence"),
    ],
)
def test_malformed_csv_is_refused_with_its_line(client, line, reason):
    problem = check_is_problem(push(client, f"{as_csv(A9)}{line}\n", CSV), 400)
    assert problem["detail"].startswith(f"POST /api/polls, {reason}")
    check_nothing_changed()


@in_database
def test_a_line_that_is_not_json_is_reported_by_number(client):
    response = push(client, as_ndjson(A9) + "{]\n", NDJSON)
    errors = check_is_problem(response, 400)["errors"]
    assert errors.keys() == {"2"}
    assert errors["2"][0].startswith("this is not JSON")


@in_database
@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": "text/plain"},
        {"content_type": "application/x-www-form-urlencoded"},
        {"content_type": "multipart/form-data; boundary=b"},
        {"content_type": "application/json; charset=utf-16"},
        {"content_type": "text/csv; charset=latin-1"},
        {"content_type": "text/csv; charset=hex"},
        {"content_type": "text/csv; charset=nonsense"},
    ],
)
def test_it_refuses_other_types_and_encodings(client, headers):
    check_is_problem(push(client, as_csv(A9), **headers), 415)
    check_nothing_changed()


@in_database
@pytest.mark.parametrize("form", ["csv", "json", "ndjson"])
def test_the_number_of_rows_is_limited(client, monkeypatch, form):
    monkeypatch.setattr(poll_bodies, "MOST_ROWS", 3)
    write = {"csv": as_csv, "json": lambda *rows: rows, "ndjson": as_ndjson}[form]
    content_type = {"csv": CSV, "json": JSON, "ndjson": NDJSON}[form]
    check_is_problem(push(client, write(A9, A10, B9, B9), content_type), 413)
    check_nothing_changed()
    assert push(client, write(A9, A10, B9), content_type).status_code == 201


@in_database
def test_a_hundred_thousand_rows_are_accepted(client):
    rows = [A9 | {"store_id": f"store {number}"} for number in range(100_000)]
    found = push(client, rows).json()
    assert found["counts"]["status"] == counts(read=100_000, new=100_000)
    check_is_problem(push(client, [*rows, A9]), 413)


@in_database
def test_the_size_of_a_body_is_limited(client, monkeypatch):
    body = json.dumps([A9])
    monkeypatch.setattr(polls, "MOST_BYTES", len(body) - 1)
    check_is_problem(push(client, body), 413)
    check_nothing_changed()
    monkeypatch.setattr(polls, "MOST_BYTES", len(body))
    assert push(client, body).status_code == 201


@in_database
def test_unknown_parameters_and_other_media_types_are_refused(client):
    check_is_problem(client.post(f"{PUSH}?a=1", A9, format="json"), 400)
    response = client.post(PUSH, A9, format="json", headers={"accept": CSV})
    check_is_problem(response, 406)
    check_is_problem(client.get(PUSH), 405)
    check_nothing_changed()
