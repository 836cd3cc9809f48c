"""What looks wrong though every row is valid, and what does not."""

import pytest

from stores.ingest.staging import KINDS
from stores.models import Ingest
from tests.ingest.rows import GOOD, ingest, known_ids
from tests.support.processes import PROJECT

pytestmark = pytest.mark.django_db
UUID = "d84a4552-3668-4075-ad1d-16840294f818"
CASES = "Ids that are written in more than one letter case:"


@pytest.fixture
def load(write):
    """Load a valid row of each id in files of these kinds; return the warnings."""

    def load(**ids):
        arguments = []
        for kind, of_kind in ids.items():
            path = write(kind, *([store_id, *GOOD[kind]] for store_id in of_kind))
            if not of_kind:
                path.write_text(",".join(KINDS[kind]) + "\n")
            arguments += [f"--{kind}", path]
        ingest(*arguments)
        return Ingest.objects.first().warnings

    return load


def codes(warnings):
    return [warning["code"] for warning in warnings]


def ids(start, count, digits=16):
    """Ids of so many digits that end in 001, 011, 021, …"""
    return [str(10 ** (digits - 1) + start + 10 * n + 1) for n in range(count)]


class TestRoundedIds:
    def test_most_ids_of_a_file_end_in_000(self, load, tmp_path):
        rounded = ["8139926242460180000", "8139926242460181000"]
        assert load(hours=[*rounded, "8139926242460185114"]) == [
            {
                "code": "rounded_ids",
                "text": f"{tmp_path}/menu_hours.csv: 2 of 3 ids with 16 digits or more "
                "end in 000, such as 8139926242460180000. A spreadsheet seems to have "
                "rounded them.",
            }
        ]
        assert len(known_ids()) == 3

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_single_new_id_is_enough_in_any_file(self, load, kind):
        assert codes(load(**{kind: ["1234567890123000"]})) == ["rounded_ids"]

    def test_two_stores_that_became_one_are_said_again_and_again(self, load):
        collided = ["8139926242460180000"] * 2
        for _ in range(2):
            found = load(status=collided, hours=collided, timezones=collided)
            assert codes(found) == ["rounded_ids"] * 3

    @pytest.mark.parametrize(
        "store_ids",
        [
            ["123456789012000"],  # 15 digits: nothing was lost
            ["1234567890123000", "1234567890123001"],  # half of them
            ["A234567890123000", UUID[:-3] + "000"],
            ["1234567890123000.5"],
            ["1000", "2000", "3000"],
            [],
        ],
    )
    def test_other_ids_do_not_look_rounded(self, load, store_ids):
        assert load(timezones=store_ids) == []

    def test_a_push_of_one_known_store_does_not_look_rounded(self, load):
        assert load(status=["1234567890123000", *ids(0, 2)]) == []
        assert load(status=["1234567890123000"]) == []


class TestNoIdsInCommon:
    def test_it_names_an_id_of_each_side(self, load):
        assert load(status=["P1", "P2"], hours=["H1", "H2", "H3"]) == [
            {
                "code": "no_ids_in_common",
                "text": "Polls and business hours have hardly an id in common: 0 of 2. "
                "Polls have ids such as P1, business hours have ids such as H1.",
            }
        ]

    def test_zones_are_compared_too(self, load):
        [found] = load(status=["A"], timezones=["B"])
        assert found["text"].startswith(
            "Polls and time zones have hardly an id in common: 0 of 1."
        )

    @pytest.mark.parametrize(("shared", "warned"), [(1, True), (2, False)])
    def test_a_tenth_of_the_smaller_side_is_enough(self, load, shared, warned):
        polls = ids(0, 20)
        others = [*polls[:shared], *ids(1000, 30)]
        assert codes(load(status=polls, hours=others)) == ["no_ids_in_common"] * warned

    def test_a_file_is_compared_with_what_is_known(self, load):
        assert load(hours=ids(0, 3)) == []
        assert codes(load(status=ids(1000, 3))) == ["no_ids_in_common"]

    def test_a_file_of_ten_strangers_is_not_hidden_by_data_that_fits(self, load):
        polls = ids(0, 30)
        assert load(status=polls, hours=polls, timezones=polls) == []
        assert codes(load(hours=ids(1000, 10))) == ["no_ids_in_common"]

    def test_the_hours_of_a_few_new_stores_may_come_before_their_polls(self, load):
        polls = ids(0, 30)
        load(status=polls, hours=polls, timezones=polls)
        new = ids(1000, 9)
        assert load(status=polls, hours=new, timezones=new) == []

    def test_polls_of_stores_that_are_always_open_are_normal(self, load):
        load(status=ids(0, 30), hours=ids(0, 2))
        assert load(status=ids(1000, 5)) == []

    def test_a_later_hour_of_the_same_stores_says_it_no_more(self, load):
        assert load(status=["A"], hours=["B"]) != []
        assert load(status=["A"]) == []

    def test_a_single_kind_of_file_has_nothing_to_fit_to(self, load):
        assert load(hours=["A"], timezones=["B"], special=["C"]) == []


class TestLetterCase:
    def test_ids_within_the_files_that_differ_only_in_case_are_named(self, load):
        found = load(status=[UUID.upper(), "x"], hours=[UUID, "x"])
        assert found == [
            {
                "code": "letter_case",
                "text": f"{CASES} 1, such as "
                f"{UUID.upper()} and {UUID}. Each spelling is a store of its own.",
            }
        ]
        assert known_ids() == [UUID.upper(), UUID, "x"]

    def test_they_are_compared_with_known_stores_too(self, load):
        assert load(timezones=[UUID]) == []
        [found] = load(timezones=["A", UUID.upper()])
        assert found["text"].startswith(
            "Ids that are written in more than one letter case: 1"
        )
        assert load(timezones=["B"]) == []  # neither of them is in this file

    def test_they_are_counted_without_regard_to_case(self, load):
        [found] = load(special=["Ab", "aB", "AB", "C", "c", "d"])
        assert found["text"].startswith(
            "Ids that are written in more than one letter case: 2"
        )
        assert "such as AB and aB. " in found["text"]

    def test_equal_ids_are_one_store(self, load):
        assert load(status=[UUID], hours=[UUID, UUID], timezones=[UUID]) == []
        assert load(status=[UUID]) == []


class TestNormalFiles:
    def test_the_sample_data_has_no_warning(self):
        ingest(PROJECT / "fixtures")
        assert Ingest.objects.get().warnings == []

    def test_an_hour_of_polls_has_no_warning(self, load):
        ingest(PROJECT / "fixtures")
        known = known_ids()
        assert load(status=known, hours=[], timezones=[]) == []
        assert load(status=known[:1]) == []
        assert load(status=["a new store"]) == []

    def test_rejected_rows_have_no_part_in_it(self, write):
        path = write("timezones", ["1234567890123000", "Nowhere"])
        ingest("--timezones", path)
        codes = [warning["code"] for warning in Ingest.objects.get().warnings]
        assert codes == ["unsettled"]


def test_the_summary_says_them_and_the_data_is_loaded(write, capsys):
    path = write("timezones", ["1234567890123000", "UTC"])
    ingest("--timezones", path, verbosity=1)
    assert (
        f"\nwarning: {path}: 1 of 1 ids with 16 digits or more end in 000, such as "
        "1234567890123000. A spreadsheet seems to have rounded them.\n"
    ) in capsys.readouterr().out
    assert known_ids() == ["1234567890123000"]
