"""Uploads and downloads while the disk of TMPDIR is full, or the upload is refused.

What counts is the room on the disk: it also has the files that are deleted but open.
"""

import json
import os
import random
import shutil

import pytest

from tests.service.answers import check_is_problem
from tests.service.test_ingests import (
    form,
    get_ingest,
    send_in_part,
    upload,
    wait_for_end_of,
)
from tests.support import disks, processes, services
from tests.support.pushes import A9, INGESTS, as_csv, counts

MEGABYTES = 8
ROWS = 100_000
LARGE = as_csv(*[A9] * ROWS).encode()  # 4 MB: Django stores it in a file
TOO_LARGE = LARGE * 3
NO_ROOM = "the server has too little disk space; try again later"


@pytest.fixture(scope="module")
def disk():
    with disks.small_disk(MEGABYTES) as folder:
        yield folder


@pytest.fixture(scope="module")
def service(filled_database, disk):
    with (
        processes.new_database(like=filled_database) as url,
        services.serving(url, TMPDIR=str(disk)) as started,
    ):
        yield started


@pytest.fixture
def used(disk):
    """Return how many bytes of the disk are in use; at the end they are free again."""

    def used():
        return shutil.disk_usage(disk).used

    before = used()
    yield used
    # A worker closes its file shortly after the commit.
    processes.wait_for(lambda: used() == before)


def fill(disk):
    """Leave no room on the disk; return the file that takes it."""
    path = disk / "full"
    path.write_bytes(bytes(shutil.disk_usage(disk).free))
    return path


def check_has_no_room(service, answer, log_before):
    check_is_problem(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0
    assert json.loads(answer.body)["detail"] == NO_ROOM
    [line] = services.log_of(service).removeprefix(log_before).splitlines()
    assert "No space left on device" in line


def test_an_upload_for_which_there_is_no_room(service, used):
    before, free = services.log_of(service), used()
    body, headers = form(status=("s.csv", LARGE), hours=("h.csv", TOO_LARGE))
    answer = services.ask(service, "POST", INGESTS, body, headers)
    assert used() == free
    check_has_no_room(service, answer, before)


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ({"status": ("s.csv", LARGE), "unknown": b"1"}, "errors"),
        ({"status": ("s.csv", LARGE), "max_rejects": b"many"}, "errors"),
        ({"unknown": ("s.csv", LARGE)}, "errors"),
    ],
)
def test_a_refused_upload_frees_its_file(service, used, parts, problem):
    free = used()
    answer = services.ask(service, "POST", INGESTS, *form(**parts))
    assert used() == free
    check_is_problem(answer, 400)
    assert problem in json.loads(answer.body)


@pytest.mark.parametrize("missing", [1, 10, 3_000_000])
def test_an_upload_that_ends_early_frees_its_file(service, used, missing):
    free = used()
    body, headers = form(status=("s.csv", LARGE))
    answer = send_in_part(service, body[:-missing], headers, missing)
    assert used() == free
    assert answer.startswith(b"HTTP/1.1 400 ")


def test_a_form_that_is_broken_within_its_file_frees_it(service, used):
    free = used()
    body, headers = form(status=("s.csv", LARGE))
    # A file that is said to be in base64, and is not.
    name = b'filename="s.csv"'
    broken = body.replace(name, name + b"\r\nContent-Transfer-Encoding: base64")
    answer = services.ask(service, "POST", INGESTS, broken, headers)
    assert used() == free
    check_is_problem(answer, 400)


def test_a_download_for_which_there_is_no_room(service, disk, used):
    empty = used()
    report_id = services.trigger(service)
    services.result(service, report_id)
    processes.wait_for(lambda: used() == empty)  # the file of this download is closed
    full, free = fill(disk), used()
    before = services.log_of(service)
    answer = services.ask(service, "GET", f"/api/download/{report_id}")
    assert used() == free
    full.unlink()
    check_has_no_room(service, answer, before)
    assert services.ask(service, "GET", f"/api/download/{report_id}").status == 200


def test_the_worker_tries_again_when_there_is_room(service, disk, used):
    body = random.Random(1).randbytes(1 << 20).hex().encode()
    row = A9 | {"store_id": "no room"}
    text = as_csv(row).encode().replace(b"\n", b",note\n", 1)
    text = text.rstrip(b"\n") + b"," + body[:1_000_000] + b"\n"
    # The worker would take another disk if not even a few bytes fit.
    full = fill(disk)
    os.truncate(full, full.stat().st_size - (1 << 16))
    found = upload(service, status=("s.csv", text))

    def has_failed_once():
        return get_ingest(service, found["ingest_id"])["error"]

    error = services.wait_for("the first attempt fails", service, has_failed_once)
    assert "No space left on device" in error
    full.unlink()
    found = wait_for_end_of(service, found["ingest_id"])
    assert (found["state"], found["error"]) == ("complete", "")
    assert found["counts"]["status"] == counts(read=1, new=1)
