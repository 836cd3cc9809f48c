"""Uploaded files, without a worker: POST /api/ingests."""

import random
from contextlib import nullcontext
from datetime import timedelta
from io import BytesIO

import pytest
from django.utils.timezone import now
from django_q.models import OrmQ

from restaurant_monitor.jobs import attempts
from restaurant_monitor.jobs.recovery import recover
from restaurant_monitor.jobs.tasks import attempt
from stores.models import Chunk, Ingest, Poll, Store
from tests.api.asking import check_is_problem
from tests.api.pushing import check_nothing_changed, push, with_key
from tests.support.pushes import A9, A10, CSV, INGESTS, JSON, as_csv, counts

in_database = pytest.mark.django_db


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
def test_an_upload_is_stored_and_queued(client):
    response = upload(client, status=status_file(A9), strict="true")
    assert response.status_code == 202
    found = response.json()
    assert response["Location"] == found["links"]["self"]
    assert int(response["Retry-After"]) > 0
    assert (found["state"], found["attempts"], found["progress"]) == ("queued", 0, None)
    assert found["files"] == {"status": "store_status.csv"}
    assert client.get(response["Location"]).json() == found
    assert OrmQ.objects.get().task["args"] == ("stores.Ingest", found["ingest_id"])
    ingest = Ingest.objects.get()
    assert ingest.max_rejects == "0"
    assert bytes(Chunk.objects.get().data) == as_csv(A9).encode()
    assert ingest.bytes_total == len(as_csv(A9))


@in_database
@pytest.mark.parametrize(
    ("parts", "limit"),
    [
        ({}, "1%"),
        ({"strict": "false"}, "1%"),
        ({"strict": "true"}, "0"),
        ({"max_rejects": " 5 % "}, "5%"),
        ({"max_rejects": "200", "strict": "false"}, "200"),
    ],
)
def test_an_upload_keeps_its_limit(client, parts, limit):
    assert upload(client, status=status_file(A9), **parts).status_code == 202
    assert Ingest.objects.get().max_rejects == limit


@in_database
def test_what_is_no_limit_is_refused_with_the_forms_it_has(client):
    response = upload(client, status=status_file(A9), max_rejects="many")
    assert check_is_problem(response, 400)["errors"]["max_rejects"] == [
        "'many' is not a limit of rejected rows: give a share such as 5%, at most "
        "100%, or a number of rows such as 200"
    ]


def loaded(client, **parts):
    """Upload files and load them as the worker does; return the ingest."""
    found = upload(client, **parts).json()
    attempt("stores.Ingest", found["ingest_id"])
    return client.get(found["links"]["self"]).json()


@in_database
def test_an_upload_beyond_its_limit_fails_and_keeps_its_rejects(client):
    rows = [A9, *(A9 | {"store_id": f"={number}"} for number in range(11))]
    found = loaded(client, status=status_file(*rows))
    assert (found["state"], found["attempts"]) == ("failed", 1)
    assert found["error"] == (
        "store_status.csv: 11 of 12 rows are rejected; the limit is 1% of a file's "
        "rows (give another one with max_rejects or --max-rejects, such as 5% or 200)"
    )
    assert found["counts"]["status"] == counts(read=12, new=1, rejected=11)
    [reason] = found["reasons"]
    assert (reason["file"], reason["rejected"]) == ("status", 11)
    rejects = client.get(found["links"]["rejects"]).json()["results"]
    assert [row["record"] for row in rejects] == [*range(2, 13)]
    assert not Store.objects.exists()
    assert not Chunk.objects.exists()


@in_database
@pytest.mark.parametrize(
    ("parts", "state"),
    [
        ({"max_rejects": "11"}, "complete"),
        ({"max_rejects": "10"}, "failed"),
        ({"max_rejects": "92%"}, "complete"),  # 11 of 12 are 91.7 %
        ({"max_rejects": "91%"}, "failed"),
    ],
)
def test_another_limit_may_be_sent(client, parts, state):
    rows = [A9, *(A9 | {"store_id": f"={number}"} for number in range(11))]
    assert loaded(client, status=status_file(*rows), **parts)["state"] == state
    assert Store.objects.count() == (state == "complete")


@in_database
def test_an_upload_says_what_looks_wrong(client):
    hours = "store_id,day,start_time_local,end_time_local\na,0,09:00,17:00\n"
    found = loaded(client, status=status_file(A9), hours=as_file("h.csv", hours))
    assert (found["state"], found["error"]) == ("complete", "")
    assert found["warnings"] == [
        {
            "code": "no_ids_in_common",
            "text": "Polls and business hours have hardly an id in common: 0 of 1. "
            "Polls have ids such as A, business hours have ids such as a.",
        },
        {
            "code": "letter_case",
            "text": "Ids that are written in more than one letter case: 1, such as A "
            "and a. Each spelling is a store of its own.",
        },
    ]
    listed = client.get(INGESTS).json()["results"]
    assert listed == [found]
    assert Store.objects.count() == 2


