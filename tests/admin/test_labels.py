"""Labels of stores in the admin: shown, edited, chosen by, and set for many."""

from unittest.mock import patch

import pytest

from reports.models import Report
from restaurant_monitor.http.errors import Busy
from stores.labels import labels_of
from stores.models import Mark, Store, StoreLabel
from tests.admin.pages import (
    DENVER_PAGE,
    REPORTS,
    STORES,
    open_and_save,
    save,
    shown,
)
from tests.support.labels import label

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("denver")]


@pytest.fixture
def labelled():
    label(
        denver={"brand": "Bella Pizza", "region": "west"},
        late={"brand": "Bella Pizza", "region": "east"},
    )


@pytest.mark.usefixtures("labelled")
class TestList:
    def found(self, admin_client, *labels):
        page = admin_client.get(STORES, {"label": labels})
        return [store.pk for store in page.context["cl"].result_list], shown(page)

    def test_it_shows_the_labels(self, admin_client):
        _, text = self.found(admin_client)
        assert "brand: Bella Pizza region: west" in text

    @pytest.mark.parametrize(
        ("labels", "expected"),
        [
            ((), ["denver", "late"]),
            (("region:west",), ["denver"]),
            (("region:west; region:east",), ["denver", "late"]),
            (("region:west", "region:east"), ["denver", "late"]),
            (("brand:Bella Pizza ; Region: east",), ["late"]),
            (("region:nowhere",), []),
        ],
    )
    def test_it_is_filtered_by_labels(self, admin_client, labels, expected):
        assert self.found(admin_client, *labels)[0] == expected

    def test_a_text_that_is_no_label_shows_no_store_and_says_why(self, admin_client):
        stores, text = self.found(admin_client, "west")
        assert stores == []
        assert "is not a label: give a name and a value, such as region:west" in text

    def test_a_search_keeps_the_labels(self, admin_client):
        asked = {"label": "region:west; region:east", "q": "den"}
        page = admin_client.get(STORES, asked)
        assert [store.pk for store in page.context["cl"].result_list] == ["denver"]
        kept = '<input type="hidden" name="label" value="region:west; region:east">'
        assert kept in page.text
        assert '<input type="hidden" name="q" value="den">' in page.text


