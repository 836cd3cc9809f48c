"""The reasons of polls: a column that a status file may have."""

import json

import pytest
from django.core.management import CommandError

from stores.models import Ingest, Mark, Poll
from stores.timeline.refresh import refresh
from tests.ingest.rows import all_content, ingest, read_csv
from tests.support.strategies import write_csv

pytestmark = pytest.mark.django_db
COLUMNS = ["store_id", "status", "timestamp_utc", "reason"]
NINE, TEN = "2023-01-24 09:00:00", "2023-01-24 10:00:00"


@pytest.fixture
def load(tmp_path):
    """Load rows as a status file; return the counts of its rows."""

    def load(*rows, columns=COLUMNS, options=()):
        write_csv(tmp_path / "polls.csv", columns, rows)
        ingest("--status", tmp_path / "polls.csv", *options)
        counts = Ingest.objects.latest("finished_at").counts["status"]
        return {name: count for name, count in counts.items() if count}

    return load


def reasons():
    found = Poll.objects.order_by("store_id", "observed_at")
    return list(found.values_list("store_id", "is_active", "reason"))


FORMS = {
    "store": "store",
    "": None,
    "  ": None,
    "\x01\t": None,
    " platform ": "platform",
    "Out_Of_Hours": "out_of_hours",
    "no_couriers": "no_couriers",
    "Closed for a party": "Closed for a party",
    "a\x01b\nc": "a b c",
    "Grüße 🍣": "Grüße 🍣",
    "x" * 64: "x" * 64,
    "y" * 65: "y" * 64,
    "=1+1": "=1+1",
}


def test_every_form_of_a_reason_is_read_and_none_costs_a_poll(load):
    rows = [[f"S{n:02}", "inactive", NINE, form] for n, form in enumerate(FORMS)]
    assert load(*rows) == {"read": len(FORMS), "new": len(FORMS)}
    assert [reason for _, _, reason in reasons()] == list(FORMS.values())


def test_the_later_row_of_an_instant_wins_with_its_reason(load):
    rows = [["A", "inactive", NINE, "store"], ["A", "inactive", NINE, ""]]
    assert load(*rows) == {"read": 2, "new": 1, "superseded": 1}
    assert reasons() == [("A", False, None)]
    load(*reversed(rows))
    assert reasons() == [("A", False, "store")]


def test_another_reason_alone_is_saved_and_no_change_of_the_timeline(load):
    load(["A", "inactive", NINE, "store"], ["B", "active", NINE, "hidden"])
    refresh()
    assert not Mark.objects.exists()
    counts = load(["A", "inactive", NINE, "platform"], ["B", "active", NINE, ""])
    assert counts == {"read": 2, "already_there": 2}
    assert reasons() == [("A", False, "platform"), ("B", True, None)]
    assert not Mark.objects.exists()


def test_a_file_without_the_column_keeps_reasons_of_the_same_status(load):
    load(["A", "inactive", NINE, "store"], ["A", "inactive", TEN, "store"])
    rows = ["A", "inactive", NINE], ["A", "active", TEN]
    assert load(*rows, columns=COLUMNS[:3]) == {
        "read": 2,
        "changed": 1,
        "already_there": 1,
    }
    assert reasons() == [("A", False, "store"), ("A", True, None)]


def test_loading_a_file_with_reasons_again_changes_nothing(load):
    rows = ["A", "inactive", NINE, "Store "], ["A", "active", TEN, "z" * 70]
    load(*rows)
    before = all_content()["poll"]
    assert load(*rows) == {"read": 2, "already_there": 2}
    assert all_content()["poll"] == before


def test_rejected_rows_have_the_fields_of_their_file(load, tmp_path):
    options = ("--rejects", tmp_path / "rejects.csv", "--max-rejects", "100%")
    load(["x", "store", "A", "asleep", NINE], columns=["note", "Reason", *COLUMNS[:3]],
         options=options)  # fmt: skip
    [row] = read_csv(tmp_path / "rejects.csv")
    assert json.loads(row["row"]) == ["x", "store", "A", "asleep", NINE]
    load(["A", "asleep", NINE], columns=COLUMNS[:3], options=options)
    [row] = read_csv(tmp_path / "rejects.csv")
    assert json.loads(row["row"]) == ["A", "asleep", NINE]


def test_it_says_that_reasons_were_cut(load):
    texts = ["x" * 64 + "  ", "é" * 65, "e" * 70, "store"]
    load(*([f"S{n}", "inactive", NINE, text] for n, text in enumerate(texts)))
    assert Ingest.objects.get().warnings == [
        {
            "code": "long_reasons",
            "text": "Reasons of polls with more than 64 characters: 2, such as "
            f"{'e' * 64}… They were cut.",
        }
    ]


def test_the_column_may_not_appear_twice(load):
    row = ["A", "inactive", NINE, "store", "platform"]
    with pytest.raises(CommandError, match="column reason appears twice"):
        load(row, columns=[*COLUMNS, "Reason"])
