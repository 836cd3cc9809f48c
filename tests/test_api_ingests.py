"""Polls that are pushed, files that are uploaded, and what the API tells of both."""

import gzip
import json
import random
import socket
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from io import BytesIO

import pytest
from django.core.management import call_command
from django.db import connection
from django_q.models import OrmQ
from rest_framework.test import APIClient

from reports import queue
from stores import tasks, uploads
from stores.api import poll_bodies, polls
from stores.models import Chunk, Ingest, Poll, Reject, Store
from tests.support import processes
from tests.support import service as svc

in_database = pytest.mark.django_db

PUSH, INGESTS = "/api/polls", "/api/ingests"
UNKNOWN = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
JSON, CSV, NDJSON = "application/json", "text/csv", "application/x-ndjson"
A9 = {"store_id": "A", "status": "active", "timestamp_utc": "2023-01-24 09:00:00 UTC"}
A10 = A9 | {"status": "inactive", "timestamp_utc": "2023-01-24T10:00:00Z"}
B9 = A9 | {"store_id": "B"}
HEADER = "store_id,status,timestamp_utc\n"
FORMULA = "store_id that a spreadsheet would run as a formula"
STATUS = "status that is neither active nor inactive"
TIMESTAMP = "unreadable or impossible timestamp"


@pytest.fixture
def client():
    # As the web server does: what a view raises becomes an answer.
    return APIClient(raise_request_exception=False)


def push(client, body, content_type=JSON, **options):
    if not isinstance(body, str | bytes):
        body = json.dumps(body)
    return client.post(PUSH, body, content_type=content_type, **options)


def as_csv(*rows):
    return HEADER + "".join(f"{','.join(row.values())}\n" for row in rows)


def as_ndjson(*rows):
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def check_is_problem(response, status):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == "about:blank"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return problem


def check_nothing_happened():
    assert not Poll.objects.exists()
    assert not Ingest.objects.exists()


def statuses():
    found = Poll.objects.order_by("store_id", "observed_at")
    return [(p.store_id, p.observed_at.hour, p.is_active) for p in found]


def counts(**numbers):
    names = ["read", "new", "changed", "already_there", "superseded", "rejected"]
    return dict.fromkeys(names, 0) | numbers


# --- POST /api/polls


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
def test_polls_are_taken_in_each_form(client, body, content_type):
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
def test_it_tells_what_ingest_csv_would(client, tmp_path, form):
    rows = [
        A9,
        A9 | {"store_id": "=1+1"},
        A9 | {"store_id": ' "quoted", with commas '},
        A9 | {"store_id": "two\nlines"},
        A9 | {"status": "Active"},
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
@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({}, {name: ["required"] for name in A9}),
        ({"store_id": "A", "status": "active"}, {"timestamp_utc": ["required"]}),
        (A9 | {"extra": "x"}, {"extra": ["unknown"]}),
        (A9 | {"ex\ud800tra\0": 1}, {"ex?tra?": ["unknown"]}),
        (A9 | {"store_id": 8419537941919820732}, {"store_id": ["This is not a text."]}),
        (A9 | {"status": None}, {"status": ["This is not a text."]}),
        (A9 | {"status": True}, {"status": ["This is not a text."]}),
        (A9 | {"store_id": ["A"]}, {"store_id": ["This is not a text."]}),
        (A9 | {"store_id": "A\0"}, {"store_id": ["This is not a text."]}),
        (A9 | {"store_id": "A\ud800"}, {"store_id": ["This is not a text."]}),
        ([], ["This is not an object."]),
        (None, ["This is not an object."]),
        ("A", ["This is not an object."]),
    ],
    ids=ascii,
)
@pytest.mark.parametrize("form", ["json", "ndjson"])
def test_a_row_with_other_fields_is_named(client, row, problem, form):
    body = as_ndjson(A9, row, B9) if form == "ndjson" else [A9, row, B9]
    response = push(client, body, NDJSON if form == "ndjson" else JSON)
    assert check_is_problem(response, 400)["errors"] == {"2": problem}
    check_nothing_happened()


@in_database
def test_of_many_wrong_rows_the_first_hundred_are_named(client):
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
def test_refuses_what_is_not_of_its_type_or_has_no_rows(client, body, content_type):
    check_is_problem(push(client, body, content_type), 400)
    check_nothing_happened()


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
def test_csv_of_a_wrong_structure_is_refused_with_its_line(client, line, reason):
    problem = check_is_problem(push(client, f"{as_csv(A9)}{line}\n", CSV), 400)
    assert problem["detail"].startswith(f"POST /api/polls, {reason}")
    check_nothing_happened()


