"""CSV files that are larger than one chunk."""

from functools import partial
from io import BytesIO
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stores.ingest import csv_file
from stores.ingest.csv_file import CHUNK, LONGEST_LINE, CsvFile
from tests.ingest.csv_bytes import (
    FILLING,
    HEADER,
    PLAIN,
    POLLS,
    ROW,
    ROWS,
    across,
    filled,
    noted,
    polls,
)
from tests.ingest.rows import known_ids

pytestmark = pytest.mark.django_db


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


def test_a_file_of_exactly_two_chunks(ingest_bytes):
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
        file = CsvFile(BytesIO(b"a,b\n" + text), Path("file.csv"))
        assert b"".join(iter(partial(file.read, size), b"")) == (
            lines + b"\n" if lines else b""
        )


@pytest.mark.parametrize("note", [b"x" * 999 + b"\n", b'""' * 499 + b"\n"])
def test_a_row_may_have_15_mebibytes_in_many_lines(ingest_bytes, note):
    ingest_bytes(noted(b'"' + note * (15 << 10) + b'"', b'"' + note * 2000 + b'"'))
    assert polls() == POLLS
