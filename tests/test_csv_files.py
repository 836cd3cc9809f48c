"""Which CSV files are taken, in all the shapes they come in, and which refused."""

import gzip
import os
import random
from datetime import UTC, datetime, time
from functools import partial
from io import BytesIO
from pathlib import Path
from threading import Thread
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from stores import csv_file
from stores.csv_file import CHUNK, LONGEST_LINE, CsvFile
from stores.models import BusinessHours, Poll, Store
from tests.support.processes import content

pytestmark = pytest.mark.django_db

HEADER = b"store_id,status,timestamp_utc\n"
ROW = b"A,active,2023-01-24 09:00:00\n"
PLAIN = HEADER + ROW + b"B,inactive,2023-01-24 10:00:00\n"
NOTED = HEADER.replace(b"\n", b",note\n")
POLLS = [
    ("A", datetime(2023, 1, 24, 9, tzinfo=UTC), True),
    ("B", datetime(2023, 1, 24, 10, tzinfo=UTC), False),
]
BOM = b"\xef\xbb\xbf"


def ingest(kind, path):
    call_command("ingest_csv", f"--{kind}", str(path), verbosity=0)


@pytest.fixture
def ingest_bytes(tmp_path):
    def ingest_bytes(data, kind="status", name="file.csv"):
        (tmp_path / name).write_bytes(data)
        ingest(kind, tmp_path / name)

    return ingest_bytes


def polls():
    found = Poll.objects.order_by("store_id", "observed_at")
    return list(found.values_list("store_id", "observed_at", "is_active"))


def known_ids():
    return list(Store.objects.values_list("store_id", flat=True))


def noted(note_of_a, note_of_b=b""):
    """The plain file with a column that nobody wants, and what is in it."""
    header, a, b = PLAIN.splitlines()
    return b"\n".join(
        [header + b",note", a + b"," + note_of_a, b + b"," + note_of_b, b""]
    )


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
def test_takes_every_shape_of_csv(ingest_bytes, data):
    ingest_bytes(data)
    assert polls() == POLLS


@pytest.mark.parametrize("data", [PLAIN, BOM + PLAIN, PLAIN[:-1], PLAIN + b"\r\n"])
def test_takes_gzip(ingest_bytes, data):
    ingest_bytes(gzip.compress(data), name="file.csv.gz")
    assert polls() == POLLS


def test_takes_gzip_in_several_parts(ingest_bytes):
    ingest_bytes(gzip.compress(PLAIN[:40]) + gzip.compress(PLAIN[40:]), name="a.csv.gz")
    assert polls() == POLLS


def test_takes_a_header_without_rows(ingest_bytes):
    ingest_bytes(HEADER)
    ingest_bytes(HEADER[:-1])
    ingest_bytes(HEADER + b"\r\n\n")
    assert polls() == []


@pytest.mark.parametrize("name", [b"day", b"dayOfWeek", b" dayOfWeek "])
def test_takes_both_names_of_the_day(ingest_bytes, name):
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
        # Day and month are never taken for each other.
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


# --- Files larger than what is read at once


def filled(size):
    """A file of this size: a header, then polls of one store and instant."""
    row = b"P,active,2023-01-24 08:00:00,%s\n"
    lines, short = divmod(size - len(NOTED), 1000)
    wide = row % (b"x" * (1000 - len(row % b"")))
    last = row % (b"y" * (1000 + short - len(row % b"")))
    return NOTED + wide * (lines - 1) + last


def across(piece, cut):
    """A file of which the first chunk ends within, or at the edge of, a piece."""
    return filled(CHUNK - cut) + piece


FILLING = ("P", datetime(2023, 1, 24, 8, tzinfo=UTC), True)
ROWS = noted(b"", b"").removeprefix(NOTED)


@pytest.mark.parametrize(
    ("piece", "cut"),
    [
        (ROWS, 0),
        (ROWS, 1),
        (ROWS.replace(b"\n", b"\r\n"), ROWS.index(b"\n") + 1),
        (ROWS.replace(b"\n", b"\r\n"), ROWS.index(b"\n") + 2),
        (ROWS.replace(b"\n", b"\r"), ROWS.index(b"\n") + 1),
        (ROWS + b"\n\n", len(ROWS)),
        (ROWS + b"\r\n\r\n", len(ROWS) + 1),
        (ROWS + b"\r\n\r\n", len(ROWS) + 2),
        (ROWS[:-1], len(ROWS) - 1),
        (ROWS[:-1] + b"\r", len(ROWS)),
    ],
)
def test_rows_across_two_chunks(ingest_bytes, piece, cut):
    ingest_bytes(across(piece, cut))
    assert polls() == [*POLLS, FILLING]