@in_database
def test_a_line_that_is_no_json_is_named(client):
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
        {"content_type": CSV, "headers": {"content-encoding": "gzip"}},
    ],
)
def test_refuses_other_types_and_codings(client, headers):
    check_is_problem(push(client, as_csv(A9), **headers), 415)
    check_nothing_happened()


@in_database
@pytest.mark.parametrize("form", ["csv", "json", "ndjson"])
def test_the_most_rows_are_taken_and_no_more(client, monkeypatch, form):
    monkeypatch.setattr(poll_bodies, "MOST_ROWS", 3)
    write = {"csv": as_csv, "json": lambda *rows: rows, "ndjson": as_ndjson}[form]
    content_type = {"csv": CSV, "json": JSON, "ndjson": NDJSON}[form]
    check_is_problem(push(client, write(A9, A10, B9, B9), content_type), 413)
    check_nothing_happened()
    assert push(client, write(A9, A10, B9), content_type).status_code == 201


@in_database
def test_a_hundred_thousand_rows_are_taken(client):
    rows = [A9 | {"store_id": f"store {number}"} for number in range(100_000)]
    found = push(client, rows).json()
    assert found["counts"]["status"] == counts(read=100_000, new=100_000)
    check_is_problem(push(client, [*rows, A9]), 413)


@in_database
def test_a_body_has_a_limit(client, monkeypatch):
    body = json.dumps([A9])
    monkeypatch.setattr(polls, "MOST_BYTES", len(body) - 1)
    check_is_problem(push(client, body), 413)
    check_nothing_happened()
    monkeypatch.setattr(polls, "MOST_BYTES", len(body))
    assert push(client, body).status_code == 201


@in_database
def test_it_does_not_wait_long_for_another_ingest(client, monkeypatch):
    monkeypatch.setattr(polls, "WAIT_MILLISECONDS", 50)
    database_url = processes.url(connection.settings_dict["NAME"])
    with processes.cursor_on(database_url) as cursor:
        cursor.execute("lock table store in share row exclusive mode")
        response = push(client, [A9])
    check_is_problem(response, 503)
    assert int(response["Retry-After"]) > 0
    check_nothing_happened()


@in_database
def test_unknown_parameters_and_other_answers_are_refused(client):
    check_is_problem(client.post(f"{PUSH}?a=1", A9, format="json"), 400)
    response = client.post(PUSH, A9, format="json", headers={"accept": CSV})
    check_is_problem(response, 406)
    check_is_problem(client.get(PUSH), 405)
    check_nothing_happened()


# --- Idempotency-Key


def keyed(key):
    return {"headers": {"Idempotency-Key": key}}


@in_database
def test_the_same_key_and_body_get_the_first_answer(client):
    first = push(client, [A9], **keyed("k"))
    assert "Idempotent-Replayed" not in first
    push(client, [A9 | {"status": "inactive"}])
    again = push(client, [A9], **keyed("k"))
    assert again.status_code == 201
    assert again["Idempotent-Replayed"] == "true"
    assert again["Location"] == first["Location"]
    assert again.json() == first.json()
    assert statuses() == [("A", 9, False)]
    assert Ingest.objects.count() == 2


@in_database
@pytest.mark.parametrize(
    ("body", "content_type"), [([A10], JSON), (as_ndjson(A9), NDJSON)]
)
def test_the_same_key_with_another_body_is_refused(client, body, content_type):
    push(client, json.dumps(A9), **keyed("k"))
    check_is_problem(push(client, body, content_type, **keyed("k")), 422)
    assert statuses() == [("A", 9, True)]


@in_database
@pytest.mark.parametrize(
    ("body", "content_type"),
    [([{}], JSON), (as_csv(A9) + "A\n", CSV), ("", CSV), (b"x", "text/plain")],
)
def test_a_refused_request_leaves_no_trace_of_its_key(client, body, content_type):
    assert push(client, body, content_type, **keyed("k")).status_code in (400, 415)
    again = push(client, [A9], **keyed("k"))
    assert again.status_code == 201
    assert "Idempotent-Replayed" not in again


