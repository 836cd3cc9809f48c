"""The optional files of labels and of names."""

import pytest
from django.core.management import CommandError

from stores.ingest.staging import FILE_NAMES
from stores.models import Ingest, Mark, Store
from tests.ingest.rows import (
    LABEL,
    LONG_VALUE,
    NUMBER,
    OF_THE_LABELS,
    all_content,
    ingest,
    known_ids,
    labels,
    names,
    read_csv,
    summary_counts,
)

pytestmark = pytest.mark.django_db
CONTENT = ("store", "store_label", "timeline_mark")


@pytest.fixture
def load(write):
    """Load rows as a file of one kind."""

    def load(kind, *rows, **options):
        ingest(f"--{kind}", write(kind, *rows), **options)

    return load


def stored():
    content = all_content()
    return {table: content[table] for table in CONTENT}


class TestLabels:
    def test_a_file_replaces_all_labels_of_the_stores_it_names(self, load, capsys):
        load("labels", *three("A"), *three("B"))
        load("labels", ["A", "region", "east"], ["A", "new", "x"], verbosity=1)
        assert labels("A") == {"region": "east", "new": "x"}
        assert labels("B") == {"region": "west", "brand": "Bella", "market": "LA"}
        assert "2 earlier labels were removed." in capsys.readouterr().out
        assert Ingest.objects.order_by("finished_at").last().labels_removed == 2

    def test_letter_case_and_white_space_of_a_name_do_not_matter(self, load):
        load("labels", [" A", " ReGion ", " the West "], ["A", "x_2", "a:b; c"])
        assert labels("A") == {"region": "the West", "x_2": "a:b; c"}

    def test_a_later_row_of_a_store_and_name_wins(self, load, capsys):
        rows = ["A", "region", "west"], ["B", "region", "x"], ["A", "Region", "east"]
        load("labels", *rows, verbosity=1)
        assert labels("A") == {"region": "east"}
        counts = summary_counts(capsys.readouterr().out)
        # read, new, changed, already there, superseded, rejected
        assert counts == {"labels": [3, 2, 0, 0, 1, 0]}

    def test_it_counts_each_row(self, load, capsys):
        load("labels", *three("A"))
        rows = [["A", "region", "west"], ["A", "brand", "Burger"], ["A", "new", "x"]]
        load("labels", *rows, ["B", "1", "x"], verbosity=1)
        counts = summary_counts(capsys.readouterr().out)
        assert counts == {"labels": [4, 1, 1, 1, 0, 1]}

    @pytest.mark.parametrize(
        ("name", "value", "reason"),
        [
            ("", "west", LABEL),
            ("2nd", "west", LABEL),
            ("re gion", "west", LABEL),
            ("r\u00e9gion", "west", LABEL),
            ("\u212aind", "west", LABEL),  # a Kelvin sign, which is no letter k
            ("x" * 33, "west", LABEL),
            ("region", "", "empty value"),
            ("region", " \t", "empty value"),
            ("region", "x" * 101, LONG_VALUE),
            ("region", "a\x1bb", "value with a control character"),
        ],
    )
    def test_one_bad_row_leaves_the_labels_as_they_were(
        self, write, load, tmp_path, name, value, reason
    ):
        load("labels", *three("A"))
        rows = ["A", "market", "SF"], [" A ", name, value], ["B", "region", "west"]
        rejects = tmp_path / "rejects.csv"
        ingest("--labels", write("labels", *rows), "--rejects", rejects)
        assert labels("A") == {"region": "west", "brand": "Bella", "market": "LA"}
        assert labels("B") == {"region": "west"}
        found = [(row["record"], row["reason"]) for row in read_csv(rejects)]
        assert found == [("1", OF_THE_LABELS), ("2", reason)]

    def test_the_longest_name_and_value_are_accepted(self, load):
        load("labels", ["A", "x" * 32, "\u00e9" * 100])
        assert labels("A") == {"x" * 32: "\u00e9" * 100}

    def test_a_store_has_at_most_50_labels(self, load, capsys):
        load("labels", *(["A", f"n{n}", "x"] for n in range(50)), ["A", "n1", "y"])
        assert len(labels("A")) == 50
        more = [["A", f"m{n}", "x"] for n in range(51)]
        load("labels", *more, max_rejects="100%", verbosity=1)
        assert "n1" in labels("A")
        assert "51 of labels: store with more than 50 labels" in capsys.readouterr().out

    def test_a_bad_id_is_no_store(self, load):
        load("labels", ["8e18", "region", "west"], ["=1", "region", "west"])
        assert known_ids() == []
        [*reasons] = Ingest.objects.get().reasons
        assert NUMBER in [row["reason"] for row in reasons]


def three(store_id):
    pairs = [("region", "west"), ("brand", "Bella"), ("market", "LA")]
    return [[store_id, *pair] for pair in pairs]


class TestNames:
    def test_the_later_row_wins_and_an_empty_name_clears(self, load, capsys):
        load("names", ["A", "Old"], ["B", "Same"], ["C", "Gone"], ["D", ""])
        rows = [["A", "Newer"], ["A", " New "], ["B", "Same"], ["C", " "], ["D", "x"]]
        load("names", *rows, ["E", "E"], ["F", "x" * 201], verbosity=1)
        assert names() == {"A": "New", "B": "Same", "C": "", "D": "x", "E": "E"}
        output = capsys.readouterr().out
        assert summary_counts(output) == {"names": [7, 2, 2, 1, 1, 1]}
        assert "1 of names: display_name longer than 200 characters" in output

    def test_a_control_character_is_refused(self, load, capsys):
        load("names", ["A", "two\nlines"], verbosity=1)
        assert names() == {}
        assert "display_name with a control character" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("kind", "row"), [("labels", ["A", "region", "west"]), ("names", ["A", "One"])]
)
class TestBoth:
    def test_they_make_a_store_known_and_always_open(self, load, kind, row):
        load(kind, row)
        assert known_ids() == ["A"]
        assert [mark.store_id for mark in Mark.objects.all()] == ["A"]

    def test_they_do_not_touch_the_timeline_of_a_known_store(self, load, kind, row):
        Store.objects.create(pk="A")
        load(kind, row)
        assert not Mark.objects.exists()

    def test_loading_them_again_changes_nothing(self, load, kind, row, capsys):
        load(kind, row)
        before = stored()
        load(kind, row, verbosity=1)
        assert stored() == before
        assert summary_counts(capsys.readouterr().out) == {kind: [1, 0, 0, 1, 0, 0]}

    def test_too_many_bad_rows_refuse_the_file(self, load, kind, row):
        bad = [["A", "\x01", "x"][: len(row)]] * 11
        with pytest.raises(CommandError, match="11 of 12 rows are rejected"):
            load(kind, ["B", *row[1:]], *bad)
        assert known_ids() == []

    def test_a_folder_may_lack_them(self, load, folder, kind, row):
        ingest(folder)
        assert kind not in Ingest.objects.get().files
        load(kind, row)
        ingest(folder)
        found = Ingest.objects.order_by("finished_at").last().files
        assert found[kind].endswith(FILE_NAMES[kind])