@in_database
def test_a_large_upload_is_stored_in_chunks(client):
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
        ({"max_rejects": "5%"}, "non_field_errors"),
        ({"max_rejects": "", "status": "file"}, "max_rejects"),
        ({"max_rejects": "101%", "status": "file"}, "max_rejects"),
        ({"max_rejects": "-1", "status": "file"}, "max_rejects"),
        ({"max_rejects": "file", "status": "file"}, "max_rejects"),
        (
            {"max_rejects": "5%", "strict": "true", "status": "file"},
            "non_field_errors",
        ),
        ({"status": "a text"}, "status"),
        ({"status": "empty"}, "status"),
        ({"status": "twice"}, "status"),
        ({"status": "file", "polls": "file"}, "polls"),
        ({"status": "file", "more": "1"}, "more"),
    ],
)
def test_it_refuses_invalid_forms(client, parts, name):
    made = {"file": status_file, "empty": lambda: as_file("a.csv", "")}
    made["twice"] = lambda: [status_file(), status_file()]
    parts = {part: made.get(what, lambda w=what: w)() for part, what in parts.items()}
    assert name in check_is_problem(upload(client, **parts), 400)["errors"]
    check_nothing_changed()
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
def test_it_refuses_other_bodies(client, body, content_type, status):
    response = client.post(INGESTS, body, content_type=content_type)
    check_is_problem(response, status)
    check_nothing_changed()


@in_database
def test_the_size_of_an_upload_is_limited(client, settings):
    settings.UPLOAD_BYTES = 1000
    response = upload(client, status=as_file("a.csv", "a" * 1000))
    check_is_problem(response, 413)
    check_nothing_changed()


@in_database
def test_uploads_with_one_key_are_stored_once(client):
    first = upload(client, "k", status=status_file(A9))
    again = upload(client, "k", status=status_file(A9))
    assert (again.status_code, again.json()) == (202, first.json())
    assert again["Idempotent-Replayed"] == "true"
    for parts in [
        {"status": status_file(A10)},
        {"status": status_file(A9), "strict": "true"},
        {"status": status_file(A9), "max_rejects": "5%"},
        {"hours": status_file(A9)},
    ]:
        check_is_problem(upload(client, "k", **parts), 422)
    check_is_problem(push(client, [A9], **with_key("k")), 422)
    assert OrmQ.objects.count() == Chunk.objects.count() == 1


@in_database
def test_an_upload_that_must_wait_is_queued_when_the_running_one_ends(
    client, monkeypatch
):
    first, second = (upload(client, status=status_file(A9)).json() for _ in range(2))
    with monkeypatch.context() as patch:
        patch.setattr(attempts, "held", lambda key: nullcontext(False))
        attempt("stores.Ingest", second["ingest_id"])
    OrmQ.objects.all().delete()
    attempt("stores.Ingest", first["ingest_id"])
    assert OrmQ.objects.get().task["args"] == ("stores.Ingest", second["ingest_id"])
    attempt("stores.Ingest", second["ingest_id"])
    for one in (first, second):
        assert client.get(one["links"]["self"]).json()["state"] == "complete"


@in_database
def test_an_upload_waits_for_the_ones_before_it(client, monkeypatch):
    """So the later upload wins, even if the first one had to be tried again."""
    states = ("active", "inactive")
    files = [status_file(A9 | {"status": state}) for state in states]
    first, second = (upload(client, status=file).json() for file in files)
    with monkeypatch.context() as patch:
        patch.setattr("stores.ingest.uploads.ingest", no_space)
        with pytest.raises(OSError, match="No space"):
            attempt("stores.Ingest", first["ingest_id"])
    for _ in range(2):  # its message may come twice
        attempt("stores.Ingest", second["ingest_id"])
    found = Ingest.objects.order_by("requested_at").values_list("state", "attempts")
    assert list(found) == [("queued", 1), ("queued", 0)]
    OrmQ.objects.all().delete()
    recover()
    assert not OrmQ.objects.exists()
    Ingest.objects.update(retry_at=now() - timedelta(hours=1))
    for _ in range(2):
        attempt("stores.Ingest", second["ingest_id"])
    assert [*Ingest.objects.values_list("state", flat=True)] == ["complete"] * 2
    assert [*Poll.objects.values_list("is_active", flat=True)] == [False]


def no_space(*_):
    raise OSError("No space left on device")


@in_database
def test_an_upload_without_a_message_is_queued_again(client):
    upload(client, status=status_file(A9))
    OrmQ.objects.all().delete()
    recover()
    assert OrmQ.objects.count() == 1


@in_database
def test_an_upload_whose_worker_died_too_often_fails(client):
    address = upload(client, status=status_file(A9)).json()["links"]["self"]
    Ingest.objects.update(state="running", attempts=4)
    recover()
    assert client.get(address).json()["state"] == "queued"
    Ingest.objects.update(state="running", attempts=5)
    assert client.get(address).json()["progress"] == {
        "step": "reading",
        "bytes_read": 0,
        "bytes_total": len(as_csv(A9)),
    }
    recover()
    found = client.get(address).json()
    assert found["state"] == "failed"
    assert found["error"] == "given up after 5 attempts: the worker died"
    assert not Chunk.objects.exists()