@in_database
@pytest.mark.parametrize("key", ["", "x" * 201, "é", "a\tb", "\x7f"])
def test_refuses_what_is_no_key(client, key):
    problem = check_is_problem(push(client, [A9], **keyed(key)), 400)
    assert problem["errors"].keys() == {"Idempotency-Key"}
    check_nothing_happened()


@in_database
@pytest.mark.parametrize("key", ["!", "a b", "~" * 200, "%s%(key)s'"])
def test_a_key_is_any_text_of_ascii(client, key):
    assert push(client, [A9], **keyed(key)).status_code == 201
    assert "Idempotent-Replayed" in push(client, [A9], **keyed(key))


# --- GET /api/ingests


@in_database
def test_ingests_are_listed_the_newest_first(client):
    ids = [push(client, [A9]).json()["ingest_id"] for _ in range(5)]
    Ingest.objects.filter(pk=ids[0]).update(state="failed", error="no")
    found, address = [], f"{INGESTS}?page_size=2"
    while address:
        page = client.get(address).json()
        found += page["results"]
        address = page["next"]
    assert [one["ingest_id"] for one in found] == ids[::-1]
    for one in found:
        assert client.get(f"{INGESTS}/{one['ingest_id']}").json() == one
    [failed] = client.get(f"{INGESTS}?state=failed").json()["results"]
    assert (failed["ingest_id"], failed["error"]) == (ids[0], "no")
    complete = client.get(f"{INGESTS}?state=complete&page_size=3").json()
    assert [one["ingest_id"] for one in complete["results"]] == ids[:1:-1]
    [last] = client.get(complete["next"]).json()["results"]
    assert last["ingest_id"] == ids[1]


@in_database
def test_those_of_one_instant_are_paged_too(client):
    at = "2023-01-24T09:00:00Z"
    for _ in range(3):
        Ingest.objects.create(files={}, requested_at=at)
    found, address = set(), f"{INGESTS}?page_size=1"
    while address:
        page = client.get(address).json()
        found |= {one["ingest_id"] for one in page["results"]}
        address = page["next"]
    assert len(found) == 3


@in_database
@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{INGESTS}?a=1", 400),
        (f"{INGESTS}?state=done", 400),
        (f"{INGESTS}?cursor=made-up", 400),
        (f"{INGESTS}?page_size=0", 400),
        (f"{INGESTS}?page_size=1001", 400),
        (f"{INGESTS}/1", 400),
        (f"{INGESTS}/%00", 400),
        (f"{INGESTS}/{UNKNOWN}", 404),
        (f"{INGESTS}/{UNKNOWN}/rejects", 404),
        (f"{INGESTS}/1/rejects", 400),
    ],
)
def test_errors_are_problems(client, path, status):
    check_is_problem(client.get(path), status)


@in_database
def test_rows_set_aside_are_paged(client):
    rows = [A9 | {"store_id": f"={number}"} for number in range(3)]
    found = push(client, [A9, *rows]).json()
    address = f"{found['links']['rejects']}?page_size=2"
    first = client.get(address).json()
    assert first["results"][0] == {
        "file": "POST /api/polls",
        "record": 2,
        "reason": FORMULA,
        "fields": ["=0", "active", "2023-01-24 09:00:00 UTC"],
    }
    second = client.get(first["next"]).json()
    records = [row["record"] for page in (first, second) for row in page["results"]]
    assert records == [2, 3, 4]
    assert second["next"] is None
    assert Reject.objects.count() == 3


@in_database
def test_rows_set_aside_of_none(client):
    address = f"{push(client, [A9]).json()['links']['self']}/rejects"
    assert client.get(address).json() == {"next": None, "results": []}
    text = b"".join(client.get(address, headers={"accept": CSV}))
    assert text == b"file,record,reason,row\n"
    check_is_problem(client.get(address, headers={"accept": "text/html"}), 406)


# --- POST /api/ingests, without a worker


def as_file(name, text):
    file = BytesIO(text if isinstance(text, bytes) else text.encode())
    file.name = name
    return file


def upload(client, key=None, **parts):
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(INGESTS, parts, format="multipart", headers=headers)


def status_file(*rows):
    return as_file("store_status.csv", as_csv(*rows))