@pytest.mark.parametrize("cut", range(1, 15))
def test_characters_and_quotes_across_two_chunks(ingest_bytes, cut):
    # An é of two bytes, a sushi of four, a comma and a quote within quotes.
    piece = '"é,🍣""x",active,2023-01-24 09:00:00,"1\n2"\n'.encode()
    ingest_bytes(across(piece, cut))
    assert known_ids() == ["P", 'é,🍣"x']


def test_quoted_newlines_across_two_chunks(ingest_bytes):
    piece = ROWS.replace(b"09:00:00,", b'09:00:00,"\r\n\r\n\r\n"')
    for cut in range(piece.index(b'"'), piece.rindex(b'"') + 1):
        ingest_bytes(across(piece, cut))
    assert polls() == [*POLLS, FILLING]


def test_a_file_of_some_chunks_exactly(ingest_bytes):
    ingest_bytes(filled(2 * CHUNK))
    ingest_bytes(filled(2 * CHUNK + 1)[:-1])
    assert polls() == [FILLING]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("before", [b"", b"\n"])  # chunks end on either side of a \r
def test_any_number_of_blank_lines_at_the_end(ingest_bytes, before, end):
    ingest_bytes(PLAIN + before + end * (2 * CHUNK))
    assert polls() == POLLS


def test_a_long_line(ingest_bytes):
    ingest_bytes(noted(b"x" * (LONGEST_LINE - 1000)))
    assert polls() == POLLS


def test_as_many_columns_as_allowed_with_text_in_all(ingest_bytes):
    others = csv_file.MOST_COLUMNS - 3
    words = b",more words than a table keeps in place" * others
    ingest_bytes(HEADER[:-1] + b",note" * others + b"\n" + ROW[:-1] + words + b"\n")
    assert polls() == POLLS[:1]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from([b"a", b"\n", b"\r", b"\r\n", b",", b'"', b" ", b"\xc3"])),
    st.integers(1, 5),
)
def test_the_size_of_chunks_changes_nothing(pieces, size):
    text = b"".join(pieces)
    lines = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n")
    with patch.object(csv_file, "CHUNK", size):
        file = CsvFile(BytesIO(b"header\n" + text), Path("file.csv"))
        assert b"".join(iter(partial(file.read, size), b"")) == (
            lines + b"\n" if lines else b""
        )


# --- Refused files


