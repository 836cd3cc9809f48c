"""Status files that are read by columns give the same as those that only SQL reads."""

import re
from contextlib import ExitStack
from io import BytesIO
from itertools import product
from pathlib import Path
from tempfile import NamedTemporaryFile
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sql
from stores.ingest import csv_file, plain_polls, staging
from stores.ingest.csv_file import CsvFile, Refused
from stores.ingest.steps import ingest
from stores.models import Ingest, Poll
from tests.ingest.csv_bytes import BOM
from tests.ingest.field_forms import (
    READ_IDS,
    READ_STATUSES,
    READ_TIMESTAMPS,
    REJECTED_IDS,
    REJECTED_STATUSES,
    REJECTED_TIMESTAMPS,
)
from tests.support import engine
from tests.support.strategies import IDS

pytestmark = pytest.mark.django_db
ONLY_SQL, COLUMNS = 1 << 30, 0  # how few bytes are left to SQL


def texts(*pools):
    """Return the texts of the pools, the rejected ones too."""
    return [text for pool in pools for texts in pool for text in texts]


def loaded(
    data,
    few_bytes,
    chunk=csv_file.CHUNK,
    most_rows=1 << 20,
    most_ids=1 << 18,
    mix=None,
):
    """Ingest a status file; return all that it leaves, and roll it back."""
    mix = plain_polls.MIX if mix is None else mix
    with ExitStack() as stack, NamedTemporaryFile() as rejects:
        for module, name, value in [
            (staging, "FEW_BYTES", few_bytes),
            (csv_file, "CHUNK", chunk),
            (plain_polls, "MOST_ROWS", most_rows),
            (plain_polls, "MOST_IDS", most_ids),
            (plain_polls, "PIECE", 3),
            (plain_polls, "MIX", mix),
        ]:
            stack.enter_context(patch.object(module, name, value))
        stack.enter_context(engine.rolled_back())
        run = stack.enter_context(patch.object(sql, "run", wraps=sql.run))
        try:
            file = CsvFile(BytesIO(data), Path("polls.csv"))
            summary = ingest(
                {"status": file}, rejects, record=Ingest(max_rejects="100%")
            )
        except Refused as error:
            return str(error), False
        used = any(call.args[0] == "ingest/read/plain_polls" for call in run.mock_calls)
        rejects.seek(0)
        return {
            "polls": list(Poll.objects.order_by("pk").values_list()),
            "counts": summary.counts,
            "reasons": summary.reasons,
            "warnings": summary.warnings,
            "rejects": rejects.read(),
        }, used


def polls(*rows):
    return "".join(
        f"{row}\n" for row in ["store_id,status,timestamp_utc", *rows]
    ).encode()


def plain(store_id, status, hour):
    return f"{store_id},{status},2023-01-24 {hour:02}:00:00.000001 UTC"


PLAIN = [plain("A", "active", 9), plain("B", "inactive", 10), plain("C", "active", 9)]


def both_ways(data, **options):
    """Check that both ways do the same; return what that is."""
    expected, _ = loaded(data, ONLY_SQL)
    found, _ = loaded(data, COLUMNS, **options)
    assert found == expected
    return found


def statuses(found):
    return {(row[0], row[1].hour): row[2] for row in found["polls"]}


def test_the_later_row_wins_whichever_way_each_is_read():
    odd = [" A,active,2023-01-24 09:00:00.000001", plain("B", "Active", 10) + " "]
    found = both_ways(polls(*PLAIN, *odd, plain("A", "inactive", 9), *PLAIN[2:]))
    assert statuses(found) == {("A", 9): False, ("B", 10): True, ("C", 9): True}
    assert found["counts"]["status"]._asdict() == {
        "read": 7,
        "new": 3,
        "changed": 0,
        "already_there": 0,
        "superseded": 4,
        "rejected": 0,
    }


@pytest.mark.parametrize("limit", ["most_rows", "most_ids"])
def test_the_later_row_wins_among_runs_that_are_sorted_one_by_one(limit):
    later = [plain("A", "inactive", 9), plain("D", "active", 9)]
    found = both_ways(polls(*PLAIN, *later), chunk=60, **{limit: 1})
    assert statuses(found) == {
        ("A", 9): False,
        ("B", 10): False,
        ("C", 9): True,
        ("D", 9): True,
    }