@in_database
def test_an_upload_is_kept_and_queued(client):
    response = upload(client, status=status_file(A9), strict="true")
    assert response.status_code == 202
    found = response.json()
    assert response["Location"] == found["links"]["self"]
    assert int(response["Retry-After"]) > 0
    assert (found["state"], found["attempts"], found["progress"]) == ("queued", 0, None)
    assert found["files"] == {"status": "store_status.csv"}
    assert client.get(response["Location"]).json() == found
    assert OrmQ.objects.get().task["args"] == (found["ingest_id"],)
    ingest = Ingest.objects.get()
    assert ingest.is_strict
    assert bytes(Chunk.objects.get().data) == as_csv(A9).encode()
    assert ingest.bytes_total == len(as_csv(A9))


@in_database
def test_a_large_one_is_kept_in_pieces(client):
    body = random.Random(1).randbytes((5 << 20) + 1)
    upload(client, status=as_file("a.csv.gz", body))
    pieces = Chunk.objects.order_by("number").values_list("data", flat=True)
    assert b"".join(map(bytes, pieces)) == body
    assert max(map(len, pieces)) == 1 << 20


@in_database
@pytest.mark.parametrize(
    ("parts", "name"),
    [
        ({}, "non_field_errors"),
        ({"strict": "true"}, "non_field_errors"),
        ({"strict": "perhaps", "status": "file"}, "strict"),
        ({"status": "a text"}, "status"),
        ({"status": "empty"}, "status"),
        ({"status": "twice"}, "status"),
        ({"status": "file", "polls": "file"}, "polls"),
        ({"status": "file", "more": "1"}, "more"),
    ],
)
def test_refuses_other_forms(client, parts, name):
    made = {"file": status_file, "empty": lambda: as_file("a.csv", "")}
    made["twice"] = lambda: [status_file(), status_file()]
    parts = {part: made.get(what, lambda w=what: w)() for part, what in parts.items()}
    assert name in check_is_problem(upload(client, **parts), 400)["errors"]
    check_nothing_happened()
    assert not Chunk.objects.exists()


@in_database
@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("{}", JSON, 415),
        (as_csv(A9), CSV, 415),
        ("", "multipart/form-data; boundary=b", 400),
        ("nonsense", "multipart/form-data; boundary=b", 400),
        ("nonsense", "multipart/form-data", 400),
        ("nonsense", "multipart/form-data; boundary=b; charset=hex", 415),
    ],
)
def test_refuses_other_bodies(client, body, content_type, status):
    response = client.post(INGESTS, body, content_type=content_type)
    check_is_problem(response, status)
    check_nothing_happened()


@in_database
def test_an_upload_has_a_limit(client, settings):
    settings.UPLOAD_BYTES = 1000
    response = upload(client, status=as_file("a.csv", "a" * 1000))
    check_is_problem(response, 413)
    check_nothing_happened()


@in_database
def test_an_upload_is_kept_once_for_a_key(client):
    first = upload(client, "k", status=status_file(A9))
    again = upload(client, "k", status=status_file(A9))
    assert (again.status_code, again.json()) == (202, first.json())
    assert again["Idempotent-Replayed"] == "true"
    for parts in [
        {"status": status_file(A10)},
        {"status": status_file(A9), "strict": "true"},
        {"hours": status_file(A9)},
    ]:
        check_is_problem(upload(client, "k", **parts), 422)
    check_is_problem(push(client, [A9], **keyed("k")), 422)
    assert OrmQ.objects.count() == Chunk.objects.count() == 1


@in_database
def test_one_that_comes_during_another_is_called_for_at_its_end(client, monkeypatch):
    first, second = (upload(client, status=status_file(A9)).json() for _ in range(2))
    with monkeypatch.context() as patch:
        patch.setattr(uploads.jobs, "held", lambda job_id: nullcontext(False))
        tasks.ingest_upload(second["ingest_id"])
    OrmQ.objects.all().delete()
    tasks.ingest_upload(first["ingest_id"])
    assert OrmQ.objects.get().task["args"] == (second["ingest_id"],)
    tasks.ingest_upload(second["ingest_id"])
    for one in (first, second):
        assert client.get(one["links"]["self"]).json()["state"] == "complete"


@in_database
def test_one_without_a_message_is_queued_unless_another_runs(client):
    upload(client, status=status_file(A9))
    OrmQ.objects.all().delete()
    queue.take_up_again()
    assert OrmQ.objects.count() == 1