LONG = b"A,active,2023-01-24 09:00:00," + b"x" * (3 * LONGEST_LINE) + b"\n"
REFUSED = {
    "empty": (b"", ": empty, or its first line is"),
    "only a byte order mark": (BOM, ": empty, or its first line is"),
    "only blank lines": (b"\n\r\n\n", ": empty, or its first line is"),
    "a blank first line": (b"\n" + PLAIN, ": empty, or its first line is"),
    "a missing column": (
        PLAIN.replace(b"status", b"state"),
        ", line 1: column status is missing",
    ),
    "a column in capitals": (
        PLAIN.replace(b"store_id", b"Store_ID"),
        ", line 1: column store_id is missing",
    ),
    "no header": (ROW, ", line 1: column store_id is missing"),
    "semicolons": (
        PLAIN.replace(b",", b";"),
        ", line 1: column store_id is missing",
    ),
    "a column twice": (
        b"store_id,status,timestamp_utc,status\n",
        ", line 1: column status is twice",
    ),
    "2,000 columns": (
        HEADER[:-1] + b",note" * 1997 + b"\n" + ROW,
        ", line 1: 2,000 columns",
    ),
    "a long name": (
        HEADER[:-1] + b"," + b"x" * 200_000 + b"\n",
        ", line 1: field larger than field limit (131072)",
    ),
    "a header without an end": (
        b"x" * (2 * LONGEST_LINE),
        ", line 1: longer than 1 MiB",
    ),
    "a header not in UTF-8": (
        b"store_id,status,timestamp_utc,caf\xe9s\n",
        ", line 1: 'utf-8' codec can't decode byte 0xe9 in position 33: "
        "invalid continuation byte",
    ),
    "UTF-16": (
        PLAIN.decode().encode("utf-16"),
        ", line 1: 'utf-8' codec can't decode byte 0xff in position 0: "
        "invalid start byte",
    ),
    "gzip by another name": (
        gzip.compress(PLAIN),
        ", line 1: 'utf-8' codec can't decode byte 0x8b in position 1: "
        "invalid start byte",
    ),
    "not in UTF-8": (
        PLAIN + b"caf\xe9,active,2023-01-24 09:00:00\n",
        ', line 4: invalid byte sequence for encoding "UTF8": 0xe9 0x2c 0x61',
    ),
    "half a character at the end": (
        PLAIN + b"A,active,2023-01-24 09:00:00\xc3",
        ', line 4: invalid byte sequence for encoding "UTF8": 0xc3 0x0a',
    ),
    "half a surrogate pair": (
        HEADER + b"\xed\xa0\x80,active,2023-01-24 09:00:00\n",
        ', line 2: invalid byte sequence for encoding "UTF8": 0xed 0xa0 0x80',
    ),
    "an = in two bytes": (
        HEADER + b"\xc0\xbd,active,2023-01-24 09:00:00\n",
        ', line 2: invalid byte sequence for encoding "UTF8": 0xc0 0xbd',
    ),
    "NUL": (
        PLAIN + b"A\0,active,2023-01-24 09:00:00\n",
        ', line 4: invalid byte sequence for encoding "UTF8": 0x00',
    ),
    "NUL in another column": (
        noted(b"", b"\0"),
        ', line 3: invalid byte sequence for encoding "UTF8": 0x00',
    ),
    "a field short": (
        PLAIN + b"A,active\n",
        ', line 4: missing data for column "timestamp_utc"',
    ),
    "another field short": (
        NOTED + ROW,
        ', line 2: missing data for column "note"',
    ),
    "a field too many": (
        HEADER + ROW + ROW.replace(b"\n", b",1\n"),
        ", line 3: extra data after last expected column",
    ),
    "a blank line between rows": (
        HEADER + ROW + b"\n" + ROW,
        ', line 3: missing data for column "status"',
    ),
    "a ragged row after quoted newlines": (
        noted(b"", b'"1\n2\n3"') + b"A\n",
        ', line 6: missing data for column "status"',
    ),
    "a ragged row after CRLF": (
        PLAIN.replace(b"\n", b"\r\n") + b"A\r\n",
        ', line 4: missing data for column "status"',
    ),
    "a ragged row beyond the first chunk": (
        across(ROWS, 1) + b"A\n",
        ', line 1052: missing data for column "status"',
    ),
    "an unclosed quote": (
        HEADER + ROW * 3 + b'"' + ROW * 4,
        ", line 5: unterminated CSV quoted field",
    ),
    "an unclosed quote after lines of CR": (
        (HEADER + ROW * 3 + b'"' + ROW * 4).replace(b"\n", b"\r"),
        ", line 5: unterminated CSV quoted field",
    ),
    "an unclosed quote in the line where another is closed": (
        NOTED.replace(b"note", b"note,more") + ROW[:-1] + b',"1\n2","3\n' + ROW,
        ", line 3: unterminated CSV quoted field",
    ),
    "an unclosed quote in the last line": (
        HEADER + ROW + b'A,active,"2023-01-24 09:00:00',
        ", line 3: unterminated CSV quoted field",
    ),
    r"\. between rows": (HEADER + ROW + b"\\.\n" + ROW, r", line 3: \. is not a row"),
    r"\. as the first row": (HEADER + b"\\.\n" + ROW, r", line 2: \. is not a row"),
    r"\. as the last row": (PLAIN + b"\\.\n", r", line 4: \. is not a row"),
    r"\. at the end": (PLAIN + b"\\.", r", line 4: \. is not a row"),
    "a line longer than 1 MiB": (NOTED + LONG, ", line 2: longer than 1 MiB"),
    "a line longer than 1 MiB after others": (
        noted(b"") + LONG + ROWS,
        ", line 4: longer than 1 MiB",
    ),
    "zeros without end": (bytes(3 * CHUNK), ", line 1: longer than 1 MiB"),
}


@pytest.fixture
def refusal(ingest_bytes):
    """Ingest what is to be refused; return why, sure that nothing has changed."""

    def refusal(data, kind="status", name="file.csv"):
        Store.objects.create(store_id="A", timezone="UTC")
        with connection.cursor() as cursor:
            before = content(cursor)
            with pytest.raises(CommandError) as refused:
                ingest_bytes(data, kind, name)
            assert content(cursor) == before
        return str(refused.value)

    return refusal


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses_a_broken_file(refusal, tmp_path, data, reason):
    assert refusal(data) == f"{tmp_path}/file.csv{reason}; nothing was changed"


