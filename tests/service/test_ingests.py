"""Pushed polls and uploaded files, over HTTP and with a worker."""

import gzip
import json
import socket
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from stores.api import poll_bodies
from tests.ingest.rows import DAY, STATUS
from tests.support import processes, services
from tests.support.pushes import A9, A10, CSV, INGESTS, PUSH, as_csv, counts


def post(service, rows, **headers):
    body = "".join(as_csv(*rows)).encode()
    headers = {"Content-Type": CSV} | headers
    return services.ask(service, "POST", PUSH, body, headers)


def test_concurrent_pushes_with_one_key_are_stored_once(service):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    with ThreadPoolExecutor(2) as threads:
        with processes.cursor_on(service.database_url) as cursor:
            cursor.execute("lock table store in share row exclusive mode")
            asked = [threads.submit(post, service, [A9], **key) for _ in range(2)]
            services.wait_for(
                "both wait", service, lambda: len(processes.waiting(cursor)) == 2
            )
        found = [one.result() for one in asked]
    assert [answer.status for answer in found] == [201] * 2
    assert len({answer.body for answer in found}) == 1
    replayed = [answer.headers["Idempotent-Replayed"] for answer in found]
    assert sorted(replayed, key=str) == [None, "true"]


def test_a_refused_push_leaves_its_key_free_for_the_next(service):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    with ThreadPoolExecutor(2) as threads:
        with processes.cursor_on(service.database_url) as cursor:
            cursor.execute("lock table store in share row exclusive mode")
            bad = threads.submit(post, service, [A9, {"a": "b"}], **key)
            services.wait_for("it waits", service, lambda: processes.waiting(cursor))
            good = threads.submit(post, service, [A9], **key)
            services.wait_for(
                "both wait", service, lambda: len(processes.waiting(cursor)) == 2
            )
        assert bad.result().status == 400
        assert good.result().status == 201
        assert good.result().headers["Idempotent-Replayed"] is None


def test_it_accepts_a_chunked_body_and_limits_its_size(service):
    headers = {"Content-Type": CSV, "Transfer-Encoding": "chunked"}
    good = as_csv(A9 | {"store_id": "in pieces"}).encode()
    answer = services.ask(service, "POST", PUSH, chunked(good), headers)
    assert answer.status == 201, answer
    assert json.loads(answer.body)["counts"]["status"] == counts(read=1, new=1)
    large = good + b"\n" * poll_bodies.MOST_BYTES
    assert services.ask(service, "POST", PUSH, chunked(large), headers).status == 413


def chunked(body):
    pieces = [body[at : at + (1 << 20)] for at in range(0, len(body), 1 << 20)]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in [*pieces, b""])


def test_a_body_that_is_too_large_is_refused(service):
    """Its Content-Length is enough: the request has no body."""
    headers = {"Content-Type": CSV, "Content-Length": str(poll_bodies.MOST_BYTES + 1)}
    answer = services.ask(service, "POST", PUSH, b"", headers)
    assert answer.status == 413
    assert answer.headers.get_content_type() == "application/problem+json"


HOURS = "store_id,day,start_time_local,end_time_local\n"
ZONES = "store_id,timezone_str\n"
LOCK_BEFORE_ALL = (
    "lock table store in share row exclusive mode"  # an ingest waits for it first
)


def form(**parts):
    """Encode form fields, or files as (name, content); return body and headers."""
    lines = []
    for part, content in parts.items():
        name, content = content if isinstance(content, tuple) else (None, content)
        filename = f'; filename="{name}"' if name else ""
        head = f'--b\r\nContent-Disposition: form-data; name="{part}"{filename}'
        lines += [head.encode(), b"", content]
    body = b"\r\n".join([*lines, b"--b--", b""])
    return body, {"Content-Type": "multipart/form-data; boundary=b"}


def upload(service, **parts):
    """Upload files; return the resource of the ingest."""
    answer = services.ask(service, "POST", INGESTS, *form(**parts))
    assert answer.status == 202, answer
    return json.loads(answer.body)


def get_ingest(service, ingest_id):
    answer = services.ask(service, "GET", f"{INGESTS}/{ingest_id}")
    assert answer.status == 200, answer
    return json.loads(answer.body)


def wait_for_end_of(service, ingest_id):
    def ended():
        services.hurry(service.database_url)
        found = get_ingest(service, ingest_id)
        return found["state"] in ("complete", "failed") and found

    return services.wait_for(f"ingest {ingest_id} ends", service, ended)


def is_running(service, ingest_id, cursor):
    """Return whether an ingest runs and waits for a lock."""
    return get_ingest(service, ingest_id)["state"] == "running" and processes.waiting(
        cursor
    )


