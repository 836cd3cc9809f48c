"""Lists of the stores that have labels: several values of a name, several names."""

import re

import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

import sql
from reports.compute import compute_now
from stores.labels import with_labels
from stores.models import Store, StoreLabel
from stores.timeline.refresh import refresh
from tests.api.asking import answer, cells, check_is_problem, client, pages
from tests.api.stores import STORES
from tests.support import engine
from tests.support.labels import chosen, label
from tests.support.reference import HOUR, Data, parse_instant

NOON = parse_instant("2023-01-23 12:00:00 UTC")
# Five stores that are down, with labels that overlap.
FIVE = ["a", "b", "c", "d", "e"]
DATA = Data(
    [(store_id, False, NOON) for store_id in FIVE],
    [(store_id, 0, 9 * HOUR, 17 * HOUR) for store_id in FIVE],
    [(store_id, "UTC") for store_id in FIVE],
)
LABELS = {
    "a": {"brand": "Bella", "region": "west"},
    "b": {"brand": "Bella", "region": "east"},
    "c": {"brand": "Burger: the best", "region": "west"},
    "d": {"region": "north; west"},
}


@pytest.fixture
def five_stores(db):
    engine.load(DATA)
    refresh()
    label(**LABELS)


CHOICES = [
    ([], FIVE),
    (["region:west"], ["a", "c"]),
    (["region:west", "region:east"], ["a", "b", "c"]),
    (["region:west", "brand:Bella"], ["a"]),
    (["brand:Bella", "region:west", "region:east"], ["a", "b"]),
    (["brand:Burger: the best"], ["c"]),
    (["region:north; west"], ["d"]),
    ([" REGION : west "], ["a", "c"]),
    (["region:west", "region:west"], ["a", "c"]),
    (["region:West"], []),
    (["region:nowhere"], []),
    (["nothing:west"], []),
    (["region:west", "nothing:west"], []),
]
every_choice = pytest.mark.parametrize(("wanted", "expected"), CHOICES)


def listed(address, wanted):
    found = answer(client.get(address, {"label": wanted}))["results"]
    return sorted(row["store_id"] for row in found)


@pytest.mark.usefixtures("five_stores")
class TestLists:
    @every_choice
    def test_of_stores(self, wanted, expected):
        assert listed(STORES, wanted) == expected

    @every_choice
    def test_of_outages(self, wanted, expected):
        assert listed("/api/outages", wanted) == expected

    @every_choice
    def test_of_a_reports_rows(self, wanted, expected):
        rows = f"/api/reports/{compute_now().pk}/rows"
        assert listed(rows, wanted) == expected

    @every_choice
    def test_of_the_command_outages(self, wanted, expected, capsys):
        call_command("outages", *(f"--label={text}" for text in wanted))
        lines = capsys.readouterr().out.splitlines()[1:-1]
        assert [line.split()[-1] for line in lines] == expected

    def test_other_conditions_hold_as_well(self):
        asked = {"label": "region:west", "search": "c"}
        found = answer(client.get(STORES, asked))["results"]
        assert [row["store_id"] for row in found] == ["c"]

    def test_a_report_keeps_its_rows_and_shows_the_labels_of_now(self):
        rows = f"/api/reports/{compute_now().pk}/rows"
        StoreLabel.objects.filter(store="a").delete()
        assert listed(rows, ["region:west"]) == ["c"]
        assert listed(rows, []) == FIVE

    @pytest.mark.parametrize("accept", ["application/json", "text/csv"])
    def test_the_stores_show_their_labels(self, accept):
        asked = {"search": "c"}
        response = client.get(STORES, asked, headers={"accept": accept})
        if accept == "text/csv":
            header, row = cells(response)
            found = dict(zip(header, row, strict=True))["labels"]
            assert found == "brand:Burger: the best; region:west"
        else:
            [row] = answer(response)["results"]
            assert row["labels"] == LABELS["c"]
            assert answer(client.get(f"{STORES}/e"))["labels"] == {}

    @pytest.mark.parametrize("address", [STORES, "/api/outages"])
    def test_all_pages_are_of_the_same_labels(self, address):
        asked = {"label": ["region:west", "region:east"], "page_size": 1}
        found = pages(client.get(address, asked))
        assert [row["store_id"] for row in found] == ["a", "b", "c"]

    def test_a_cursor_belongs_to_its_labels(self):
        asked = {"label": ["region:west", "region:east"], "page_size": 1}
        link = answer(client.get(STORES, asked))["next"]
        others = link.replace("label=region%3Awest&", "")
        assert others != link
        problem = check_is_problem(client.get(others), 400)
        assert "cursor" in problem["errors"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", [STORES, "/api/outages"])
@pytest.mark.parametrize(
    "text",
    [
        *("", "west", ":west", "region:", "region: ", "2nd:west", "re gion:west"),
        *("r\u00e9gion:west", "\u212aind:west", "x" * 33 + ":west", "a\x00:b"),
    ],
)
def test_a_text_that_is_no_label_is_refused(address, text):
    problem = check_is_problem(client.get(address, {"label": text}), 400)
    assert "label" in problem["errors"]


@pytest.mark.django_db
def test_only_labels_can_be_given_several_times():
    asked = {"label": ["a:b", "a:c"], "search": ["x", "y"]}
    problem = check_is_problem(client.get(STORES, asked), 400)
    assert problem["errors"] == {"search": ["given twice"]}


@pytest.mark.django_db
def test_one_stores_outages_have_no_labels_to_choose_by(five_stores):
    response = client.get(f"{STORES}/a/outages", {"label": "region:west"})
    check_is_problem(response, 400)


NAMES = st.sampled_from(["brand", "region", "market"])
VALUES = st.sampled_from(["west", "east", "a:b", "50%", "'"])
LABELS_OF_STORES = st.dictionaries(
    st.sampled_from("abcdef"), st.dictionaries(NAMES, VALUES), min_size=1
)
WANTED = st.lists(st.tuples(NAMES, VALUES), min_size=1, max_size=6)


class TestAnyLabels(TestCase):
    @settings(deadline=None)
    @given(LABELS_OF_STORES, WANTED)
    def test_the_filters_agree_with_plain_python(self, labels, wanted):
        Store.objects.bulk_create(Store(pk=store_id) for store_id in labels)
        label(**labels)
        expected = chosen(labels, wanted)
        texts = [f"{name}:{value}" for name, value in wanted]
        assert listed(STORES, texts) == expected
        found = with_labels(Store.objects.order_by("pk"), texts)
        assert [store.pk for store in found] == expected


def test_all_queries_choose_by_labels_in_the_same_way():
    cte = re.compile(r"^labelled as .*?^\),$", re.MULTILINE | re.DOTALL)
    found = [part for name in sql.names() for part in cte.findall(sql.source(name))]
    assert len(found) >= 3
    assert len(set(found)) == 1