@in_database
def test_one_that_lost_its_worker_too_often_is_given_up(client):
    address = upload(client, status=status_file(A9)).json()["links"]["self"]
    Ingest.objects.update(state="running", attempts=4)
    queue.take_up_again()
    assert client.get(address).json()["state"] == "queued"
    Ingest.objects.update(state="running", attempts=5)
    assert client.get(address).json()["progress"] == {
        "step": "reading",
        "bytes_read": 0,
        "bytes_total": len(as_csv(A9)),
    }
    queue.take_up_again()
    found = client.get(address).json()
    assert found["state"] == "failed"
    assert found["error"] == "given up after 5 attempts: the worker died"
    assert not Chunk.objects.exists()


# --- Over HTTP


@pytest.fixture(scope="module")
def service():
    with svc.filled_database() as database_url, svc.serving(database_url) as started:
        yield started


def post(service, rows, **headers):
    body = "".join(as_csv(*rows)).encode()
    headers = {"Content-Type": CSV} | headers
    return svc.ask(service, "POST", PUSH, body, headers)


def test_of_two_with_one_key_at_the_same_time_one_is_done(service):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    with ThreadPoolExecutor(4) as threads:
        with processes.cursor_on(service.database_url) as cursor:
            cursor.execute("lock table store in share row exclusive mode")
            asked = [threads.submit(post, service, [A9], **key) for _ in range(4)]
            svc.wait_for(
                "all of them wait",
                service,
                lambda: len(processes.waiting(cursor)) == 4,
            )
        found = [one.result() for one in asked]
    assert [answer.status for answer in found] == [201] * 4
    assert len({answer.body for answer in found}) == 1
    replayed = [answer.headers["Idempotent-Replayed"] for answer in found]
    assert sorted(replayed, key=str) == [None, "true", "true", "true"]


def test_one_that_is_refused_lets_the_next_with_its_key_through(service):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    with ThreadPoolExecutor(2) as threads:
        with processes.cursor_on(service.database_url) as cursor:
            cursor.execute("lock table store in share row exclusive mode")
            bad = threads.submit(post, service, [A9, {"a": "b"}], **key)
            svc.wait_for("it waits", service, lambda: processes.waiting(cursor))
            good = threads.submit(post, service, [A9], **key)
            svc.wait_for(
                "both wait", service, lambda: len(processes.waiting(cursor)) == 2
            )
        assert bad.result().status == 400
        assert good.result().status == 201
        assert good.result().headers["Idempotent-Replayed"] is None


def test_a_body_in_pieces_whose_length_is_not_said(service):
    headers = {"Content-Type": CSV, "Transfer-Encoding": "chunked"}
    good = as_csv(A9 | {"store_id": "in pieces"}).encode()
    answer = svc.ask(service, "POST", PUSH, chunked(good), headers)
    assert answer.status == 201, answer
    assert json.loads(answer.body)["counts"]["status"] == counts(read=1, new=1)
    large = good + b"\n" * poll_bodies.MOST_BYTES
    assert svc.ask(service, "POST", PUSH, chunked(large), headers).status == 413


def chunked(body):
    pieces = [body[at : at + (1 << 20)] for at in range(0, len(body), 1 << 20)]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in [*pieces, b""])


def test_a_body_that_is_too_large_is_refused(service):
    body = b" " * (poll_bodies.MOST_BYTES + 1)
    answer = svc.ask(service, "POST", PUSH, body, {"Content-Type": CSV})
    assert answer.status == 413
    assert answer.headers.get_content_type() == "application/problem+json"


# --- Uploads, over HTTP and with a worker


HOURS = "store_id,day,start_time_local,end_time_local\n"
ZONES = "store_id,timezone_str\n"
FAST = "lock table store in share row exclusive mode"  # before an ingest's first step


def form(**parts):
    """Return parts, (name, content) or a text, as a body and its headers."""
    lines = []
    for part, content in parts.items():
        name, content = content if isinstance(content, tuple) else (None, content)
        filename = f'; filename="{name}"' if name else ""
        head = f'--b\r\nContent-Disposition: form-data; name="{part}"{filename}'
        lines += [head.encode(), b"", content]
    body = b"\r\n".join([*lines, b"--b--", b""])
    return body, {"Content-Type": "multipart/form-data; boundary=b"}


def sent(service, **parts):
    """Upload files; return the answer's resource."""
    answer = svc.ask(service, "POST", INGESTS, *form(**parts))
    assert answer.status == 202, answer
    return json.loads(answer.body)