def was_attempted(service, ingest_id, times):
    """Return whether an ingest was attempted more often."""
    services.hurry(service.database_url)
    return get_ingest(service, ingest_id)["attempts"] > times


def check_nothing_is_left(service):
    assert services.rows(service.database_url, "select count(*) from ingest_chunk") == [
        (0,)
    ]


def test_files_are_loaded_and_counted(service):
    flipped = A9 | {"store_id": "up 1", "status": "asleep"}
    found = upload(
        service,
        status=(
            "s.csv",
            gzip.compress(as_csv(A9 | {"store_id": "up 1"}, flipped).encode()),
        ),
        hours=("h.csv", f"{HOURS}up 1,0,09:00,17:00\nup 2,7,09:00,17:00\n".encode()),
        timezones=("z.csv", f"{ZONES}up 1,Asia/Tokyo\n".encode()),
        strict=b"false",
    )
    found = wait_for_end_of(service, found["ingest_id"])
    assert (found["state"], found["error"], found["attempts"]) == ("complete", "", 1)
    assert found["counts"] == {
        "status": counts(read=2, new=1, rejected=1),
        "hours": counts(read=2, new=1, rejected=1),
        "timezones": counts(read=1, new=1),
    }
    assert found["files"] == {
        "status": "s.csv",
        "hours": "h.csv",
        "timezones": "z.csv",
    }
    reasons = [(one["file"], one["reason"]) for one in found["reasons"]]
    assert reasons == [
        ("hours", DAY),
        ("status", STATUS),
    ]
    check_rejects(service, found, ["s.csv,2", "h.csv,2"])
    query = "select timezone from store where store_id = 'up 1'"
    assert services.rows(service.database_url, query) == [("Asia/Tokyo",)]
    check_nothing_is_left(service)


def check_rejects(service, found, beginnings):
    path = "/" + found["links"]["rejects"].split("/", 3)[3]
    answer = services.ask(service, "GET", path, headers={"Accept": CSV})
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
        ("s.csv", b"PK\x03\x04", "s.csv: this seems to be a zip: unpack it"),
        (
            "s.csv.gz",
            gzip.compress(b"a" * 99, mtime=0)[:-9],
            "s.csv.gz: cannot be read: ",
        ),
        ("s.csv", gzip.compress(b"a,b", mtime=0), "s.csv, line 1: "),
    ],
)
def test_a_broken_file_fails_with_its_name_and_line(service, name, content, error):
    found = wait_for_end_of(
        service, upload(service, status=(name, content))["ingest_id"]
    )
    assert (found["state"], found["attempts"]) == ("failed", 1)
    assert found["error"].startswith(error)
    assert found["counts"] == {}
    check_nothing_is_left(service)


def test_a_strict_upload_with_a_bad_row_stores_only_its_rejects(service):
    rows = as_csv(A9 | {"store_id": "strict"}, A9 | {"store_id": "=1"}).encode()
    found = upload(service, status=("s.csv", rows), strict=b"true")
    found = wait_for_end_of(service, found["ingest_id"])
    assert (found["state"], found["error"]) == ("failed", "1 rows are invalid")
    assert found["counts"]["status"] == counts(read=2, new=1, rejected=1)
    check_rejects(service, found, ["s.csv,2"])
    query = "select count(*) from store where store_id = 'strict'"
    assert services.rows(service.database_url, query) == [(0,)]
    check_nothing_is_left(service)
    again = upload(service, status=("s.csv", rows))
    assert wait_for_end_of(service, again["ingest_id"])["state"] == "complete"


def test_an_upload_beyond_its_limit_stores_only_its_rejects(service):
    bad = [A9 | {"store_id": f"={number}"} for number in range(11)]
    rows = as_csv(A9 | {"store_id": "limit"}, *bad).encode()
    found = upload(service, status=("s.csv", rows))
    found = wait_for_end_of(service, found["ingest_id"])
    assert found["state"] == "failed"
    assert found["error"].startswith("s.csv: 11 of 12 rows are rejected; the limit is ")
    check_rejects(service, found, [f"s.csv,{number}" for number in range(2, 13)])
    query = "select count(*) from store where store_id = 'limit'"
    assert services.rows(service.database_url, query) == [(0,)]
    check_nothing_is_left(service)
    again = upload(service, status=("s.csv", rows), max_rejects=b"11")
    assert wait_for_end_of(service, again["ingest_id"])["state"] == "complete"
    assert services.rows(service.database_url, query) == [(1,)]