@pytest.mark.parametrize("name", [b'"timestamp_utc', b'timestamp_utc,"note'])
def test_refuses_an_unclosed_quote_in_the_header(refusal, name):
    data = b"store_id,status,%s\n" % name + ROW
    assert "file.csv, line 1: " in refusal(data)


def test_refuses_nul_in_the_header(refusal):
    data = HEADER.replace(b"\n", b",no\0te\n") + ROW.replace(b"\n", b",1\n")
    assert "file.csv, line 1: " in refusal(data)


def test_refuses_an_unclosed_quote_in_a_pipe(tmp_path):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=[HEADER + b'"' + ROW])
    writer.start()
    with pytest.raises(CommandError) as refused:
        ingest("status", pipe)
    writer.join()
    assert str(refused.value) == (
        f"{pipe}, line 2: unterminated CSV quoted field; nothing was changed"
    )


def test_refuses_both_names_of_the_day(refusal, tmp_path):
    data = b"store_id,day,dayOfWeek,start_time_local,end_time_local\n"
    assert refusal(data, "hours") == (
        f"{tmp_path}/file.csv, line 1: column day is twice; nothing was changed"
    )


# Random text, so that it takes several chunks in gzip, too.
NOTES = random.Random(1).randbytes(CHUNK).hex().encode()
LARGE = NOTED + b"".join(
    ROW[:-1] + b"," + NOTES[at : at + 100] + b"\n" for at in range(0, len(NOTES), 100)
)
PACKED = gzip.compress(PLAIN)
CUT_OFF = "Compressed file ended before the end-of-stream marker was reached"
REFUSED_GZIP = {
    "not gzip": (PLAIN, "Not a gzipped file (b'st')"),
    "cut off in its header": (PACKED[:5], CUT_OFF),
    "cut off": (PACKED[:-9], CUT_OFF),
    "cut off in its checksum": (PACKED[:-1], CUT_OFF),
    "cut off after some chunks": (gzip.compress(LARGE)[: -CHUNK // 2], CUT_OFF),
    "followed by something else": (PACKED + PLAIN, "Not a gzipped file (b'st')"),
    "with a wrong length": (
        PACKED[:-4] + bytes(4),
        "Incorrect length of data produced",
    ),
    "with garbage inside": (
        PACKED[:10] + b"\xff" * len(PACKED[10:]),
        "Error -3 while decompressing data: invalid block type",
    ),
}


@pytest.mark.parametrize(
    ("data", "reason"), REFUSED_GZIP.values(), ids=REFUSED_GZIP.keys()
)
def test_refuses_broken_gzip(refusal, tmp_path, data, reason):
    assert refusal(data, name="file.csv.gz") == (
        f"{tmp_path}/file.csv.gz: cannot be read: {reason}; nothing was changed"
    )


@pytest.mark.parametrize("data", [b"", b"\n"])
def test_refuses_gzip_of_nothing(refusal, tmp_path, data):
    assert refusal(gzip.compress(data), name="file.csv.gz") == (
        f"{tmp_path}/file.csv.gz: empty, or its first line is; nothing was changed"
    )


def test_refuses_a_folder_as_a_file(tmp_path):
    with pytest.raises(CommandError) as refused:
        ingest("status", tmp_path)
    assert str(refused.value) == (
        f"[Errno 21] Is a directory: '{tmp_path}'; nothing was changed"
    )


def test_refuses_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CommandError) as refused:
        ingest("hours", tmp_path / "none.csv")
    assert str(refused.value) == (
        f"[Errno 2] No such file or directory: '{tmp_path}/none.csv'; "
        "nothing was changed"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_refuses_a_file_that_may_not_be_read(tmp_path):
    path = tmp_path / "file.csv"
    path.touch(mode=0)
    with pytest.raises(CommandError) as refused:
        ingest("status", path)
    assert str(refused.value) == (
        f"[Errno 13] Permission denied: '{path}'; nothing was changed"
    )


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="Linux only")
def test_refuses_a_file_that_fails_while_being_read():
    with pytest.raises(CommandError) as refused:
        ingest("timezones", Path("/proc/self/mem"))
    assert str(refused.value) == (
        "/proc/self/mem: cannot be read: [Errno 5] Input/output error; "
        "nothing was changed"
    )
