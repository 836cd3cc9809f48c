"""What a packed file may unpack to."""

import gzip
import random

import pytest

from stores.models import Chunk, Poll
from tests.api.asking import check_is_problem
from tests.api.pushing import check_nothing_changed, push
from tests.api.test_uploads import as_file, loaded
from tests.support.pushes import A9, CSV, HEADER, as_csv

pytestmark = pytest.mark.django_db
ROW = f"{','.join(A9.values())}\n"
MOST = 100_000


@pytest.fixture(autouse=True)
def small_uploads(settings):
    settings.UPLOAD_BYTES = MOST


def packed(text):
    return gzip.compress(text.encode(), mtime=0)


def test_a_packed_file_may_unpack_to_the_size_of_a_plain_one(client):
    text = HEADER + ROW * ((MOST - len(HEADER)) // len(ROW))
    text += "\n" * (MOST - len(text))
    assert len(packed(text)) * 20 < MOST
    assert loaded(client, status=as_file("s.csv.gz", packed(text)))["state"] == (
        "complete"
    )
    found = loaded(client, status=as_file("s.csv.gz", packed(text + "\n")))
    assert (found["state"], found["attempts"]) == ("failed", 1)
    assert found["error"] == (
        "s.csv.gz: it unpacks to more than 100,000 bytes: send it in parts, or load it "
        "with ingest_csv"
    )
    assert not Chunk.objects.exists()


def test_a_packed_file_may_unpack_to_20_times_its_size(client):
    numbers = random.Random(1)
    rows = [A9 | {"store_id": f"{numbers.getrandbits(64)}"} for _ in range(MOST // 40)]
    text = as_csv(*rows)
    assert MOST < len(text) < 20 * len(packed(text))
    found = loaded(client, status=as_file("s.csv.gz", packed(text)))
    assert (found["state"], found["rejected"]) == ("complete", 0)
    assert Poll.objects.count() == len(rows)


def test_a_packed_push_may_unpack_to_the_size_of_a_plain_one(client):
    body = packed(HEADER + ROW + "\n" * (16 << 20))
    response = push(client, body, CSV)
    assert check_is_problem(response, 413)["detail"] == (
        "the unpacked body may have at most 16,777,216 bytes"
    )
    check_nothing_changed()
