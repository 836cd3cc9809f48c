"""Uploads and pushed polls while the disk of the database is full."""

import json

import pytest

from tests.service.answers import check_is_problem
from tests.service.test_ingests import get_ingest, post, upload, wait_for_end_of
from tests.support import disks, services
from tests.support.pushes import A9, as_csv, counts

MANY = 100_000  # rows of 3 MB
# An id with a blank goes to SQL, where each row takes space.
ROW = A9 | {"store_id": "store A"}


@pytest.fixture(scope="module")
def small_disk(empty_database):
    with disks.database_on_small_disk(empty_database, megabytes=2) as made:
        yield made


@pytest.fixture(scope="module")
def service(small_disk):
    with services.serving(small_disk[0]) as started:
        yield started


@pytest.fixture
def disk(small_disk):
    _, folder = small_disk
    yield folder
    disks.enlarge(folder, megabytes=2)


def test_a_push_is_told_to_come_again(service, disk):
    before = services.log_of(service)
    answer = post(service, [ROW] * MANY)
    check_is_problem(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0
    assert json.loads(answer.body)["detail"] == (
        "the database has too little disk space, memory or connections; try again later"
    )
    [line] = services.log_of(service).removeprefix(before).splitlines()
    assert "POST /api/polls 503 in " in line
    assert " s: could not extend file" in line
    disks.enlarge(disk, megabytes=64)
    assert post(service, [ROW] * MANY).status == 201


def test_an_upload_is_tried_again(service, disk):
    row = A9 | {"store_id": "store B"}
    found = upload(service, status=("s.csv", as_csv(*[row] * MANY).encode()))

    def has_failed_once():
        return get_ingest(service, found["ingest_id"])["error"]

    error = services.wait_for("the first attempt fails", service, has_failed_once)
    assert "No space left on device" in error
    disks.enlarge(disk, megabytes=64)
    found = wait_for_end_of(service, found["ingest_id"])
    assert (found["state"], found["error"]) == ("complete", "")
    assert found["attempts"] > 1
    assert found["counts"]["status"] == counts(read=MANY, new=1, superseded=MANY - 1)
