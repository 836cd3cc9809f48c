"""The page of special hours: previewed, set for many stores at once, and undone."""

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reports.prune import prune
from restaurant_monitor.access.models import Grant
from stores import editing
from stores.hours.special_dates import set_special_hours
from stores.hours.week import set_week
from stores.models import (
    Mark,
    SpecialHours,
    SpecialHoursBefore,
    SpecialHoursChange,
    Store,
)
from stores.timeline.check import check
from stores.timeline.refresh import refresh
from tests.access.entries import authors, changes, recorded
from tests.access.test_taken_away import grant_taken_while_waiting
from tests.admin.pages import shown
from tests.pages.asking import link_called, logged_in, opened, rows_of, text_of
from tests.pages.monday import MONDAY
from tests.support import engine, reference
from tests.support.accounts import user_with
from tests.support.labels import label
from tests.support.reference import HOUR, Data, parse_instant

pytestmark = pytest.mark.django_db
PAGE = "/special-hours/"
DAY = date(2023, 1, 23)  # the Monday of all polls
ON_DAY = {"date": "2023-01-23", "hours": "closed"}
CLOSED = ON_DAY | {"stores": "all"}
CHRISTMAS = CLOSED | {"date": "2050-12-26"}  # a Monday, too
ALL = {"date": "2023-01-23", "stores": "all"}
SHORT = [(time(10), time(14))]
MOMENT = parse_instant("2023-01-23 18:45:00 UTC")  # of the newest poll


def send(page, client=None):
    """Press the button below a preview; return the answer."""
    client = client or Client()
    [digest] = re.findall(r'name="digest" value="([^"]*)"', page.text)
    [action] = re.findall(r'<form method="post" action="([^"]*\?[^"]*)"', page.text)
    return client.post(PAGE + action.replace("&amp;", "&"), {"digest": digest})


def ids_of_checked(page):
    return re.findall(r'<input id="(\w+)"[^>]* checked>', page.text)


def change(client=None, **asked):
    """Preview hours and set them; return the change."""
    answer = send(opened(PAGE, client, **asked), client)
    assert answer.status_code == 302, shown(answer)
    return SpecialHoursChange.objects.order_by("changed_at").last()


def address(made):
    return f"{PAGE}{made.pk}/"


def send_undo(page, client=None):
    [digest] = re.findall(r'name="digest" value="([^"]*)"', page.text)
    path = page.wsgi_request.path
    return (client or Client()).post(path, {"digest": digest})


def undo(made, client=None):
    answer = send_undo(opened(address(made), client), client)
    assert answer.status_code == 302, shown(answer)


def special():
    """All special hours, by store and date."""
    return {
        (row.store_id, row.date): list(zip(row.starts, row.ends, strict=True))
        for row in SpecialHours.objects.all()
    }


def week_before(moment=None):
    return {store: of["week"] for store, of in engine.figures(moment).items()}


# --- The preview


