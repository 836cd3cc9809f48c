"""Which shapes of CSV files are accepted."""

import gzip
import os
from threading import Thread

import pytest

from stores.models import BusinessHours, Store
from tests.ingest.csv_bytes import BOM, HEADER, PLAIN, POLLS, ingest, noted, polls

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
    "names in capitals": PLAIN.replace(HEADER, HEADER.upper()),
    "names in capitals and small letters": PLAIN.replace(
        HEADER, b"Store_ID,Status,Timestamp_UTC\n"
    ),
    "names with blanks": PLAIN.replace(HEADER, b"Store ID, Status ,timestamp utc\n"),
    "names without underscores": PLAIN.replace(
        HEADER, b"storeId,status,timestampUTC\n"
    ),
    "timestamp": PLAIN.replace(b"timestamp_utc", b"timestamp"),
    "semicolons": PLAIN.replace(b",", b";"),
    "tabs": PLAIN.replace(b",", b"\t"),
    "semicolons and quotes": (
        b'"store_id";"status";"timestamp_utc"\n'
        b'"A";"active";"2023-01-24 09:00:00"\n'
        b'"B";"inactive";"2023-01-24 10:00:00"\n'
    ),
    "semicolons, with commas in another column": noted(b"1, 2", b"a, b, c, d")
    .replace(b",", b";")
    .replace(b"; ", b", "),
    "commas, with a semicolon in the name of another column": noted(b"1;2").replace(
        b"note", b"a;b"
    ),
    "semicolons and a line sep=": b"sep=;\n" + PLAIN.replace(b",", b";"),
    "tabs and a line sep=": b"sep=\t\r\n" + PLAIN.replace(b",", b"\t"),
    "a line sep= with commas": b"sep=,\n" + PLAIN,
    "a line SEP= in quotes": b'"SEP=,"\n' + PLAIN,
    "a line sep= after a byte order mark": BOM + b"sep=,\n" + PLAIN,
    "an ignored column with semicolons in its name": (
        b"store_id,status,timestamp_utc,a;b;c;d;e\n"
        b"A,active,2023-01-24 09:00:00,1\n"
        b"B,inactive,2023-01-24 10:00:00,2\n"
    ),
    "tabs and an ignored column with commas in its name": (
        b"store_id\tstatus\ttimestamp_utc\tnote, a, b, c, d\n"
        b"A\tactive\t2023-01-24 09:00:00\tx, y\n"
        b"B\tinactive\t2023-01-24 10:00:00\tz\n"
    ),
    "white space around the names": PLAIN.replace(b"store_id", b" store_id\t"),
}


@pytest.mark.parametrize("data", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_it_accepts_every_shape_of_csv(ingest_bytes, data):
    ingest_bytes(data)
    assert polls() == POLLS


@pytest.mark.parametrize("name", ["file.csv.gz", "file.csv", "file.txt"])
@pytest.mark.parametrize("data", [PLAIN, BOM + PLAIN, PLAIN[:-1], PLAIN + b"\r\n"])
def test_it_knows_gzip_by_its_content(ingest_bytes, data, name):
    ingest_bytes(gzip.compress(data), name=name)
    assert polls() == POLLS


def test_it_accepts_a_plain_file_called_gz(ingest_bytes):
    ingest_bytes(PLAIN, name="file.csv.gz")
    assert polls() == POLLS


def test_it_accepts_gzip_from_a_pipe(tmp_path):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=[gzip.compress(PLAIN)])
    writer.start()
    ingest("status", pipe)
    writer.join()
    assert polls() == POLLS


def test_it_accepts_gzip_in_several_parts(ingest_bytes):
    ingest_bytes(gzip.compress(PLAIN[:40]) + gzip.compress(PLAIN[40:]), name="a.csv.gz")
    assert polls() == POLLS


def test_it_accepts_a_header_without_rows(ingest_bytes):
    ingest_bytes(HEADER)
    ingest_bytes(HEADER[:-1])
    ingest_bytes(HEADER + b"\r\n\n")
    assert polls() == []


@pytest.mark.parametrize(
    "name",
    [
        *(b"day", b"Day", b"dayOfWeek", b" dayOfWeek ", b"dayofweek"),
        *(b"day_of_week", b"DAY_OF_WEEK", b"Day of week"),
    ],
)
def test_it_accepts_every_name_of_the_day(ingest_bytes, name):
    data = b"store_id,%s,start_time_local,end_time_local\nA,6,09:00,17:00\n" % name
    ingest_bytes(data, kind="hours")
    assert BusinessHours.objects.get().weekday == 6


@pytest.mark.parametrize(
    "name", [b"timezone_str", b"timezone", b"TimeZone", b"Time Zone", b"TIMEZONE_STR"]
)
def test_it_accepts_every_name_of_the_time_zone(ingest_bytes, name):
    ingest_bytes(b"store_id,%s\nA,UTC\n" % name, kind="timezones")
    assert Store.objects.get().timezone == "UTC"


def test_a_name_of_another_kind_of_file_is_only_another_column(ingest_bytes):
    data = PLAIN.replace(HEADER, b"store_id,status,timestamp_utc,timezone,day\n")
    ingest_bytes(data.replace(b":00\n", b":00,x,y\n"))
    assert polls() == POLLS
