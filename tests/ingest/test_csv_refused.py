"""Which files are refused as a whole, and the error messages."""

import gzip
import os
import random
from pathlib import Path
from threading import Thread

import pytest
from django.core.management import CommandError

from stores.ingest.csv_file import CHUNK, LONGEST_LINE
from tests.ingest.csv_bytes import (
    BOM,
    HEADER,
    NOTED,
    PLAIN,
    ROW,
    ROWS,
    across,
    ingest,
    noted,
)

pytestmark = pytest.mark.django_db
LONG_ROW = "a row of more than 16 MiB, perhaps because a quote is not closed"
LONG = b"A,active,2023-01-24 09:00:00," + b"x" * (3 * LONGEST_LINE) + b"\n"
REFUSED = {
    "empty": (b"", ": the file or its first line is empty"),
    "only a byte order mark": (BOM, ": the file or its first line is empty"),
    "only blank lines": (b"\n\r\n\n", ": the file or its first line is empty"),
    "a blank first line": (b"\n" + PLAIN, ": the file or its first line is empty"),
    "a missing column": (
        PLAIN.replace(b"status", b"state"),
        ", line 1: column status is missing",
    ),
    "no header": (ROW, ", line 1: column store_id is missing"),
    "a column under two names": (
        b"store_id,status,timestamp,timestamp_utc\n",
        ", line 1: column timestamp_utc appears twice",
    ),
    "a column in two letter cases": (
        b"store_id,status,timestamp_utc,Store ID\n",
        ", line 1: column store_id appears twice",
    ),
    "a missing column after a line sep=": (
        b"sep=;\nstore_id;status\n",
        ", line 2: column timestamp_utc is missing",
    ),
    "a line sep= alone": (b"sep=;\n", ": the file or its first line is empty"),
    "a ragged row after a line sep=": (
        b"sep=,\n" + PLAIN + b"A\n",
        ', line 5: missing data for column "status"',
    ),
    "an unclosed quote after a line sep=": (
        b"sep=,\n" + HEADER + ROW + b'"' + ROW,
        ", line 4: unterminated CSV quoted field",
    ),
    "a ragged row of semicolons": (
        PLAIN.replace(b",", b";") + ROW,
        ', line 4: missing data for column "status"',
    ),
    "a column twice": (
        b"store_id,status,timestamp_utc,status\n",
        ", line 1: column status appears twice",
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
    "an unclosed quote in a large file": (
        HEADER + ROW + b'"' + ROW * 600_000,
        f", line 3: {LONG_ROW}",
    ),
    "zeros without end": (bytes(3 * CHUNK), ", line 1: longer than 1 MiB"),
}


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses_a_broken_file(refusal, tmp_path, data, reason):
    assert refusal(data) == f"{tmp_path}/file.csv{reason}; nothing was changed"


def test_refuses_a_long_row_whose_lines_have_quotes(refusal):
    row = ROW[:-1] + b',"' + b'one\n ""two""\n' * 1_500_000 + b'"\n'
    assert refusal(NOTED + row).endswith(f": {LONG_ROW}; nothing was changed")


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
        f"{tmp_path}/file.csv, line 1: column day appears twice; nothing was changed"
    )


# Random text, so that it needs several chunks in gzip, too.
NOTES = random.Random(1).randbytes(CHUNK).hex().encode()
LARGE = NOTED + b"".join(
    ROW[:-1] + b"," + NOTES[at : at + 100] + b"\n" for at in range(0, len(NOTES), 100)
)
PACKED = gzip.compress(PLAIN)
CUT_OFF = "Compressed file ended before the end-of-stream marker was reached"
REFUSED_GZIP = {
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
def test_refuses_an_empty_gzip_file(refusal, tmp_path, data):
    assert refusal(gzip.compress(data), name="file.csv.gz") == (
        f"{tmp_path}/file.csv.gz: the file or its first line is empty; "
        "nothing was changed"
    )


def test_refuses_a_folder_as_a_file(tmp_path):
    with pytest.raises(CommandError) as refused:
        ingest("status", tmp_path)
    assert str(refused.value) == (
        f"[Errno 21] Is a directory: '{tmp_path}'; nothing was changed"
    )


def test_refuses_a_missing_file(tmp_path):
    with pytest.raises(CommandError) as refused:
        ingest("hours", tmp_path / "none.csv")
    assert str(refused.value) == (
        f"[Errno 2] No such file or directory: '{tmp_path}/none.csv'; "
        "nothing was changed"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_refuses_a_file_without_read_permission(tmp_path):
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
