"""How timestamps and times of day are read."""

from datetime import datetime, time

import pytest

from stores.models import BusinessHours
from tests.ingest.csv_bytes import HEADER, polls

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2023-01-24 09:06:42", "2023-01-24T09:06:42"),
        ("2023-01-24T09:06:42", "2023-01-24T09:06:42"),
        ("2023-01-24 09:06:42 UTC", "2023-01-24T09:06:42"),
        ("2023-01-24T09:06:42 UTC", "2023-01-24T09:06:42"),
        ("2023-01-24 09:06:42Z", "2023-01-24T09:06:42"),
        ("2023-01-24T09:06:42Z", "2023-01-24T09:06:42"),
        ("2023-01-24 09:06:42.6", "2023-01-24T09:06:42.600000"),
        ("2023-01-24 09:06:42.60", "2023-01-24T09:06:42.600000"),
        ("2023-01-24 09:06:42.605", "2023-01-24T09:06:42.605000"),
        ("2023-01-24 09:06:42.6054", "2023-01-24T09:06:42.605400"),
        ("2023-01-24 09:06:42.60541", "2023-01-24T09:06:42.605410"),
        ("2023-01-24 09:06:42.605413", "2023-01-24T09:06:42.605413"),
        ("2023-01-24 09:06:42.605413 UTC", "2023-01-24T09:06:42.605413"),
        ("2023-01-24T09:06:42.605413Z", "2023-01-24T09:06:42.605413"),
        ("2023-01-24 09:06:42.999999 UTC", "2023-01-24T09:06:42.999999"),
        ("2023-01-24 09:06:42+00:00", "2023-01-24T09:06:42"),
        ("2023-01-24 09:06:42-00:00", "2023-01-24T09:06:42"),
        ("2023-01-24T09:06:42.5+05:45", "2023-01-24T03:21:42.500000"),
        ("2023-01-24 22:06:42-06:00", "2023-01-25T04:06:42"),
        ("2023-01-24 09:06:42+15:59", "2023-01-23T17:07:42"),
        ("2023-01-24 00:00:00", "2023-01-24T00:00:00"),
        ("2023-01-24 23:59:59.999999", "2023-01-24T23:59:59.999999"),
        ("2020-02-29 12:00:00", "2020-02-29T12:00:00"),
        # Day and month are never swapped.
        ("2023-02-01 00:00:00", "2023-02-01T00:00:00"),
        ("1970-01-01 00:00:00", "1970-01-01T00:00:00"),
        ("1969-12-31 23:00:00-01:00", "1970-01-01T00:00:00"),
    ],
)
def test_reads_a_timestamp(ingest_bytes, text, instant):
    ingest_bytes(HEADER + f"A,active,{text}\n".encode())
    assert polls() == [("A", datetime.fromisoformat(instant + "+00:00"), True)]


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("00:00", time(0)),
        ("09:30", time(9, 30)),
        ("09:30:15", time(9, 30, 15)),
        ("09:30:15.5", time(9, 30, 15, 500_000)),
        ("09:30:15.123456", time(9, 30, 15, 123_456)),
        ("23:59:59.999999", time(23, 59, 59, 999_999)),
    ],
)
def test_reads_a_start(ingest_bytes, text, starts):
    row = f"A,0,{text},09:00\n"
    ingest_bytes(
        b"store_id,day,start_time_local,end_time_local\n" + row.encode(), "hours"
    )
    assert BusinessHours.objects.get().starts == starts


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("00:00", time(0)),
        ("17:30", time(17, 30)),
        ("17:30:15.123456", time(17, 30, 15, 123_456)),
        ("23:59:59.999999", time(23, 59, 59, 999_999)),
        # The end of a date is the start of the next.
        ("24:00", time(0)),
        ("24:00:00", time(0)),
        ("24:00:00.000000", time(0)),
    ],
)
def test_reads_an_end(ingest_bytes, text, ends):
    row = f"A,0,09:00,{text}\n"
    ingest_bytes(
        b"store_id,day,start_time_local,end_time_local\n" + row.encode(), "hours"
    )
    assert BusinessHours.objects.get().ends == ends
