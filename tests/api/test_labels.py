"""Labels of stores over the API: read, replaced, counted."""

import pytest

from stores import editing
from stores.models import Mark, Store, StoreLabel
from tests.api.asking import answer, cells, check_is_problem, client, of_store, pages
from tests.api.stores import STORES, address
from tests.ingest.csv_bytes import ingest
from tests.support.labels import label

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("few_stores")]
LABELS = "/api/labels"
WEST = {"brand": "Bella Pizza", "region": "west"}


def put(store_id, labels, **headers):
    body = {"labels": labels}
    return client.put(address(store_id, "labels"), body, format="json", **headers)


class TestOneStore:
    def test_labels_are_replaced_as_a_whole(self):
        Mark.objects.all().delete()
        assert answer(put("up", WEST)) == {"store_id": "up", "labels": WEST}
        assert answer(put("up", {"tier": "a: b"}))["labels"] == {"tier": "a: b"}
        assert answer(of_store("up", "labels"))["labels"] == {"tier": "a: b"}
        assert answer(client.get(address("up")))["labels"] == {"tier": "a: b"}
        assert answer(put("up", {}))["labels"] == {}
        assert not StoreLabel.objects.exists()
        assert not Mark.objects.exists()

    @pytest.mark.parametrize(
        ("labels", "place"),
        [
            ({"Region": "west"}, "Region"),
            ({"2nd": "west"}, "2nd"),
            ({"": "west"}, ""),
            ({"x" * 33: "west"}, "x" * 33),
            ({"region": ""}, "region"),
            ({"region": " "}, "region"),
            ({"region": "x" * 101}, "region"),
            ({"region": "a\u0007b"}, "region"),
            ({"region": "a\u0000b"}, "region"),
            ({"region": 5}, "region"),
            ({"region": None}, "region"),
        ],
    )
    def test_what_is_no_label_is_refused(self, labels, place):
        label(up=WEST)
        problem = check_is_problem(put("up", WEST | labels), 400)
        assert list(problem["errors"]["labels"]) == [place]
        assert answer(of_store("up", "labels"))["labels"] == WEST

    def test_a_store_has_at_most_50(self):
        most = {f"n{n}": "x" for n in range(50)}
        assert len(answer(put("up", most))["labels"]) == 50
        problem = check_is_problem(put("up", most | {"m": "x"}), 400)
        assert problem["errors"] == {"labels": ["A store has at most 50 labels."]}

    @pytest.mark.parametrize("body", [{}, {"labels": None}, {"labels": []}])
    def test_labels_are_an_object(self, body):
        sent = client.put(address("up", "labels"), body, format="json")
        check_is_problem(sent, 400)

    def test_edits_of_others_are_not_overwritten(self):
        etag = of_store("up", "labels")["ETag"]
        label(up=WEST)
        check_is_problem(put("up", {}, headers={"if-match": etag}), 412)
        etag = of_store("up", "labels")["ETag"]
        assert answer(put("up", {}, headers={"if-match": etag}))["labels"] == {}
        etag = of_store("up", "labels")["ETag"]
        known = client.get(address("up", "labels"), headers={"if-none-match": etag})
        assert known.status_code == 304

    def test_an_unknown_store_is_not_found(self):
        check_is_problem(of_store("nobody", "labels"), 404)
        check_is_problem(put("nobody", WEST), 404)

    def test_its_csv_is_a_file_of_labels(self, tmp_path):
        label(up=WEST)
        response = of_store("up", "labels", accept="text/csv")
        assert cells(response)[1:] == [["up", *pair] for pair in WEST.items()]
        (tmp_path / "labels.csv").write_bytes(response.content)
        StoreLabel.objects.all().delete()
        ingest("labels", tmp_path / "labels.csv")
        assert answer(of_store("up", "labels"))["labels"] == WEST

    def test_deleting_a_store_deletes_its_labels(self):
        label(up=WEST, down=WEST)
        editing.delete(["up"])
        assert set(StoreLabel.objects.values_list("store_id", flat=True)) == {"down"}
        editing.add(Store(store_id="up"))
        assert answer(of_store("up", "labels"))["labels"] == {}


class TestAll:
    @pytest.fixture(autouse=True)
    def labelled(self):
        label(up=WEST, down={"region": "west"}, far={"region": "=1+1"})

    def test_they_are_counted(self):
        rows = [
            {"name": "brand", "value": "Bella Pizza", "stores": 1},
            {"name": "region", "value": "=1+1", "stores": 1},
            {"name": "region", "value": "west", "stores": 2},
        ]
        assert answer(client.get(LABELS)) == {"next": None, "results": rows}
        assert pages(client.get(LABELS, {"page_size": 1})) == rows
        assert answer(client.get(LABELS, {"name": "region"}))["results"] == rows[1:]
        assert answer(client.get(LABELS, {"name": "market"}))["results"] == []

    def test_they_are_a_csv_that_no_spreadsheet_runs(self):
        found = cells(client.get(LABELS, headers={"accept": "text/csv"}))
        assert found == [
            ["name", "value", "stores"],
            ["brand", "Bella Pizza", "1"],
            ["region", "'=1+1", "1"],
            ["region", "west", "2"],
        ]

    def test_the_list_of_stores_has_them_in_one_column(self):
        label(far={"a_first": "@x"})
        header, *rows = cells(client.get(STORES, headers={"accept": "text/csv"}))
        place = header.index("labels")
        found = {row[0]: row[place] for row in rows}
        assert found["up"] == "brand:Bella Pizza; region:west"
        assert found["far"] == "a_first:@x; region:=1+1"
        assert found["closed"] == ""