def test_reports_are_computed_while_files_are_loaded(service):
    """One ingest is running and waits for a lock; another is in the queue."""
    url = service.database_url
    hours = f"{HOURS}up 1,1,09:00,17:00\n".encode()
    lock = "lock table business_hours in share mode"
    with processes.cursor_on(url) as cursor:
        cursor.execute(lock)
        ids = [upload(service, hours=("h.csv", hours))["ingest_id"] for _ in range(2)]
        services.wait_for(
            "one waits", service, lambda: is_running(service, ids[0], cursor)
        )
        services.wait_for(
            "it shows its progress",
            service,
            lambda: (
                get_ingest(service, ids[0])["progress"]
                == {
                    "step": "storing",
                    "bytes_read": len(hours),
                    "bytes_total": len(hours),
                }
            ),
        )
        report = services.result(service, services.trigger(service))
        assert report.headers.get_content_type() == "text/csv"
        states = [get_ingest(service, ingest_id)["state"] for ingest_id in ids]
        assert states == ["running", "queued"]
    found = [wait_for_end_of(service, ingest_id) for ingest_id in ids]
    assert [one["state"] for one in found] == ["complete"] * 2
    assert [one["attempts"] for one in found] == [1, 1]
    assert found[1]["counts"]["hours"] == counts(read=1, already_there=1)


@pytest.mark.parametrize(
    "lock", [LOCK_BEFORE_ALL, "lock table poll in access exclusive mode"]
)
def test_an_ingest_whose_worker_is_killed_is_retried(service, lock):
    rows = as_csv(A9 | {"store_id": f"killed {len(lock)}"}).encode()
    with processes.cursor_on(service.database_url) as cursor:
        cursor.execute(lock)
        ingest_id = upload(service, status=("s.csv", rows))["ingest_id"]
        services.wait_for(
            "it waits", service, lambda: is_running(service, ingest_id, cursor)
        )
        services.kill_cluster(service, cursor)
    found = wait_for_end_of(service, ingest_id)
    assert (found["state"], found["error"]) == ("complete", "")
    assert found["attempts"] > 1
    assert found["counts"]["status"] == counts(read=1, new=1)
    check_nothing_is_left(service)


def test_an_ingest_that_kills_its_worker_fails_after_all_attempts(service):
    with processes.cursor_on(service.database_url) as cursor:
        cursor.execute(LOCK_BEFORE_ALL)
        ingest_id = upload(service, status=("s.csv", as_csv(A9).encode()))["ingest_id"]
        for attempt in range(services.ATTEMPTS):
            services.wait_for(
                f"attempt {attempt + 1} is made",
                service,
                lambda count=attempt: was_attempted(service, ingest_id, count),
            )
            services.wait_for("it waits", service, lambda: processes.waiting(cursor))
            services.kill_cluster(service, cursor)
        found = wait_for_end_of(service, ingest_id)
    assert found["state"] == "failed"
    reason = f"given up after {services.ATTEMPTS} attempts: the worker died"
    assert found["error"] == reason
    check_nothing_is_left(service)


def test_an_upload_that_ends_early_is_refused(service):
    body, headers = form(status=("s.csv", as_csv(A9, A10).encode()))
    answer = send_in_part(service, body, headers, missing=1)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"the body ended before its Content-Length" in answer


def send_in_part(service, body, headers, missing):
    """Upload files, but end before these last bytes; return the answer as bytes."""
    length = {"Content-Length": str(len(body) + missing)}
    headers = processes.BEARER | headers | length
    with socket.create_connection((services.HOST, service.port)) as opened:
        lines = [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join([f"POST {INGESTS} HTTP/1.1", "Host: localhost", *lines])
        opened.sendall(f"{head}\r\n\r\n".encode() + body)
        opened.shutdown(socket.SHUT_WR)
        return opened.makefile("rb").read()


def test_an_upload_without_content_length_is_refused(service):
    body, headers = form(status=("s.csv", as_csv(A9).encode()))
    headers["Transfer-Encoding"] = "chunked"
    assert services.ask(service, "POST", INGESTS, chunked(body), headers).status == 411


def test_concurrent_uploads_with_one_key_create_one_ingest(service):
    body, headers = form(status=("s.csv", as_csv(A9).encode()))
    headers["Idempotency-Key"] = str(uuid.uuid4())
    with ThreadPoolExecutor(4) as threads:
        request = (services.ask, service, "POST", INGESTS, body, headers)
        found = [threads.submit(*request) for _ in range(4)]
    found = [one.result() for one in found]
    assert [answer.status for answer in found] == [202] * 4
    ids = {json.loads(answer.body)["ingest_id"] for answer in found}
    assert len(ids) == 1
    wait_for_end_of(service, *ids)