class TestPage:
    def test_labels_are_edited_as_lines(self, admin_client):
        Mark.objects.all().delete()
        lines = "Region: the West\r\n\r\n brand:a:b "
        assert open_and_save(admin_client, DENVER_PAGE, labels=lines) == {}
        assert labels_of("denver") == {"brand": "a:b", "region": "the West"}
        assert "brand: a:b\nregion: the West</textarea>" in admin_client.get(
            DENVER_PAGE
        ).text.replace("\r\n", "\n")
        assert open_and_save(admin_client, DENVER_PAGE, labels="") == {}
        assert labels_of("denver") == {}
        assert not Mark.objects.exists()

    def test_a_page_that_was_opened_earlier_does_not_undo_other_edits(
        self, admin_client
    ):
        label(denver={"region": "west"})
        page = admin_client.get(DENVER_PAGE)
        StoreLabel.objects.update(value="east")
        assert save(admin_client, page, display_name="Mile High") == {}
        assert labels_of("denver") == {"region": "east"}

    @pytest.mark.parametrize(
        ("lines", "reason"),
        [
            ("west", "is not a label"),
            ("region: west\nregion: east", "A name is in two lines."),
            ("region: " + "x" * 101, "A value has 1 to 100 characters."),
            ("region: a\x1bb", "A value has no control character."),
            ("\n".join(f"n{n}: x" for n in range(51)), "at most 50 labels"),
        ],
    )
    def test_it_says_what_is_wrong(self, admin_client, lines, reason):
        errors = open_and_save(admin_client, DENVER_PAGE, labels=lines)
        assert reason in str(errors["labels"])
        assert labels_of("denver") == {}

    def test_a_new_store_gets_its_labels(self, admin_client):
        sent = {"store_id": "new", "always_open": "on", "labels": "region: west"}
        page = admin_client.get(f"{STORES}add/")
        form = {f"special-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
        assert page.status_code == 200
        assert admin_client.post(f"{STORES}add/", form | sent).status_code == 302
        assert labels_of("new") == {"region": "west"}

    @pytest.mark.usefixtures("labelled")
    def test_who_may_only_view_sees_them(self, as_user):
        text = shown(as_user("view_store").get(DENVER_PAGE))
        assert "Labels: brand: Bella Pizza region: west" in text


class TestManyStores:
    def send(self, client, *ids, query="", **fields):
        sent = {"action": "set_label", "_selected_action": ids, "index": "0"}
        return client.post(f"{STORES}{query}", sent | fields, follow=True)

    def test_a_page_asks_for_the_label(self, admin_client):
        text = shown(self.send(admin_client, "denver", "late"))
        assert "2 stores selected." in text
        assert StoreLabel.objects.count() == 0

    @pytest.mark.usefixtures("labelled")
    def test_it_is_set_and_removed(self, admin_client):
        asked = {"apply": "1", "name": " Region ", "value": " west "}
        text = shown(self.send(admin_client, "denver", "late", **asked))
        assert "Stores changed: 1." in text
        assert labels_of("late") == {"brand": "Bella Pizza", "region": "west"}
        asked = {"apply": "1", "name": "region", "value": ""}
        text = shown(self.send(admin_client, "denver", "late", **asked))
        assert "Stores changed: 2." in text
        assert labels_of("denver") == labels_of("late") == {"brand": "Bella Pizza"}

    @pytest.mark.usefixtures("labelled")
    def test_the_whole_result_of_a_filter_can_be_chosen(self, admin_client):
        Store.objects.bulk_create(Store(pk=f"s{n:04}") for n in range(1500))
        label(**{f"s{n:04}": {"brand": "Bella Pizza"} for n in range(1500)})
        fields = {"apply": "1", "name": "tier", "value": "gold", "select_across": "1"}
        query = "?label=brand:Bella Pizza&q=s"
        text = shown(self.send(admin_client, "s0000", query=query, **fields))
        assert "Stores changed: 1,500." in text
        assert labels_of("denver").get("tier") is None
        assert StoreLabel.objects.filter(name="tier", value="gold").count() == 1500

    @pytest.mark.parametrize(
        ("name", "value", "reason"),
        [
            ("2nd", "x", "A name has at most 32 lowercase letters"),
            ("region", "x" * 101, "A value has 1 to 100 characters."),
            ("region", "x", "The store denver has 50 labels already."),
        ],
    )
    def test_it_says_what_is_wrong(self, admin_client, name, value, reason):
        label(denver={f"n{n}": "x" for n in range(50)})
        asked = {"apply": "1", "name": name, "value": value}
        assert reason in shown(self.send(admin_client, "denver", "late", **asked))
        assert labels_of("late") == {}

    def test_a_running_ingest_is_waited_for_only_a_moment(self, admin_client):
        busy = Busy("an ingest is running")
        with patch("stores.labels.editing_many", side_effect=busy):
            asked = {"apply": "1", "name": "region", "value": "x"}
            text = shown(self.send(admin_client, "denver", **asked))
        assert "an ingest is running" in text

    def test_who_may_not_change_stores_may_not_set_labels(self, as_user):
        client = as_user("view_store")
        self.send(client, "denver", apply="1", name="region", value="x")
        assert labels_of("denver") == {}


@pytest.mark.usefixtures("labelled")
class TestReports:
    def request(self, client, text):
        return client.post(f"{REPORTS}request/", {"label": text}, follow=True)

    def test_a_report_of_a_label_is_requested(self, admin_client):
        text = shown(self.request(admin_client, "region:west"))
        report = Report.objects.get()
        assert (report.store_ids, report.labels) == (["denver"], ["region:west"])
        assert "those with region:west" in text

    @pytest.mark.parametrize(
        ("label", "reason"),
        [("west", "is not a label"), ("region:moon", "No store has region:moon")],
    )
    def test_it_says_what_is_wrong(self, admin_client, label, reason):
        assert reason in shown(self.request(admin_client, label))
        assert not Report.objects.exists()