def told(service, ingest_id):
    answer = svc.ask(service, "GET", f"{INGESTS}/{ingest_id}")
    assert answer.status == 200, answer
    return json.loads(answer.body)


def end_of(service, ingest_id):
    def ended():
        found = told(service, ingest_id)
        return found["state"] in ("complete", "failed") and found

    return svc.wait_for(f"ingest {ingest_id} ends", service, ended)


def is_running(service, ingest_id, cursor):
    """Tell if an ingest runs and waits for a lock."""
    return told(service, ingest_id)["state"] == "running" and processes.waiting(cursor)


def check_nothing_is_left(service):
    assert svc.rows(service.database_url, "select count(*) from ingest_chunk") == [(0,)]


def test_files_are_loaded_and_counted(service):
    flipped = A9 | {"store_id": "up 1", "status": "asleep"}
    found = sent(
        service,
        status=(
            "s.csv.gz",
            gzip.compress(as_csv(A9 | {"store_id": "up 1"}, flipped).encode()),
        ),
        hours=("h.csv", f"{HOURS}up 1,0,09:00,17:00\nup 2,7,09:00,17:00\n".encode()),
        timezones=("z.csv", f"{ZONES}up 1,Asia/Tokyo\n".encode()),
        strict=b"false",
    )
    found = end_of(service, found["ingest_id"])
    assert (found["state"], found["error"], found["attempts"]) == ("complete", "", 1)
    assert found["counts"] == {
        "status": counts(read=2, new=1, rejected=1),
        "hours": counts(read=2, new=1, rejected=1),
        "timezones": counts(read=1, new=1),
    }
    assert found["files"] == {
        "status": "s.csv.gz",
        "hours": "h.csv",
        "timezones": "z.csv",
    }
    reasons = [(one["file"], one["reason"]) for one in found["reasons"]]
    assert reasons == [
        ("hours", "day that is not 0 (Monday) to 6 (Sunday)"),
        ("status", STATUS),
    ]
    check_rejects(service, found, ["s.csv.gz,2", "h.csv,2"])
    query = "select timezone from store where store_id = 'up 1'"
    assert svc.rows(service.database_url, query) == [("Asia/Tokyo",)]
    check_nothing_is_left(service)


def check_rejects(service, found, beginnings):
    path = "/" + found["links"]["rejects"].split("/", 3)[3]
    answer = svc.ask(service, "GET", path, headers={"Accept": CSV})
    lines = answer.body.decode().splitlines()[1:]
    assert [",".join(line.split(",")[:2]) for line in lines] == beginnings


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        (
            "s.csv",
            b"store_id,status\n",
            "s.csv, line 1: column timestamp_utc is missing",
        ),
        ("s.csv", as_csv(A9).encode() + b"A\n", "s.csv, line 3: missing data"),
        ("s.csv.gz", as_csv(A9).encode(), "s.csv.gz: cannot be read: Not a gzipped"),
        (
            "s.csv.gz",
            gzip.compress(b"a" * 99, mtime=0)[:-9],
            "s.csv.gz: cannot be read: ",
        ),
        ("s.csv", gzip.compress(b"a", mtime=0), "s.csv, line 1: "),
    ],
)
def test_a_broken_file_fails_with_its_line(service, name, content, error):
    found = end_of(service, sent(service, status=(name, content))["ingest_id"])
    assert (found["state"], found["attempts"]) == ("failed", 1)
    assert found["error"].startswith(error)
    assert found["counts"] == {}
    check_nothing_is_left(service)


def test_a_strict_one_stores_nothing_but_why(service):
    rows = as_csv(A9 | {"store_id": "strict"}, A9 | {"store_id": "=1"}).encode()
    found = sent(service, status=("s.csv", rows), strict=b"true")
    found = end_of(service, found["ingest_id"])
    assert (found["state"], found["error"]) == ("failed", "1 rows cannot be right")
    assert found["counts"]["status"] == counts(read=2, new=1, rejected=1)
    check_rejects(service, found, ["s.csv,2"])
    query = "select count(*) from store where store_id = 'strict'"
    assert svc.rows(service.database_url, query) == [(0,)]
    check_nothing_is_left(service)
    again = sent(service, status=("s.csv", rows))
    assert end_of(service, again["ingest_id"])["state"] == "complete"


