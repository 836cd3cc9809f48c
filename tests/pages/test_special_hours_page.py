"""Special hours of a date are set for many stores at once."""

import re
from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from stores import editing
from stores.hours.special_dates import set_special_hours
from stores.hours.week import set_week
from stores.models import (
    Mark,
    SpecialHours,
    SpecialHoursChange,
    Store,
)
from stores.timeline.check import check
from stores.timeline.refresh import refresh
from tests.access.entries import authors, changes, recorded
from tests.admin.pages import shown
from tests.pages.asking import link_called, opened, rows_of, text_of
from tests.pages.monday import MONDAY
from tests.pages.special_hours import (
    CHRISTMAS,
    CLOSED,
    DAY,
    MOMENT,
    ON_DAY,
    PAGE,
    SHORT,
    address,
    change,
    send,
    send_undo,
    special,
    undo,
    week_before,
)
from tests.support import engine, reference
from tests.support.reference import HOUR, Data, parse_instant

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("monday")
class TestSetting:
    def test_a_store_that_was_down_all_of_a_date_has_no_downtime_when_closed(self):
        """`long` is down from 08:00Z to the newest poll at 18:45Z: 10 h 45 min."""
        assert week_before()["long"].down == timedelta(hours=10, minutes=45)
        change(**CLOSED)
        assert special() == {(store_id, DAY): [] for store_id in week_before()}
        assert week_before()["long"].down == timedelta(0)
        assert week_before()["denver"].up == timedelta(0)

    def test_the_timeline_is_as_if_computed_in_full(self):
        refresh()
        change(date="2023-01-23", stores="all", times="10:00-11:30, 17:00-02:00")
        rows = [(10 * HOUR, 23 * HOUR // 2), (17 * HOUR, 2 * HOUR)]
        known = [
            (store, DAY, *row)
            for store in ("denver", "long", "late", "unseen", "shut")
            for row in rows
        ]
        data = Data(MONDAY.polls, MONDAY.hours, MONDAY.zones, known)
        assert Mark.objects.count() == 5
        for moment in (MOMENT, MOMENT + timedelta(hours=12)):
            assert engine.figures(moment) == reference.figures(data, moment)
        assert check() == {}
        assert not Mark.objects.exists()

    def test_it_leads_to_the_list_of_changes(self):
        answer = send(opened(PAGE, label=["region:west", "region:east"], **ON_DAY))
        assert answer.url == PAGE
        [made] = SpecialHoursChange.objects.all()
        page = opened(PAGE)
        assert link_called("Undo", page) == address(made)
        assert rows_of(page)[1] == (
            "Mon 2023-01-23 region:west region:east closed 3 Undo "
            f"open mode {made.changed_at:%Y-%m-%d %H:%M} UTC"
        )

    def test_the_page_says_how_many_stores_changed(self):
        client = Client()
        send(opened(PAGE, client, label="region:west", **ON_DAY), client)
        assert "2023-01-23: 2 stores changed." in text_of(PAGE, client)

    def test_stores_without_the_labels_stay(self):
        change(label="region:west", **ON_DAY)
        assert {store_id for store_id, _ in special()} == {"denver", "late"}

    def test_other_dates_stay(self):
        set_special_hours("denver", date(2023, 1, 24), SHORT)
        change(**CLOSED)
        assert special()["denver", date(2023, 1, 24)] == SHORT

    def test_as_in_the_week_removes_special_hours(self):
        set_special_hours("denver", DAY, SHORT)
        made = change(date="2023-01-23", hours="week", stores="all")
        assert special() == {}
        assert "as in the week 1 Undo open mode" in rows_of(opened(PAGE))[1]
        undo(made)
        assert special() == {("denver", DAY): SHORT}

    def test_hours_are_stored_in_order_and_once(self):
        change(
            date="2023-01-23",
            stores="all",
            times="18:00-24:00, 09:00-17:00, 09:00-17:00",
        )
        expected = [(time(9), time(17)), (time(18), time(0))]
        assert special()["long", DAY] == expected

    def test_every_store_leaves_an_entry_as_a_single_edit_does(self):
        set_special_hours("denver", DAY, SHORT)
        set_special_hours("late", DAY, [])
        with recorded() as found:
            made = change(label="region:west", **ON_DAY)
        day, action = "2023-01-23", "special_hours.changed"
        assert changes(found) == [
            (action, "denver", {day: "10:00-14:00"}, {day: "closed"})
        ]
        assert authors(found) == ["open mode"]
        with recorded() as found:
            undo(made)
        assert changes(found) == [
            (action, "denver", {day: "closed"}, {day: "10:00-14:00"})
        ]


@pytest.mark.usefixtures("monday")
def test_while_too_many_wait_for_an_ingest_nothing_is_set(monkeypatch):
    page = opened(PAGE, **CLOSED)
    monkeypatch.setattr(editing.PLACES, "threads", {1, 2})  # other threads wait
    answer = send(page)
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert special() == {}


BETWEEN = {
    "a file of special hours": lambda: engine.load(
        Data(special=[("late", DAY, 9 * HOUR, 17 * HOUR)])
    ),
    "a new store": lambda: engine.load(Data(zones=[("new", "UTC")])),
    "a deleted store": lambda: editing.delete(["late"]),
    "a new week": lambda: set_week("denver", [(0, time(9), time(13))]),
    "an edit": lambda: set_special_hours("late", DAY, SHORT),
    "the same hours": lambda: set_special_hours("late", DAY, []),
}


@pytest.mark.usefixtures("monday")
class TestOldPreview:
    @pytest.mark.parametrize("what", BETWEEN)
    def test_it_is_refused_with_the_new_one(self, what):
        page = opened(PAGE, **CLOSED)
        BETWEEN[what]()
        before = special()
        answer = send(page)
        assert answer.status_code == 409
        assert "nothing was changed: the stores or their hours have changed" in shown(
            answer
        )
        assert special() == before
        assert not SpecialHoursChange.objects.exists()
        assert send(answer).status_code == 302
        assert all(hours == [] for hours in special().values())

    def test_the_preview_of_other_hours_is_refused(self):
        [digest] = re.findall(
            r'name="digest" value="([^"]*)"', opened(PAGE, **CLOSED).text
        )
        for other in (
            "date=2023-01-24&hours=closed&stores=all",
            "date=2023-01-23&times=09:00-12:00&stores=all",
            "date=2023-01-23&hours=week&stores=all",
            "date=2023-01-23&hours=closed&label=region:west",
        ):
            answer = Client().post(f"{PAGE}?{other}", {"digest": digest})
            assert answer.status_code == 409
        assert not SpecialHours.objects.exists()

    def test_without_a_preview_nothing_is_set(self):
        answer = Client().post(f"{PAGE}?date=2023-01-23&hours=closed&stores=all")
        assert answer.status_code == 409
        assert "Change 5 stores" in shown(answer)
        assert not SpecialHours.objects.exists()

    def test_polls_and_names_in_between_do_not_matter(self):
        page = opened(PAGE, **CLOSED)
        engine.load(Data([("late", False, parse_instant("2023-01-23 18:50:00 UTC"))]))
        editing.rename("late", "Late Night")
        assert send(page).status_code == 302


def queries_of(action, *arguments, **asked):
    with CaptureQueriesContext(connection) as queries:
        action(*arguments, **asked)
    return len(queries)


def queries_of_each_step(day):
    """How many queries the preview of a date, its change, and their undoing need."""
    asked = CLOSED | {"date": day}
    page = opened(PAGE, **asked)
    of_change = queries_of(opened, PAGE, **asked), queries_of(send, page)
    made = SpecialHoursChange.objects.get(date=day)
    page = opened(address(made))
    return (
        *of_change,
        queries_of(opened, address(made)),
        queries_of(send_undo, page),
    )


def test_the_number_of_queries_does_not_depend_on_the_stores():
    engine.load(Data(zones=[("1", "UTC")]))
    of_one = queries_of_each_step("2050-12-01")
    engine.load(Data(zones=[(f"new {n}", "UTC") for n in range(60)]))
    assert queries_of_each_step("2050-12-02") == of_one
    assert max(of_one) <= 30


def test_names_and_labels_run_nothing():
    engine.load(Data(zones=[("<b>", "UTC")]))
    Store.objects.update(display_name="<script>alert(1)</script>")
    made = change(**CLOSED)
    assert "<script>alert" not in opened(PAGE, **CHRISTMAS).text
    assert "<script>alert" not in opened(address(made)).text


def test_without_any_store_there_is_nothing_to_change():
    text = text_of(PAGE, **CLOSED)
    assert "You see no store like this" in text
    assert "Nothing yet." in text