@pytest.mark.usefixtures("monday")
class TestPreview:
    def test_it_groups_the_stores_whose_hours_change_alike(self):
        set_special_hours("denver", DAY, SHORT)
        page = opened(PAGE, **CLOSED)
        assert rows_of(page)[1:] == [
            "2 always open no weekly hours → closed special 2 stores late unseen",
            "1 10:00-14:00 special → closed special 1 store denver",
            "1 08:00-20:00 as in the week → closed special 1 store long",
            "1 closed as in the week → closed special, the same times 1 store shut",
        ]
        assert "Preview of Mon 2023-01-23" in shown(page)
        assert "Change 5 stores" in shown(page)
        assert link_called("denver", page) == "/stores/denver/"

    def test_its_first_lines_say_how_many_stores_change(self):
        """Of the five stores, `shut` is closed on Mondays, and `long` on the date."""
        set_special_hours("long", DAY, [])
        text = text_of(PAGE, **CLOSED)
        assert (
            "3 of 5 stores get other hours on Mon 2023-01-23. All are chosen." in text
        )
        assert (
            "1 more has the same hours in its week. It gets them as a special date"
            in text
        )
        assert "1 store is so already." in text
        assert text.count("Change 4 stores") == 2
        assert text.index("Change 4 stores") < text.index("Hours now")

    def test_its_first_line_names_the_labels(self):
        text = text_of(PAGE, label=["region:west", "brand:Bella"], **ON_DAY)
        assert (
            "1 of 5 stores gets other hours on Mon 2023-01-23. Chosen are those with "
            "region:west brand:Bella ." in text
        )

    def test_the_form_shows_what_is_asked_for(self):
        page = opened(PAGE, times="10:00-14:00", label="region:west", date="2023-01-23")
        assert ids_of_checked(page) == ["open", "labelled"]
        assert ids_of_checked(opened(PAGE, **CLOSED)) == ["closed", "all"]

    def test_nothing_is_chosen_at_first(self):
        assert ids_of_checked(opened(PAGE)) == []

    def test_it_changes_nothing(self):
        with recorded() as found:
            opened(PAGE, **CLOSED)
        assert found == []
        assert not SpecialHours.objects.exists()
        assert not SpecialHoursChange.objects.exists()

    def test_stores_that_have_these_hours_already_do_not_change(self):
        set_special_hours("long", DAY, [(time(9), time(17)), (time(18), time(0))])
        page = opened(
            PAGE, date="2023-01-23", stores="all", times="18:00-24:00, 09:00-17:00"
        )
        assert "1 store is so already." in shown(page)
        assert "Change 4 stores" in shown(page)
        assert "09:00-17:00, 18:00-24:00 special" in rows_of(page)[1]

    def test_as_in_the_week_shows_the_hours_of_the_weekday(self):
        set_special_hours("denver", DAY, SHORT)
        set_special_hours("late", DAY, SHORT)
        page = opened(PAGE, date="2023-01-23", hours="week", stores="all")
        assert rows_of(page)[1:] == [
            "1 10:00-14:00 special → 09:00-12:00 as in the week 1 store denver",
            "1 10:00-14:00 special → always open no weekly hours 1 store late",
        ]
        assert "3 stores are so already." in shown(page)

    @pytest.mark.parametrize(
        ("labels", "names"),
        [
            (["region:west"], "denver late"),
            (["Region:west", "region:east", ""], "denver late long"),
            (["region:west", "brand:Bella"], "denver"),
            (["region:north"], ""),
        ],
    )
    def test_labels_choose_the_stores(self, labels, names):
        page = opened(PAGE, label=labels, **ON_DAY)
        links = re.findall(r'href="/stores/([^/"]+)/"', page.text)
        assert " ".join(sorted(links)) == names
        assert ("You see no store like this" in shown(page)) == (not names)

    def test_a_store_with_rejected_hours_is_named_as_such(self):
        editing.Unsettled.objects.create(store_id="late", missing="hours")
        [row] = [row for row in rows_of(opened(PAGE, **CLOSED)) if "late" in row]
        assert row == (
            "1 not known the rows of its week were rejected → closed special "
            "1 store late"
        )

    def test_of_many_stores_the_first_are_named(self):
        engine.load(Data(zones=[(f"new {n:02}", "UTC") for n in range(23)]))
        page = opened(PAGE, **CLOSED)
        first = rows_of(page)[1]  # late, new 00 to new 22, unseen
        assert first.startswith("25 always open")
        assert first.endswith("new 18 and 5 more")

    def test_of_many_kinds_of_hours_the_largest_are_shown(self):
        """25 stores with hours of their own, and two that are always open."""
        hours = [(f"new {n:02}", 0, n * HOUR // 2, 21 * HOUR) for n in range(25)]
        engine.load(Data(hours=hours))
        page = opened(PAGE, **CLOSED)
        rows = rows_of(page)[1:]
        assert len(rows) == 21
        assert rows[0].startswith("2 always open")
        # 30 stores in all, of which 21 are shown.
        assert rows[-1] == "9 more stores with other hours change, too."

    def test_it_says_if_the_date_has_begun(self):
        """In Tokyo, tomorrow may have begun already: 1970 and 2050 are certain."""
        begun = text_of(PAGE, **CLOSED)
        assert "The date has begun for all these stores." in begun
        assert "computed again for them" in begun
        assert "has not begun for any" in text_of(PAGE, **CHRISTMAS)

    def test_a_date_can_have_begun_for_some_stores_only(self):
        """Between Kiritimati (UTC+14) and Pago Pago (UTC-11), 25 hours pass."""
        engine.load(
            Data(zones=[("far", "Pacific/Kiritimati"), ("west", "Pacific/Pago_Pago")])
        )
        label(far={"half": "x"}, west={"half": "x"})
        today = (datetime.now(UTC) + timedelta(hours=14)).date()
        text = text_of(PAGE, date=today.isoformat(), hours="closed", label="half:x")
        assert "The date has begun for 1 of these stores." in text

    @pytest.mark.parametrize(
        ("asked", "reason"),
        [
            (CLOSED | {"date": "2023-02-30"}, "date: Date has wrong format"),
            (CLOSED | {"date": "1969-12-31"}, "year must be from 1970"),
            ({"hours": "closed", "stores": "all"}, "date: This field is required"),
            (ALL, "hours: Choose closed, open at these hours, or as in the week."),
            (ALL | {"hours": "open"}, "times: Give hours such as"),
            (ALL | {"times": ","}, "times: Give hours such as"),
            (ALL | {"times": "9-17"}, "is not a time like 09:00"),
            (CLOSED | {"times": "09:00-17:00"}, "times: Empty them, or choose open"),
            (ALL | {"hours": "week", "times": "09:00-17:00"}, "times: Empty them"),
            (ALL | {"hours": "09:00-17:00"}, "is not a valid choice"),
            (ON_DAY, "stores: Choose all stores, or give a label."),
            (ON_DAY | {"stores": "labels"}, "stores: Choose all stores, or give"),
            (CLOSED | {"label": "region:west"}, "label: Empty the labels, or choose"),
            (ON_DAY | {"label": "west"}, "label: 'west' is not a label"),
            (CLOSED | {"colour": "red"}, "colour: unknown"),
        ],
    )
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_bad_form_is_refused_with_the_reason(self, asked, reason, method):
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        answer = getattr(Client(), method)(f"{PAGE}?{query}")
        assert answer.status_code == 400
        assert reason in shown(answer).replace("&#x27;", "'")
        assert f'value="{asked.get("times", "")}"' in answer.text
        assert not SpecialHours.objects.exists()


# --- Setting


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


# --- Undoing


@pytest.mark.usefixtures("monday")
class TestUndo:
    def test_it_restores_what_each_store_had(self):
        set_special_hours("denver", DAY, SHORT)
        set_special_hours("long", date(2023, 1, 24), [])
        before, figures = special(), week_before()
        made = change(**CLOSED)
        assert special() != before
        undo(made)
        assert special() == before
        assert week_before() == figures
        assert check() == {}

    def test_its_preview_says_what_changes(self):
        set_special_hours("denver", DAY, SHORT)
        made = change(label=["region:west", "region:east"], **ON_DAY)
        page = opened(address(made))
        assert rows_of(page)[1:] == [
            "1 closed special → 10:00-14:00 special 1 store denver",
            "1 closed special → always open no weekly hours 1 store late",
            "1 closed special → 08:00-20:00 as in the week 1 store long",
        ]
        assert "3 stores get the hours of Mon 2023-01-23 back" in shown(page)
        assert shown(page).count("Undo it for 3 stores") == 2
        assert "region:west" in shown(page)

    def test_a_second_undo_does_nothing_more(self):
        made = change(label="region:west", **ON_DAY)
        page = opened(address(made))
        assert send_undo(page).status_code == 302
        set_special_hours("denver", DAY, [])
        again = send_undo(page)
        assert again.status_code == 409
        assert "It is undone for 2 stores already." in shown(again)
        assert "Nothing is left to undo." in shown(again)
        assert '<button type="submit">Undo' not in again.text
        digest = again.context["digest"]
        with recorded() as found:
            Client().post(address(made), {"digest": digest})
        assert found == []
        assert special() == {("denver", DAY): []}
        assert "2 ✓ undone" in rows_of(opened(PAGE))[1]

    @pytest.mark.parametrize(
        "edit",
        [
            lambda: set_special_hours("late", DAY, SHORT),
            lambda: engine.load(Data(special=[("late", DAY, 10 * HOUR, 14 * HOUR)])),
            lambda: change(date="2023-01-23", times="10:00-14:00", label="n:late"),
        ],
        ids=["an edit", "a file", "a later change"],
    )
    def test_a_store_that_was_changed_since_is_named_and_stays(self, edit):
        label(late={"n": "late"})
        made = change(label="region:west", **ON_DAY)
        edit()
        page = opened(address(made))
        assert (
            "⚠ The special hours of 1 store were changed since. It stays as it is: "
            "10:00-14:00 special late"
        ) in shown(page)
        assert "Undo it for 1 store" in shown(page)
        undo(made)
        assert special() == {("late", DAY): SHORT}
        [row] = [row for row in rows_of(opened(PAGE)) if "region:west" in row]
        assert "closed 2 1 undone" in row

    def test_a_store_that_lost_its_special_hours_since_stays(self):
        made = change(label="region:west", **ON_DAY)
        set_special_hours("late", DAY, None)
        text = text_of(address(made))
        assert "always open no weekly hours late" in text
        undo(made)
        assert special() == {}

    def test_a_later_change_to_the_same_hours_counts_too(self):
        """Closed, then short, then closed again: undoing the first keeps the last."""
        first = change(**CLOSED)
        second = change(date="2023-01-23", times="10:00-14:00", stores="all")
        third = change(**CLOSED)
        assert "Nothing is left to undo." in text_of(address(first))
        for made in (third, second, first):
            undo(made)
        assert special() == {}

    def test_an_old_preview_of_it_is_refused(self):
        made = change(label="region:west", **ON_DAY)
        page = opened(address(made))
        set_special_hours("late", DAY, SHORT)
        answer = send_undo(page)
        assert answer.status_code == 409
        assert "Undo it for 1 store" in shown(answer)
        assert special() == {("late", DAY): SHORT, ("denver", DAY): []}
        assert send_undo(answer).status_code == 302
        assert special() == {("late", DAY): SHORT}

    def test_deleted_stores_are_left_out(self):
        made = change(label="region:west", **ON_DAY)
        editing.delete(["late"])
        assert "Undo it for 1 store" in text_of(address(made))
        engine.load(Data(special=[("late", DAY, None, None)]))
        undo(made)
        assert special() == {("late", DAY): []}
        assert not SpecialHoursBefore.objects.filter(store="late").exists()

    def test_a_change_whose_stores_are_all_deleted_is_gone(self):
        made = change(label="region:east", **ON_DAY)
        editing.delete(["long"])
        assert Client().get(address(made)).status_code == 404
        assert "Nothing yet." in text_of(PAGE)

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_an_unknown_change_is_not_found(self, method):
        path = f"{PAGE}6ba7b810-9dad-41d1-80b4-00c04fd430c8/"
        answer = getattr(Client(), method)(path)
        assert answer.status_code == 404
        assert "there is no change 6ba7b810" in shown(answer)

    def test_old_changes_are_pruned_and_their_hours_stay(self):
        old = change(label="region:west", **ON_DAY)
        new = change(label="region:east", **ON_DAY)
        made = datetime.now(UTC) - timedelta(days=366)
        SpecialHoursChange.objects.filter(pk=old.pk).update(changed_at=made)
        with recorded() as found:
            prune(None, None, keep_audit=365)
        assert changes(found) == [
            ("data.pruned", "changes of special hours", None, {"deleted": 1})
        ]
        assert [*SpecialHoursChange.objects.all()] == [new]
        assert [row.store_id for row in SpecialHoursBefore.objects.all()] == ["long"]
        assert len(special()) == 3


# --- Who may


@pytest.mark.usefixtures("monday")
class TestScope:
    def test_only_granted_stores_are_shown_and_changed(self, settings):
        client = logged_in(settings, "editor", stores=["late", "long"])
        page = opened(PAGE, client, **CLOSED)
        assert "2 of 2 stores that you see get other hours" in shown(page)
        assert "Change 2 stores" in shown(page)
        assert "denver" not in page.text
        change(client, **CLOSED)
        assert special() == {("late", DAY): [], ("long", DAY): []}

    def test_foreign_stores_in_between_do_not_matter(self, settings):
        client = logged_in(settings, "editor", stores=["late"])
        page = opened(PAGE, client, **CLOSED)
        set_special_hours("denver", DAY, SHORT)
        assert send(page, client).status_code == 302

    def test_a_user_undoes_only_their_part(self, settings):
        made = change(label=["region:west", "region:east"], **ON_DAY)
        client = logged_in(settings, "editor", stores=["late"])
        page = opened(PAGE, client)
        assert "closed 1 Undo open mode" in rows_of(page)[1]
        assert "region:east" not in rows_of(page)[1]  # somebody else's choice
        assert "Undo it for 1 store" in text_of(address(made), client)
        undo(made, client)
        assert set(special()) == {("denver", DAY), ("long", DAY)}
        settings.OPEN = True
        assert "closed 3 1 undone" in rows_of(opened(PAGE))[1]
        undo(made)
        assert special() == {}

    def test_changes_of_foreign_stores_are_unknown(self, settings):
        made = change(label="region:east", **ON_DAY)
        client = logged_in(settings, "editor", stores=["late"])
        assert "Nothing yet." in text_of(PAGE, client)
        assert client.get(address(made)).status_code == 404
        assert client.post(address(made), {"digest": ""}).status_code == 404
        assert special() == {("long", DAY): []}

    def test_a_grant_that_was_taken_away_while_waiting_counts(self, settings):
        client = logged_in(settings, "editor", stores=["late"])
        page, user = opened(PAGE, client, **CLOSED), Grant.objects.get().user
        with grant_taken_while_waiting(user):
            assert send(page, client).status_code == 409
        assert special() == {}

    @pytest.mark.parametrize("role", ["viewer", "operator", "poller"])
    def test_who_may_not_change_special_hours_is_refused(self, settings, role):
        made = change(label="region:west", **ON_DAY)
        client = logged_in(settings, role, "all stores")
        for path in (PAGE, address(made)):
            assert client.get(path).status_code == 403
            assert client.post(path).status_code == 403
        assert len(special()) == 2

    def test_who_may_change_them_is_led_to_the_page(self, settings):
        link = 'href="/special-hours/"'
        assert link in opened("/").text
        assert link in opened("/", logged_in(settings, "editor")).text

    def test_others_are_not_led_to_the_page(self, settings):
        assert "/special-hours/" not in opened("/", logged_in(settings, "viewer")).text

    def test_without_a_login_the_login_comes_first(self, settings):
        settings.OPEN = False
        assert Client().get(PAGE).url == f"/login/?next={PAGE}"
        assert Client().post(PAGE).url == f"/login/?next={PAGE}"

    def test_both_need_the_token(self, settings):
        made = change(label="region:west", **ON_DAY)
        settings.OPEN = False
        client = Client(enforce_csrf_checks=True)
        client.force_login(user_with("editor", "all stores"))
        page = opened(PAGE, client, **CHRISTMAS)
        assert send(page, client).status_code == 403
        assert send_undo(opened(address(made), client), client).status_code == 403
        assert len(special()) == 2
        assert 'name="csrfmiddlewaretoken"' in page.text

    def test_changes_and_undos_count_for_the_limit_of_changes(self, settings):
        settings.LIMITS = settings.LIMITS | {"changes": (1, timedelta(hours=1))}
        client = logged_in(settings, "editor", "all stores")
        made = change(client, label="region:west", **ON_DAY)
        for answer in (
            send(opened(PAGE, client, **CHRISTMAS), client),
            send_undo(opened(address(made), client), client),
        ):
            assert answer.status_code == 429
            assert answer["Retry-After"]
            assert "a user may send 1 changes" in shown(answer)
        assert len(special()) == 2


# --- What it costs, and what it shows


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