def test_rejected_rows_keep_their_numbers_in_the_file():
    bad = plain("A", "asleep", 9)
    rows = [*PLAIN, bad, *PLAIN, bad, *PLAIN, f'"B",{bad[2:]}', *PLAIN, bad]
    found = both_ways(polls(*rows), chunk=100)
    lines = found["rejects"].decode().splitlines()
    assert [line.split(",")[1] for line in lines] == ["record", "4", "8", "12", "16"]
    assert lines[1].endswith(
        '"[""A"", ""asleep"", ""2023-01-24 09:00:00.000001 UTC""]"'
    )


def test_an_error_names_its_line_after_rows_that_are_read_by_columns():
    found = both_ways(polls(*PLAIN, *PLAIN, "B,active"), chunk=100)
    assert found.startswith("polls.csv, line 8: missing data for column")


@pytest.mark.parametrize("broken", [b"\0", b"\xff", b"\xed\xa0\x80", b'"'])
def test_bytes_that_are_no_text_refuse_the_file(broken):
    data = (
        polls(*PLAIN, *PLAIN).replace(b" UTC", b" UTC,note").replace(b"utc", b"utc,n")
    )
    head, tail = data[:-1], b"\n"
    assert type(both_ways(head + broken + tail, chunk=100)) is str


def test_ids_with_the_same_hash_are_told_apart():
    found = both_ways(polls(*PLAIN, *PLAIN), mix=np.zeros_like(plain_polls.MIX))
    assert statuses(found) == {("A", 9): True, ("B", 10): False, ("C", 9): True}


def test_rows_without_a_reason_are_plain_beside_those_with_one():
    with_one = f"{plain('D', 'inactive', 9)},store"
    rows = [with_one, *(f"{row}," for row in PLAIN)]
    data = polls(*rows).replace(b"utc\n", b"utc,reason\n", 1)
    file = CsvFile(BytesIO(data), Path("polls.csv"))
    read = plain_polls.PlainPolls(file, staging.staging_columns("status", file))
    odd_lines = b"".join(lines for lines, _ in read.parts())
    assert (read.rows, read.plain) == (4, 3)
    assert odd_lines == f"1,{with_one}\n".encode()
    found = both_ways(data)["polls"]
    assert [(row[0], row[3]) for row in found] == [
        ("A", None),
        ("B", None),
        ("C", None),
        ("D", "store"),
    ]


def test_known_polls_are_compared():
    with engine.rolled_back():
        file = CsvFile(BytesIO(polls(*PLAIN)), Path("polls.csv"))
        ingest({"status": file}, record=Ingest())
        rows = [plain("A", "inactive", 9), plain("A", "active", 10), *PLAIN[1:]]
        counts = both_ways(polls(*rows))["counts"]["status"]
    assert (counts.new, counts.changed, counts.already_there) == (1, 1, 2)


STORE_IDS = [*IDS, *READ_IDS, *texts(REJECTED_IDS.values())]
STATUSES = [*READ_STATUSES, *texts(REJECTED_STATUSES.values())]
STATUSES += ["activex", "inactivex", "activeup", "inactive ", "active  ", "\x01ctive"]
TIMESTAMPS = [*READ_TIMESTAMPS, *texts(REJECTED_TIMESTAMPS.values())]
any_timestamps = st.builds(
    "{:04}-{:02}-{:02}{}{:02}:{:02}{}{}".format,
    st.sampled_from([2023, 2020, 1969, 1970, 2000, 1900, 2025, 2100, 2101, 9999, 0]),
    st.integers(0, 13),
    st.integers(0, 32),
    st.sampled_from(" T.t"),
    st.integers(0, 25),
    st.integers(0, 61),
    st.just("")
    | st.integers(0, 61).map(":{:02}".format)
    | st.from_regex(r"\A:[0-5][0-9]\.[0-9]{0,9}\Z"),
    st.sampled_from([" UTC", "", "Z", " utc", "z", "+00", " UTCZ", "Z UTC", " GMT"]),
)


def test_every_form_of_a_field_is_read_the_same():
    """Each row has one unusual field. Two plain rows follow it: it is an odd one."""
    forms = [[text, "active", USUAL] for text in STORE_IDS]
    forms += [["A", text, USUAL] for text in STATUSES]
    forms += [["A", "active", text] for text in [*TIMESTAMPS, *edges_of_timestamps()]]
    rows = [
        row
        for form in forms
        if not set(',"\n\r\0') & set("".join(form))
        for row in (",".join(form), PLAIN[0], PLAIN[1])
    ]
    found, is_by_columns = loaded(polls(*rows), COLUMNS, chunk=2000)
    assert is_by_columns
    assert found == loaded(polls(*rows), ONLY_SQL)[0]
    assert found["counts"]["status"].read == len(rows)


