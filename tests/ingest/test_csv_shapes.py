"""Which shapes of CSV files are accepted."""

import gzip

import pytest

from stores.models import BusinessHours
from tests.ingest.csv_bytes import BOM, HEADER, PLAIN, POLLS, noted, polls
from tests.ingest.rows import known_ids

pytestmark = pytest.mark.django_db
ACCEPTED = {
    "plain": PLAIN,
    "byte order mark": BOM + PLAIN,
    "CRLF": PLAIN.replace(b"\n", b"\r\n"),
    "CRLF and byte order mark": BOM + PLAIN.replace(b"\n", b"\r\n"),
    "CR": PLAIN.replace(b"\n", b"\r"),
    "CRLF, then LF": PLAIN.replace(b"\n", b"\r\n", 1),
    "LF, then CRLF": HEADER + PLAIN.removeprefix(HEADER).replace(b"\n", b"\r\n"),
    "CR, CRLF and LF": PLAIN.replace(b"\n", b"\r", 2).replace(b"\r", b"\r\n", 1),
    "quotes": (
        b'"store_id","status","timestamp_utc"\n'
        b'"A","active","2023-01-24 09:00:00"\n'
        b'"B","inactive","2023-01-24 10:00:00"\n'
    ),
    "byte order mark and quotes": BOM + PLAIN.replace(b"store_id", b'"store_id"'),
    "quotes within a field": PLAIN.replace(b"inactive", b'in"act"ive'),
    "blank lines at the end": PLAIN + b"\n\n\n",
    "blank lines of CRLF at the end": PLAIN + b"\r\n\r\n",
    "blank lines of CR at the end": PLAIN + b"\r\r",
    "no final newline": PLAIN[:-1],
    "no final newline but CRLF before": PLAIN[:-1].replace(b"\n", b"\r\n"),
    "a last CR": PLAIN[:-1] + b"\r",
    "other order of columns": (
        b"timestamp_utc,store_id,status\n"
        b"2023-01-24 09:00:00,A,active\n"
        b"2023-01-24 10:00:00,B,inactive\n"
    ),
    "another column first": (
        b"id,store_id,status,timestamp_utc\n"
        b"1,A,active,2023-01-24 09:00:00\n"
        b"2,B,inactive,2023-01-24 10:00:00\n"
    ),
    "another column": noted(b"good", b"bad"),
    "another column, empty": noted(b"", b""),
    "a comma in another column": noted(b'"a, b"'),
    "a newline in another column": noted(b'"a\nb"', b'"\n"'),
    "CRLF in another column": noted(b'"a\r\nb"', b'"\r\n"'),
    "blank lines in another column": noted(b'"\n\n\n"', b'"\n\n"'),
    "a quote in another column": noted(b'"a ""b"" c"', b'""""'),
    "a header in another column": noted(b'"' + HEADER + b'"'),
    "another column with the name of a table's": noted(b"1").replace(b"note", b"ctid"),
    "another column without a name": noted(b"1").replace(b"note", b""),
    "other columns of one name": (
        b"store_id,note,status,note,timestamp_utc\n"
        b"A,1,active,2,2023-01-24 09:00:00\n"
        b"B,3,inactive,4,2023-01-24 10:00:00\n"
    ),
    "white space around the fields": (
        b"store_id,status,timestamp_utc\n"
        b"  A , active\t,\t2023-01-24 09:00:00 \n"
        b'" B ",\x0binactive\x0c,"\n2023-01-24 10:00:00\r\n"\n'
    ),
    "white space around the names": PLAIN.replace(b"store_id", b" store_id\t"),
}


@pytest.mark.parametrize("data", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_it_accepts_every_shape_of_csv(ingest_bytes, data):
    ingest_bytes(data)
    assert polls() == POLLS


@pytest.mark.parametrize("data", [PLAIN, BOM + PLAIN, PLAIN[:-1], PLAIN + b"\r\n"])
def test_it_accepts_gzip(ingest_bytes, data):
    ingest_bytes(gzip.compress(data), name="file.csv.gz")
    assert polls() == POLLS


def test_it_accepts_gzip_in_several_parts(ingest_bytes):
    ingest_bytes(gzip.compress(PLAIN[:40]) + gzip.compress(PLAIN[40:]), name="a.csv.gz")
    assert polls() == POLLS


def test_it_accepts_a_header_without_rows(ingest_bytes):
    ingest_bytes(HEADER)
    ingest_bytes(HEADER[:-1])
    ingest_bytes(HEADER + b"\r\n\n")
    assert polls() == []


@pytest.mark.parametrize("name", [b"day", b"dayOfWeek", b" dayOfWeek "])
def test_it_accepts_both_names_of_the_day(ingest_bytes, name):
    data = b"store_id,%s,start_time_local,end_time_local\nA,6,09:00,17:00\n" % name
    ingest_bytes(data, kind="hours")
    assert BusinessHours.objects.get().weekday == 6


@pytest.mark.parametrize(
    "store_id",
    [
        "8139926242460185114",
        "1f7f2c4e-3a5b-4c6d-8e9f-0a1b2c3d4e5f",
        "x" * 64,
        "é" * 64,
        "🍣" * 64,
        "a=b+c-d@e",
        "two words",
        "\\N",
        "NULL",
        "100%s",
        "{a}",
        "1e5",
        "E+18",
        "8.41954E+18b",
        "'; drop table store; --",
    ],
)
def test_keeps_a_store_id_as_it_is(ingest_bytes, store_id):
    ingest_bytes(f"store_id,timezone_str\n{store_id},UTC\n".encode(), "timezones")
    assert known_ids() == [store_id]
