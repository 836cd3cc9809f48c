"""Only the first rejected rows of an ingest are kept, but all of them are counted."""

import csv
import gzip
from io import StringIO

import pytest

from stores.models import Reject
from tests.api.asking import pages
from tests.api.pushing import push
from tests.api.test_uploads import as_file, loaded
from tests.ingest.rows import END, STATUS, ZONE
from tests.support.pushes import A9, CSV, as_csv

pytestmark = pytest.mark.django_db
ASLEEP = A9 | {"status": "asleep"}


def csv_of(client, found):
    response = client.get(found["links"]["rejects"], headers={"accept": CSV})
    return list(csv.DictReader(StringIO(response.getvalue().decode())))


def test_10_000_rows_of_a_file_are_kept(client):
    body = as_csv(A9, *[ASLEEP] * 10_003)
    found = push(client, body, CSV).json()
    assert found["rejected"] == found["counts"]["status"]["rejected"] == 10_003
    assert found["reasons"] == [
        {"file": "status", "reason": STATUS, "rejected": 10_003}
    ]
    first = client.get(found["links"]["rejects"]).json()
    assert first["not_kept"] == 3
    kept = pages(client.get(f"{found['links']['rejects']}?page_size=1000"))
    assert [row["record"] for row in kept] == [*range(2, 10_002)]
    *rows, last = csv_of(client, found)
    assert [int(row["record"]) for row in rows] == [*range(2, 10_002)]
    assert last == {
        "file": "",
        "record": "",
        "reason": "3 more rejected rows are counted but not kept",
        "row": "",
    }


def test_each_file_has_its_own_rows(client):
    hours = "store_id,day,start_time_local,end_time_local\n" + "A,1,9:00,9\n" * 10_001
    zones = "store_id,timezone_str\nA,Nowhere\n"
    found = loaded(
        client,
        status=as_file("s.csv", as_csv(*[ASLEEP] * 10_002)),
        hours=as_file("h.csv", hours),
        timezones=as_file("z.csv", zones),
        max_rejects="100%",
    )
    reasons = {
        (row["file"], row["reason"]): row["rejected"] for row in found["reasons"]
    }
    assert reasons == {
        ("status", STATUS): 10_002,
        ("hours", END): 10_001,
        ("timezones", ZONE): 1,
    }
    kept = Reject.objects.filter(ingest_id=found["ingest_id"])
    counts = [kept.filter(file=name).count() for name in ("s.csv", "h.csv", "z.csv")]
    assert counts == [10_000, 10_000, 1]
    assert client.get(found["links"]["rejects"]).json()["not_kept"] == 3


def test_16_mebibytes_of_a_file_are_kept(client):
    """A row has a little more than 1,000,000 bytes: 16 of them fit, 17 do not."""
    row = "A,asleep,2023-01-24 09:00:00," + "x" * 1_000_000 + "\n"
    text = "store_id,status,timestamp_utc,note\n" + 20 * row
    found = loaded(
        client, status=as_file("s.csv", gzip.compress(text.encode())), max_rejects="20"
    )
    assert (found["state"], found["rejected"]) == ("complete", 20)
    kept = client.get(f"{found['links']['rejects']}?page_size=1000").json()
    assert [row["record"] for row in kept["results"]] == [*range(1, 17)]
    assert kept["not_kept"] == 4


def test_all_rows_are_kept_if_there_are_few(client):
    found = push(client, as_csv(A9, ASLEEP), CSV).json()
    assert client.get(found["links"]["rejects"]).json()["not_kept"] == 0
    assert [row["record"] for row in csv_of(client, found)] == ["2"]
