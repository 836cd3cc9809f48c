"""ETags of stores and weeks: no edit is lost, and nothing is sent twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import time

import pytest
from django.db import connection

from stores import editing
from stores.hours.week import set_week
from stores.models import BusinessHours, Store
from tests.api.asking import answer, check_is_problem, client
from tests.api.stores import address, at
from tests.support import engine
from tests.support.reference import Data

UP, WEEK = address("up"), address("up", "hours")
HOURS = {"hours": [{"day": 1, "start_time_local": "10:00", "end_time_local": "12:00"}]}


def etag_of(path, **headers):
    response = client.get(path, headers=headers)
    assert response.status_code == 200
    assert response["ETag"].startswith('"')  # a strong one
    return response["ETag"]


def change(method, path, etag, body=None):
    send = getattr(client, method)
    return send(path, body, format="json", headers={"if-match": etag})


@pytest.mark.django_db
@pytest.mark.usefixtures("few_stores")
class TestReading:
    @pytest.mark.parametrize("path", [UP, WEEK])
    def test_the_same_answer_has_the_same_tag_and_is_not_sent_again(self, path):
        etag = etag_of(path)
        assert etag_of(path) == etag
        for wanted in (etag, f'"x", {etag}', f"W/{etag}", "*"):
            for method in (client.get, client.head):
                again = method(path, headers={"if-none-match": wanted})
                assert (again.status_code, again.content) == (304, b"")
                assert again["ETag"] == etag
                assert again["Cache-Control"] == "private, no-cache"
                assert "Accept" in again["Vary"]
                assert "Content-Type" not in again

    @pytest.mark.parametrize("path", [UP, WEEK])
    @pytest.mark.parametrize("wanted", ["", '"x"', "x", '"', "\xff"])
    def test_another_tag_gets_the_answer(self, path, wanted):
        response = client.get(path, headers={"if-none-match": wanted})
        assert response.status_code == 200

    def test_each_store_and_form_has_its_own_tag(self):
        tags = {
            etag_of(UP),
            etag_of(address("down")),
            etag_of(WEEK),
            etag_of(WEEK, accept="text/csv"),
            etag_of(address("down", "hours")),
        }
        assert len(tags) == 5

    def test_every_change_of_the_answer_changes_the_tag(self):
        tags = [etag_of(UP)]
        for edit in (
            lambda: editing.rename("up", "Tall"),
            lambda: editing.set_timezone("up", None),
            lambda: engine.load(Data([("up", True, at("12:00"))])),
            lambda: engine.load(Data([("down", True, at("12:30"))])),  # as_of
        ):
            edit()
            tags.append(etag_of(UP))
        assert len(set(tags)) == len(tags)
        before = etag_of(WEEK)
        set_week("up", [(0, time(9), time(17, 0, 1))])
        assert etag_of(WEEK) != before

    def test_every_answer_about_it_has_the_tag(self):
        changed = client.patch(UP, {"display_name": "Tall"}, format="json")
        assert changed["ETag"] == etag_of(UP)
        replaced = client.put(WEEK, HOURS, format="json")
        assert replaced["ETag"] == etag_of(WEEK)
        created = client.post("/api/stores", {"store_id": "new"}, format="json")
        assert created["ETag"] == etag_of(address("new"))


@pytest.mark.django_db
@pytest.mark.usefixtures("few_stores")
class TestChanging:
    def test_a_change_of_what_was_read_is_made(self):
        changed = change("patch", UP, etag_of(UP), {"display_name": "Tall"})
        assert answer(changed)["display_name"] == "Tall"
        again = change("patch", UP, changed["ETag"], {"timezone": None})
        assert answer(again)["timezone"] is None
        replaced = change("put", WEEK, etag_of(WEEK), HOURS)
        assert answer(replaced)["hours"][0]["day"] == 1
        emptied = change("put", WEEK, replaced["ETag"], {"hours": []})
        assert answer(emptied)["hours"] == []
        assert answer(change("delete", UP, etag_of(UP)))["store_id"] == "up"

    @pytest.mark.parametrize("method", ["patch", "delete"])
    def test_an_edit_in_between_is_not_lost(self, method):
        etag = etag_of(UP)
        editing.rename("up", "Edited by somebody else")
        refused = change(method, UP, etag, {"display_name": "Tall", "timezone": None})
        problem = check_is_problem(refused, 412)
        assert problem["detail"] == "this has changed since you read it: read it again"
        store = Store.objects.get(pk="up")
        assert store.display_name == "Edited by somebody else"
        assert store.timezone == "UTC"

    def test_a_week_that_was_replaced_in_between_is_not_lost(self):
        etag = etag_of(WEEK)
        set_week("up", [(0, time(9), time(18))])
        check_is_problem(change("put", WEEK, etag, HOURS), 412)
        assert BusinessHours.objects.get(store="up").ends == time(18)
        assert answer(change("put", WEEK, etag_of(WEEK), HOURS))

    def test_new_polls_are_no_edit(self):
        etag = etag_of(UP)
        engine.load(Data([("up", False, at("12:00")), ("far", True, at("13:00"))]))
        assert etag_of(UP) != etag
        assert answer(change("patch", UP, etag, {"display_name": "Tall"}))

    def test_a_tag_of_the_csv_is_one_of_the_week(self):
        etag = etag_of(WEEK, accept="text/csv")
        assert answer(change("put", WEEK, etag, HOURS))

    @pytest.mark.parametrize("etag", ["*", '"x", {0}', '{0}, "x"'])
    def test_one_of_several_tags_is_enough(self, etag):
        etag = etag.format(etag_of(UP))
        assert answer(change("patch", UP, etag, {"display_name": "Tall"}))

    @pytest.mark.parametrize("etag", ["", "x", '"x"', '"."', '""', "W/{0}", "\xff"])
    def test_a_tag_of_something_else_is_refused(self, etag):
        for path, method, body in (
            (UP, "patch", {"display_name": "Tall"}),
            (WEEK, "put", HOURS),
            (UP, "delete", None),
        ):
            refused = change(method, path, etag.format(etag_of(path)), body)
            check_is_problem(refused, 412)
        assert Store.objects.get(pk="up").display_name == "Upper Café"

    def test_the_tag_of_another_store_is_refused(self):
        other = etag_of(address("down"))
        check_is_problem(change("patch", UP, other, {"display_name": "Tall"}), 412)

    def test_an_unknown_store_is_not_found_whatever_the_tag(self):
        for method in ("patch", "delete"):
            check_is_problem(change(method, address("nowhere"), "*", {}), 404)

    def test_without_a_tag_the_last_edit_wins(self):
        editing.rename("up", "Edited by somebody else")
        changed = client.patch(UP, {"display_name": "Tall"}, format="json")
        assert answer(changed)["display_name"] == "Tall"


@pytest.mark.django_db(transaction=True)
def test_of_many_edits_at_once_of_what_was_read_one_is_made():
    engine.load(Data(zones=[("up", "UTC")]))
    etag = etag_of(UP)

    def rename(number):
        try:
            return change("patch", UP, etag, {"display_name": f"{number}"}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        statuses = sorted(threads.map(rename, range(1, 9)))
    assert statuses == [200] + [412] * 7