USUAL = "2023-01-24 09:00:00.000001 UTC"


def edges_of_timestamps():
    """Return timestamps at and beyond the ends of what each part may be."""
    days = ["2023-02-28", "2023-02-29", "2020-02-29", "1900-02-29", "2023-00-10"]
    days += ["2023-13-01", "2023-04-31", "2023-01-00", "1969-12-31", "1970-01-01"]
    days += ["0000-01-01", "9999-12-31", "2101-01-01", "2023-1-1", "2O23-01-24"]
    times = ["00:00", "23:59:59", "24:00:00", "23:60:00", "23:59:60", "23:59:60.5"]
    times += ["12:00:00.", "12:00:00.1", "12:00:00.1234567", "12:00:00,5", "12:00:0"]
    times += ["12:00:00.123456", "12:00:00.12345a", "12-00-00", "12:00:00 "]
    zones = ["", " UTC", "Z", " utc", "z", "  UTC", "UTC", " UTCZ", "Z UTC", "+01"]
    usual = product(["2023-01-24"], " Tt_", times, zones)
    return [
        "".join(parts) for parts in [*product(days, " ", times[:2], zones[:3]), *usual]
    ]


plain_rows = st.tuples(
    st.sampled_from(["A", "B", "740170361716765420", "x" * 64]),
    st.sampled_from(["active", "inactive", "ACTIVE", "InActive"]),
    st.sampled_from(
        [
            "2023-01-24 09:00:00.000001 UTC",
            "2023-01-24 09:00:00.000001",
            "2023-01-24T09:00:00Z",
            "2023-01-24 09:00 UTC",
            "2023-01-24 23:59:59.999999 UTC",
            "2020-02-29 00:00:00.1 UTC",
        ]
    ),
)
odd_rows = st.tuples(
    st.sampled_from(STORE_IDS) | st.from_regex(r"\A[0-9a-e.,+_-]{0,9}\Z"),
    st.sampled_from(STATUSES),
    st.sampled_from(TIMESTAMPS) | any_timestamps,
)
ODDITIES = [
    b"",
    b"\n",
    b"\r\n\r\n",
    b"A\n",
    b"\0,\0,\0\n",
    b"\xff,active,x\n",
    b"\\.\n",
]


SIZES = st.sampled_from([0, 1, 5, 15, 20])
REASONS = [" ", "store", "Out_Of_Hours ", "é🍣", "\x01", "x" * 65, "'=1"]


@st.composite
def files(draw):
    """A status file of plain and odd rows, with any structure that may occur."""
    separator = draw(st.sampled_from(",,,;\t"))
    order = draw(st.permutations(range(5)))[: draw(st.integers(3, 5))]
    order = order if {0, 1, 2} <= set(order) else draw(st.permutations(range(4)))
    names = ["store_id", "status", "timestamp_utc", "Reason", "Note"]
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    reason = st.sampled_from(["", "", "", "", *REASONS])
    note = st.sampled_from(["", "x", "é🍣", " "])
    some = st.one_of(plain_rows, plain_rows, plain_rows, odd_rows)
    some = st.tuples(some, reason, note)
    rows = draw(st.lists(some, min_size=draw(SIZES), max_size=25))
    quotes = draw(st.sampled_from([*["none"] * 6, "needed", "all"]))
    lines = [names] + [[*row, reason, note] for row, reason, note in rows]
    text = end.join(
        separator.join(written(line[at], separator, quotes) for at in order)
        for line in lines
    )
    before = draw(st.sampled_from([b"", b"", b"", BOM, f"sep={separator}\n".encode()]))
    oddity = draw(st.sampled_from([*[b""] * 20, *ODDITIES]))
    last = draw(st.sampled_from([b"", end.encode()]))
    return before + text.encode() + end.encode() + oddity + last


def written(text, separator, quotes):
    if quotes == "none":
        return re.sub(rf'["\n\r{separator}]', "?", text)
    needs = quotes == "all" or any(mark in text for mark in f'"{separator}\n\r')
    return '"' + text.replace('"', '""') + '"' if needs else text


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    files(),
    st.integers(40, 400),
    st.sampled_from([1, 5, 1 << 20]),
    st.sampled_from([None, np.zeros_like(plain_polls.MIX)]),  # all hashes are equal
)
def test_both_ways_do_the_same_with_any_file(data, chunk, most_rows, mix):
    both_ways(data, chunk=chunk, most_rows=most_rows, mix=mix)