def test_reports_are_computed_while_files_are_loaded(service):
    """Two ingests are at hand, of which one waits for the other."""
    url = service.database_url
    hours = f"{HOURS}up 1,1,09:00,17:00\n".encode()
    lock = "lock table business_hours in share mode"
    with processes.cursor_on(url) as cursor:
        cursor.execute(lock)
        ids = [sent(service, hours=("h.csv", hours))["ingest_id"] for _ in range(2)]
        svc.wait_for("one waits", service, lambda: is_running(service, ids[0], cursor))
        svc.wait_for(
            "it tells how far it is",
            service,
            lambda: (
                told(service, ids[0])["progress"]
                == {
                    "step": "storing",
                    "bytes_read": len(hours),
                    "bytes_total": len(hours),
                }
            ),
        )
        report = svc.result(service, svc.trigger(service))
        assert report.headers.get_content_type() == "text/csv"
        states = [told(service, ingest_id)["state"] for ingest_id in ids]
        assert states == ["running", "queued"]
    found = [end_of(service, ingest_id) for ingest_id in ids]
    assert [one["state"] for one in found] == ["complete"] * 2
    assert [one["attempts"] for one in found] == [1, 1]
    assert found[1]["counts"]["hours"] == counts(read=1, already_there=1)


@pytest.mark.parametrize("lock", [FAST, "lock table poll in access exclusive mode"])
def test_an_ingest_whose_worker_is_killed_is_taken_up_again(service, lock):
    rows = as_csv(A9 | {"store_id": f"killed {len(lock)}"}).encode()
    with processes.cursor_on(service.database_url) as cursor:
        cursor.execute(lock)
        ingest_id = sent(service, status=("s.csv", rows))["ingest_id"]
        svc.wait_for(
            "it waits", service, lambda: is_running(service, ingest_id, cursor)
        )
        svc.kill(svc.running(service, "qcluster"))
        svc.wait_for("it is gone", service, lambda: not processes.waiting(cursor))
    found = end_of(service, ingest_id)
    assert (found["state"], found["error"]) == ("complete", "")
    assert found["attempts"] > 1
    assert found["counts"]["status"] == counts(read=1, new=1)
    check_nothing_is_left(service)


def test_an_ingest_that_kills_its_worker_is_given_up(service):
    with processes.cursor_on(service.database_url) as cursor:
        cursor.execute(FAST)
        ingest_id = sent(service, status=("s.csv", as_csv(A9).encode()))["ingest_id"]
        for attempt in range(svc.ATTEMPTS):
            svc.wait_for(
                f"attempt {attempt + 1} is made",
                service,
                lambda count=attempt: told(service, ingest_id)["attempts"] > count,
            )
            svc.wait_for("it waits", service, lambda: processes.waiting(cursor))
            svc.kill(svc.running(service, "qcluster"))
            svc.wait_for("it is gone", service, lambda: not processes.waiting(cursor))
        found = end_of(service, ingest_id)
    assert found["state"] == "failed"
    reason = f"given up after {svc.ATTEMPTS} attempts: the worker died"
    assert found["error"] == reason
    check_nothing_is_left(service)


def test_an_upload_that_ends_early_is_refused(service):
    body, headers = form(status=("s.csv", as_csv(A9, A10).encode()))
    headers["Content-Length"] = str(len(body) + 1)
    with socket.create_connection((svc.HOST, service.port)) as opened:
        lines = [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join([f"POST {INGESTS} HTTP/1.1", "Host: localhost", *lines])
        opened.sendall(f"{head}\r\n\r\n".encode() + body)
        opened.shutdown(socket.SHUT_WR)
        answer = opened.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"the body ended before it was all there" in answer


def test_an_upload_says_how_long_it_is(service):
    body, headers = form(status=("s.csv", as_csv(A9).encode()))
    headers["Transfer-Encoding"] = "chunked"
    assert svc.ask(service, "POST", INGESTS, chunked(body), headers).status == 411


def test_of_two_uploads_with_one_key_one_is_kept(service):
    body, headers = form(status=("s.csv", as_csv(A9).encode()))
    headers["Idempotency-Key"] = str(uuid.uuid4())
    with ThreadPoolExecutor(4) as threads:
        request = (svc.ask, service, "POST", INGESTS, body, headers)
        found = [threads.submit(*request) for _ in range(4)]
    found = [one.result() for one in found]
    assert [answer.status for answer in found] == [202] * 4
    ids = {json.loads(answer.body)["ingest_id"] for answer in found}
    assert len(ids) == 1
    end_of(service, *ids)
