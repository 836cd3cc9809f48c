"""The admin: what its pages show, what they change, and how little they ask for."""

import csv
import re
from datetime import UTC, date, datetime, time, timedelta
from io import StringIO
from itertools import chain

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_q.models import OrmQ

import sql
from reports.compute import compute_now
from reports.models import Report, ReportRow
from stores import edit, special, timeline
from stores.edit import zones
from stores.models import (
    BusinessHours,
    Ingest,
    Mark,
    Period,
    Poll,
    SpecialHours,
    Store,
    TimelineState,
    UnknownStore,
)
from stores.special import SpecialShiftsField
from tests.support import engine
from tests.support.reference import HOUR, MIDNIGHT, MINUTE, Data, Figures, parse_instant
from tests.support.strategies import IDS

pytestmark = pytest.mark.django_db

# Monday 09:00 to 12:00 in Denver is 16:00Z to 19:00Z.
DENVER = Data(
    [
        ("denver", True, parse_instant("2023-01-23 17:14:00 UTC")),
        ("denver", False, parse_instant("2023-01-23 18:15:00 UTC")),
        ("late", True, parse_instant("2023-01-23 20:00:00 UTC")),
    ],
    [("denver", 0, 9 * HOUR, 12 * HOUR)],
    [("denver", "America/Denver"), ("late", "UTC")],
)
AS_OF = datetime(2023, 1, 23, 20, tzinfo=UTC)
STORES = "/admin/stores/store/"
DENVER_PAGE = "/admin/stores/store/denver/change/"
REPORTS = "/admin/reports/report/"
INGESTS = "/admin/stores/ingest/"


@pytest.fixture
def denver():
    engine.load(DENVER)
    timeline.refresh(AS_OF)


@pytest.fixture
def admin_client(client):
    client.force_login(User.objects.create(is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def as_user(client):
    """Log in as someone of the staff who has these permissions only."""

    def log_in(*permissions):
        user = User.objects.create_user("someone", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client.force_login(user)
        return client

    return log_in


def shown(response):
    """The text of a page, without its tags."""
    text = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", response.text, flags=re.S)
    return " ".join(text.split())


def body(answer):
    """The file that is downloaded, read to its end."""
    return b"".join(answer.streaming_content).decode()


def form_on(page):
    """What a browser would send if it saved the page as it is."""
    sent = {}
    form = page.context["adminform"].form
    for field in [*form, *form.special.management_form, *chain(*form.special)]:
        sent[field.html_name] = field.value()
        if field.field.show_hidden_initial:
            sent[field.html_initial_name] = field.value()
    return {
        name: value
        for name, value in sent.items()
        if value is not None and value is not False
    }


def save(client, page, **changes):
    """Save a page with changes; return the errors by field, none where it is saved."""
    address = page.wsgi_request.path
    answer = client.post(address, form_on(page) | {"_continue": "1"} | changes)
    if answer.status_code == 302:
        return {}
    assert answer.status_code == 200
    return dict(answer.context["adminform"].form.errors)


def saved(client, address, **changes):
    return save(client, client.get(address), **changes)


def special_of_denver():
    return {
        row.date: list(zip(row.starts, row.ends, strict=True))
        for row in SpecialHours.objects.filter(store_id="denver")
    }


def set_special(store_id, day, text):
    """Give a date special hours, as they are written on the page."""
    shifts = SpecialShiftsField().clean(text)
    edit.set_special_hours(store_id, date.fromisoformat(day), shifts)


def week_of_denver():
    return list(
        BusinessHours.objects.filter(store_id="denver")
        .order_by("weekday", "starts")
        .values_list("weekday", "starts", "ends")
    )


def last_week(store_id="denver", as_of=AS_OF):
    return engine.figures(as_of)[store_id]["week"]


@pytest.mark.usefixtures("denver")
class TestListOfStores:
    def found(self, admin_client, **query):
        page = admin_client.get(STORES, query)
        return [store.pk for store in page.context["cl"].result_list]

    def test_it_shows_ids_names_zones_and_when_stores_were_last_seen(
        self, admin_client
    ):
        Store.objects.filter(pk="denver").update(display_name="Mile High Pizza")
        Store.objects.create(store_id="nowhere")
        text = shown(admin_client.get(STORES))
        assert "denver Mile High Pizza America/Denver 2023-01-23 18:15:00" in text
        assert "late - UTC 2023-01-23 20:00:00" in text
        assert "nowhere - - -" in text

    @pytest.mark.parametrize(
        ("order", "ids"),
        [("4", ["nowhere", "denver", "late"]), ("-4", ["late", "denver", "nowhere"])],
    )
    def test_it_is_sorted_by_when_stores_were_last_seen(self, admin_client, order, ids):
        Store.objects.create(store_id="nowhere")
        assert self.found(admin_client, o=order) == ids

    @pytest.mark.parametrize(
        ("term", "ids"),
        [
            ("den", ["denver"]),
            ("denver", ["denver"]),
            ("nver", []),
            ("DENVER", []),
            ("pizza", ["denver"]),
            ("high PIZ", ["denver"]),
            ("%", []),
            ("d_nver", []),
        ],
    )
    def test_it_is_searched_by_id_and_name(self, admin_client, term, ids):
        Store.objects.filter(pk="denver").update(display_name="Mile High Pizza")
        assert self.found(admin_client, q=term) == ids

    def test_it_is_filtered_by_zone(self, admin_client):
        Store.objects.create(store_id="nowhere")
        assert self.found(admin_client, zone="America/Denver") == ["denver"]
        assert self.found(admin_client, zone="none") == ["nowhere"]
        assert self.found(admin_client, zone="UTC", q="denver") == []
        assert "none (America/Chicago) America/Denver UTC" in shown(
            admin_client.get(STORES)
        )


@pytest.mark.usefixtures("denver")
class TestPageOfAStore:
    def test_it_shows_the_week(self, admin_client):
        form = admin_client.get(DENVER_PAGE).context["adminform"].form
        assert form["monday"].value() == "09:00-12:00"
        assert not form["tuesday"].value()
        assert form["always_open"].value() is False
        form = admin_client.get(f"{STORES}late/change/").context["adminform"].form
        assert form["always_open"].value() is True

    def test_it_shows_the_newest_polls_in_utc_and_local_time(self, admin_client):
        text = shown(admin_client.get(DENVER_PAGE))
        assert (
            "UTC America/Denver Status "
            "2023-01-23 18:15:00 Mon 2023-01-23 11:15:00 inactive "
            "2023-01-23 17:14:00 Mon 2023-01-23 10:14:00 active"
        ) in text

    def test_it_shows_no_more_than_twenty_polls(self, admin_client):
        first = parse_instant("2023-01-22 00:00:00 UTC")
        polls = [("late", True, first + timedelta(minutes=n)) for n in range(30)]
        engine.load(Data(polls, [], []))
        page = admin_client.get(f"{STORES}late/change/")
        assert len(page.context["newest_polls"]) == 20

    def test_it_shows_the_figures_of_the_newest_report_that_has_it(self, admin_client):
        report = compute_now(AS_OF)
        compute_now(AS_OF, store_ids=["late"])
        Report.objects.create(state=Report.State.QUEUED)
        page = admin_client.get(DENVER_PAGE)
        assert page.context["figures"][0].report_id == report.report_id
        assert (
            "Last hour (minutes) 0.00 0.00 0.00 \u2013 "
            "Last day (hours) 2.25 0.75 0.00 75.00 % "
            "Last week (hours) 2.25 0.75 0.00 75.00 % "
            f"As of 2023-01-23 20:00:00 UTC, in report {report.report_id}"
        ) in shown(page)

    def test_it_draws_the_last_seven_days(self, admin_client):
        rows = admin_client.get(DENVER_PAGE).context["picture"]
        assert [(row.title, row.status) for row in rows] == [
            ("Tue 17 Jan", None),
            ("Wed 18 Jan", None),
            ("Thu 19 Jan", None),
            ("Fri 20 Jan", None),
            ("Sat 21 Jan", None),
            ("Sun 22 Jan", None),
            ("Mon 23 Jan", "up"),
            ("Mon 23 Jan", "down"),
        ]
        up, down = rows[-2:]
        # In minutes since midnight: 09:00, 11:15 and 12:00; 20:00Z is 13:00.
        assert (up.x, up.width, down.x, down.width) == (540, 135, 675, 45)
        assert (up.starts, up.ends) == ("09:00:00", "11:15:00")
        assert (up.up_hours, up.down_hours, up.unobserved_hours) == (
            pytest.approx(2.25),
            pytest.approx(0.75),
            0,
        )
        assert up.newest_poll_x == 780

    def test_the_picture_ends_at_the_newest_poll(self, admin_client):
        page = admin_client.get(f"{STORES}late/change/")
        today = page.context["picture"][-1]
        # Always open in UTC; one poll, at 20:00.
        assert (today.status, today.x, today.width) == ("up", 0, 1200)
        assert "20.00 h up" in page.text

    def test_the_picture_is_in_words_too(self, admin_client):
        text = admin_client.get(DENVER_PAGE).text
        assert "Mon 23 Jan: 2.25 h up, 0.75 h down, 0.00 h unobserved" in text
        assert "down from 11:15:00 to 12:00:00" in text

    def test_a_date_on_which_the_clock_changes_fits(self, admin_client):
        noon = parse_instant("2023-03-12 17:00:00 UTC")
        engine.load(Data([("spring", True, noon)], [], []))
        timeline.refresh()
        rows = admin_client.get(f"{STORES}spring/change/").context["picture"]
        # 00:00 to 12:00 in Chicago are 11 of the date's 23 hours.
        assert rows[-1].title == "Sun 12 Mar"
        assert rows[-1].up_hours == 11
        assert float(rows[-1].width) == pytest.approx(1440 * 11 / 23, abs=0.01)

    def test_what_is_not_up_to_date_says_so(self, admin_client):
        assert "will be brought up to date" not in admin_client.get(DENVER_PAGE).text
        engine.load(
            Data([("denver", True, parse_instant("2023-01-24 00:00:00Z"))], [], [])
        )
        assert "will be brought up to date" in admin_client.get(DENVER_PAGE).text
        assert Mark.objects.exists()

    def test_without_any_report_it_says_so(self, admin_client):
        Store.objects.create(store_id="new")
        TimelineState.objects.update(newest_poll_at=None)
        text = shown(admin_client.get(f"{STORES}new/change/"))
        assert "The timeline is made with the first report." in text
        assert "No report has this store yet." in text
        assert "Nobody has polled this store yet." in text

    def test_an_unknown_store_has_none(self, admin_client):
        page = admin_client.get(f"{STORES}nobody/change/", follow=True)
        assert "t exist" in page.text


@pytest.mark.usefixtures("denver")
class TestEditingAStore:
    def test_saving_a_page_as_it_is_changes_nothing(self, admin_client):
        for store_id in ("denver", "late"):
            assert saved(admin_client, f"{STORES}{store_id}/change/") == {}
        assert not Mark.objects.exists()
        assert engine.figures(AS_OF)["denver"]["week"] == Figures(
            timedelta(hours=2.25), timedelta(hours=0.75)
        )

    def test_a_name_is_no_change_to_the_figures(self, admin_client):
        assert saved(admin_client, DENVER_PAGE, display_name="Mile High") == {}
        assert Store.objects.get(pk="denver").display_name == "Mile High"
        assert not Mark.objects.exists()

    def test_hours_are_in_the_next_report(self, admin_client):
        """10:00 to 12:00 is 17:00Z to 19:00Z: up until 18:15Z, then down."""
        assert saved(admin_client, DENVER_PAGE, monday="10:00-12:00") == {}
        assert last_week() == Figures(timedelta(hours=1.25), timedelta(hours=0.75))
        assert timeline.check() == {}

    def test_a_zone_is_in_the_next_report(self, admin_client):
        """09:00 to 12:00 in Chicago is 15:00Z to 18:00Z: the poll at 17:14Z is up."""
        assert saved(admin_client, DENVER_PAGE, timezone="America/Chicago") == {}
        assert last_week() == Figures(timedelta(hours=3))
        assert timeline.check() == {}

    def test_no_zone_is_the_default_zone(self, admin_client):
        assert saved(admin_client, DENVER_PAGE, timezone="") == {}
        assert Store.objects.get(pk="denver").timezone is None
        assert last_week() == Figures(timedelta(hours=3))

    def test_always_open_has_no_hours(self, admin_client):
        """From midnight in Denver, 07:00Z, up until 18:15Z and down until 20:00Z."""
        assert saved(admin_client, DENVER_PAGE, monday="", always_open="on") == {}
        assert week_of_denver() == []
        assert last_week() == Figures(
            timedelta(hours=11.25), timedelta(hours=1.75), timedelta(hours=155)
        )

    def test_all_forms_of_a_week_are_kept_as_written(self, admin_client):
        week = {
            "monday": "09:00-12:00, 13:00-17:30",
            "tuesday": "18:00-02:00",
            "wednesday": "00:00-24:00",
            "thursday": "09:30:15-17:00:59.123456",
            "friday": "10:00-23:59:59",
            "saturday": "10:00-10:00",
        }
        assert saved(admin_client, DENVER_PAGE, **week) == {}
        form = admin_client.get(DENVER_PAGE).context["adminform"].form
        assert {day: form[day].value() for day in week} == week
        assert not form["sunday"].value()
        Mark.objects.all().delete()
        assert saved(admin_client, DENVER_PAGE) == {}
        assert (
            saved(admin_client, DENVER_PAGE, tuesday=" 18:00 \u2013 02:00:00 ,") == {}
        )
        assert not Mark.objects.exists()

    def test_the_week_means_what_the_same_file_means(self, admin_client):
        week = {
            "monday": "09:00-12:00, 11:00-17:30, 18:00-24:00",
            "tuesday": "18:00-02:00",
            "sunday": "22:00-17:45",
        }
        rows = [
            ("late", 0, 9 * HOUR, 12 * HOUR),
            ("late", 0, 11 * HOUR, 17 * HOUR + 30 * MINUTE),
            ("late", 0, 18 * HOUR, MIDNIGHT),
            ("late", 1, 18 * HOUR, 2 * HOUR),
            ("late", 6, 22 * HOUR, 17 * HOUR + 45 * MINUTE),
        ]
        assert saved(admin_client, DENVER_PAGE, **week) == {}
        engine.load(Data([], rows, []))
        assert week_of_denver() == list(
            BusinessHours.objects.filter(store_id="late")
            .order_by("weekday", "starts")
            .values_list("weekday", "starts", "ends")
        )

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("9:00-12:00", "“9:00” is not a time like 09:00 or 17:30:15."),
            ("09:00", "“09:00” is not of the form 09:00-17:30."),
            ("09:00-12:00-13:00", "is not of the form 09:00-17:30."),
            ("09:00-12:00 13:00-14:00", "is not of the form 09:00-17:30."),
            ("25:00-26:00", "“25:00” is no time of a day."),
            ("09:60-10:00", "“09:60” is no time of a day."),
            ("24:00-02:00", "“24:00” is no time of a day."),
            ("09:00-24:01", "“24:01” is no time of a day."),
            ("09:00-10:00:60", "“10:00:60” is no time of a day."),
            ("09-10", "“09” is not a time like 09:00 or 17:30:15."),
            ("\u0660\u0669:00-10:00", "is not a time like 09:00 or 17:30:15."),
            ("closed", "“closed” is not of the form 09:00-17:30."),
        ],
    )
    def test_a_bad_week_is_refused_with_the_reason(self, admin_client, text, reason):
        before = week_of_denver()
        changes = {"friday": text, "tuesday": "10:00-11:00", "display_name": "New"}
        errors = saved(admin_client, DENVER_PAGE, **changes)
        assert list(errors) == ["friday"]
        assert reason in errors["friday"][0]
        assert week_of_denver() == before
        assert Store.objects.get(pk="denver").display_name == ""
        assert not Mark.objects.exists()

    def test_a_week_without_hours_must_say_that_it_is_always_open(self, admin_client):
        errors = saved(admin_client, DENVER_PAGE, monday="")
        assert "There are no hours below" in errors["always_open"][0]
        errors = saved(admin_client, DENVER_PAGE, always_open="on")
        assert "There are hours below" in errors["always_open"][0]
        assert not Mark.objects.exists()

    @pytest.mark.parametrize("zone", ["america/denver", "Mars/Phobos", "EST5EDT4", "'"])
    def test_an_unknown_zone_is_refused(self, admin_client, zone):
        errors = saved(admin_client, DENVER_PAGE, timezone=zone)
        assert "is not a time zone" in errors["timezone"][0]
        assert not Mark.objects.exists()

    def test_a_page_opened_long_ago_undoes_nothing(self, admin_client):
        page = admin_client.get(DENVER_PAGE)
        hours = [("denver", 1, 9 * HOUR, 12 * HOUR)]
        engine.load(Data([], hours, [("denver", "UTC")]))
        assert save(admin_client, page, display_name="Mile High") == {}
        assert [weekday for weekday, _, _ in week_of_denver()] == [1]
        store = Store.objects.get(pk="denver")
        assert (store.timezone, store.display_name) == ("UTC", "Mile High")

    def test_the_id_stays(self, admin_client):
        assert saved(admin_client, DENVER_PAGE, store_id="other") == {}
        assert not Store.objects.filter(pk="other").exists()

    def test_its_history_says_what_was_changed(self, admin_client):
        saved(admin_client, DENVER_PAGE, monday="10:00-12:00")
        page = admin_client.get(f"{STORES}denver/history/")
        assert "Changed Monday." in shown(page)

    def test_one_deleted_meanwhile_comes_to_light(self, admin_client, monkeypatch):
        page = admin_client.get(DENVER_PAGE)
        run = sql.run

        def run_after_deletion(name, **parameters):
            if name == "ingest/lock":
                Store.objects.filter(pk="denver").delete()
            return run(name, **parameters)

        monkeypatch.setattr(sql, "run", run_after_deletion)
        answer = admin_client.post(DENVER_PAGE, form_on(page) | {"timezone": "UTC"})
        assert answer.status_code == 302
        assert "t exist" in admin_client.get("/admin/").text


CHRISTMAS = {"special-0-date": "2023-12-25", "special-0-shifts": "closed"}
MONDAY = {"special-0-date": "2023-01-23"}


@pytest.mark.usefixtures("denver")
class TestSpecialDates:
    def test_they_are_shown_in_order_as_people_write_them(self, admin_client):
        set_special("denver", "2023-12-31", "13:00-17:30, 18:00-02:00, 09:00:15-12:00")
        set_special("denver", "2023-12-25", "closed")
        set_special("denver", "2024-01-01", "00:00-24:00")
        set_special("late", "2023-12-26", "closed")
        rows = admin_client.get(DENVER_PAGE).context["special"].initial
        assert [(row["date"], row["shifts"]) for row in rows] == [
            ("2023-12-25", "closed"),
            ("2023-12-31", "09:00:15-12:00, 13:00-17:30, 18:00-02:00"),
            ("2024-01-01", "00:00-24:00"),
        ]

    def test_one_is_in_the_next_report(self, admin_client):
        """10:00 to 12:00 is 17:00Z to 19:00Z: up until 18:15Z, then down."""
        added = MONDAY | {"special-0-shifts": "10:00-12:00"}
        assert saved(admin_client, DENVER_PAGE, **added) == {}
        assert last_week() == Figures(timedelta(hours=1.25), timedelta(hours=0.75))
        assert timeline.check() == {}

    @pytest.mark.parametrize("text", ["closed", "", " Closed "])
    def test_one_may_be_closed(self, admin_client, text):
        added = MONDAY | {"special-0-shifts": text}
        assert saved(admin_client, DENVER_PAGE, **added) == {}
        assert special_of_denver() == {date(2023, 1, 23): []}
        assert last_week() == Figures()

    def test_one_is_changed_and_removed(self, admin_client):
        set_special("denver", "2023-01-23", "closed")
        set_special("denver", "2023-01-22", "09:00-10:00")
        changed = {"special-0-DELETE": "on", "special-1-shifts": "11:00-12:00"}
        assert saved(admin_client, DENVER_PAGE, **changed) == {}
        assert special_of_denver() == {date(2023, 1, 23): [(time(11), time(12))]}
        # 18:00Z to 19:00Z, and only the second poll.
        assert last_week() == Figures(down=timedelta(hours=1))
        assert saved(admin_client, DENVER_PAGE, **{"special-0-DELETE": "on"}) == {}
        assert special_of_denver() == {}
        assert last_week() == Figures(timedelta(hours=2.25), timedelta(hours=0.75))

    def test_one_is_removed_whatever_is_written_in_its_row(self, admin_client):
        set_special("denver", "2023-01-23", "closed")
        removed = {"special-0-DELETE": "on", "special-0-shifts": "9-10"}
        assert saved(admin_client, DENVER_PAGE, **removed) == {}
        assert special_of_denver() == {}

    def test_saving_them_as_they_are_changes_nothing(self, admin_client):
        set_special("denver", "2023-12-31", "18:00-02:00, 09:00:15-12:00")
        set_special("denver", "2023-12-25", "closed")
        before = special_of_denver()
        Mark.objects.all().delete()
        assert saved(admin_client, DENVER_PAGE, display_name="Mile High") == {}
        again = {"special-1-shifts": " 09:00:15 \u2013 12:00:00, 18:00-02:00,"}
        assert saved(admin_client, DENVER_PAGE, **again) == {}
        assert special_of_denver() == before
        assert not Mark.objects.exists()

    def test_a_page_opened_long_ago_undoes_nothing(self, admin_client):
        set_special("denver", "2023-12-25", "closed")
        page = admin_client.get(DENVER_PAGE)
        set_special("denver", "2023-12-25", "10:00-12:00")
        set_special("denver", "2023-12-26", "closed")
        added = {"special-1-date": "2023-12-27", "special-1-shifts": "closed"}
        assert save(admin_client, page, **added) == {}
        assert special_of_denver() == {
            date(2023, 12, 25): [(time(10), time(12))],
            date(2023, 12, 26): [],
            date(2023, 12, 27): [],
        }

    @pytest.mark.parametrize(
        ("day", "text", "field", "reason"),
        [
            ("", "09:00-12:00", "date", "This field is required."),
            ("2023-02-30", "closed", "date", "Enter a valid date."),
            ("25.12.2023", "closed", "date", "Enter a valid date."),
            ("1969-12-31", "", "date", "The year must be from 1970 to 2100."),
            ("2101-01-01", "", "date", "The year must be from 1970 to 2100."),
            ("2023-12-25", "closed", "date", "This date is there already."),
            ("2023-12-26", "9-12", "shifts", "“9” is not a time like 09:00"),
            ("2023-12-26", "closed, 09:00-10:00", "shifts", "is not of the form"),
        ],
    )
    def test_what_cannot_be_is_refused_at_its_place(
        self, admin_client, day, text, field, reason
    ):
        set_special("denver", "2023-12-25", "closed")
        Mark.objects.all().delete()
        page = admin_client.get(DENVER_PAGE)
        sent = {"special-1-date": day, "special-1-shifts": text, "timezone": "UTC"}
        answer = admin_client.post(DENVER_PAGE, form_on(page) | sent)
        assert "Please look at the special hours below." in shown(answer)
        [_, errors] = answer.context["special"].errors
        assert reason in errors[field][0]
        assert reason in shown(answer)
        assert special_of_denver() == {date(2023, 12, 25): []}
        assert Store.objects.get(pk="denver").timezone == "America/Denver"
        assert not Mark.objects.exists()

    def test_the_last_ones_are_shown_first_and_every_one_is_reached(
        self, admin_client, monkeypatch
    ):
        monkeypatch.setattr(special, "MOST_SHOWN", 2)
        for day in range(1, 6):
            set_special("denver", f"2023-12-0{day}", "closed")

        def dates(query):
            page = admin_client.get(f"{DENVER_PAGE}{query}")
            return [row["date"][-2:] for row in page.context["special"].initial], page

        assert dates("")[0] == ["04", "05"]
        assert '"?before=2023-12-04"' in dates("")[1].text
        assert dates("?before=2023-12-04")[0] == ["02", "03"]
        assert dates("?before=2023-12-02")[0] == ["01"]
        assert "Special dates before" not in dates("?before=2023-12-02")[1].text
        assert dates("?before=2023-02-30")[0] == dates("?before=x")[0] == ["04", "05"]
        earlier = f"{DENVER_PAGE}?before=2023-12-04"
        changed = {"special-0-shifts": "09:00-10:00"}
        page = admin_client.get(earlier)
        assert admin_client.post(earlier, form_on(page) | changed).status_code == 302
        assert special_of_denver()[date(2023, 12, 2)] == [(time(9), time(10))]

    def test_a_new_store_may_have_some_at_once(self, admin_client):
        new = {"store_id": "denver 2"} | CHRISTMAS
        assert saved(admin_client, f"{STORES}add/", **new) == {}
        assert SpecialHours.objects.get().store_id == "denver 2"

    def test_the_history_of_a_store_says_that_they_changed(self, admin_client):
        saved(admin_client, DENVER_PAGE, **CHRISTMAS)
        page = admin_client.get(f"{STORES}denver/history/")
        assert "Changed special hours." in shown(page)

    def test_who_may_only_look_sees_them(self, as_user):
        set_special("denver", "2023-12-25", "closed")
        page = as_user("view_store").get(DENVER_PAGE)
        assert "2023-12-25: closed" in shown(page)
        assert "Add another special date" not in page.text

    def test_editing_them_says_if_the_store_is_unknown(self):
        with pytest.raises(UnknownStore):
            edit.set_special_hours("nobody", date(2023, 12, 25), [])
        assert not SpecialHours.objects.exists()

    def test_they_are_kept_in_order_and_once(self):
        shifts = [(time(18), time(2)), (time(9), time(12)), (time(18), time(2))]
        edit.set_special_hours("denver", date(2023, 12, 25), shifts)
        assert special_of_denver() == {
            date(2023, 12, 25): [(time(9), time(12)), (time(18), time(2))]
        }

    def test_what_is_so_already_leaves_no_mark(self):
        day, shifts = date(2023, 12, 25), [(time(9), time(12)), (time(18), time(2))]
        edit.set_special_hours("denver", day, None)
        assert not Mark.objects.exists()
        edit.set_special_hours("denver", day, shifts)
        assert Mark.objects.count() == 1
        edit.set_special_hours("denver", day, shifts[::-1])
        assert Mark.objects.count() == 1
        edit.set_special_hours("denver", day, [])
        edit.set_special_hours("denver", day, None)
        assert Mark.objects.count() == 3

    def test_a_date_to_come_makes_no_date_due_that_is_over(self):
        edit.set_special_hours("denver", date(2023, 12, 25), [])
        before = set(Period.objects.filter(store_id="denver").values_list("pk"))
        with connection.cursor() as cursor:
            cursor.execute("update timeline set is_up = null where store_id = 'denver'")
        timeline.refresh(AS_OF)
        found = Period.objects.filter(store_id="denver")
        assert set(found.values_list("pk")) == before
        assert not found.exclude(is_up=None).exists()


@pytest.mark.usefixtures("denver")
class TestAddingAStore:
    def test_it_is_in_the_next_report(self, admin_client):
        new = {"store_id": "new", "display_name": "New", "timezone": "UTC"}
        assert saved(admin_client, f"{STORES}add/", **new) == {}
        store = Store.objects.get(pk="new")
        assert (store.display_name, store.timezone) == ("New", "UTC")
        assert last_week("new") == Figures(unobserved=timedelta(hours=168))
        assert timeline.check() == {}

    def test_it_may_have_a_week_at_once(self, admin_client):
        page = admin_client.get(f"{STORES}add/")
        sent = form_on(page) | {"store_id": "new", "monday": "10:00-12:00"}
        del sent["always_open"]
        assert admin_client.post(f"{STORES}add/", sent).status_code == 302
        assert last_week("new") == Figures(unobserved=timedelta(hours=2))

    @pytest.mark.parametrize(
        ("store_id", "reason"),
        [
            ("=1+1", "a spreadsheet would run it as a formula"),
            ("-1", "a spreadsheet would run it as a formula"),
            ("\x01a", "a spreadsheet would run it as a formula"),
            ("8.41954E+18", "a spreadsheet has rounded it"),
            ("x" * 65, "at most 64 characters"),
            ("   ", "This field is required."),
            ("denver", "already exists"),
        ],
    )
    def test_an_impossible_id_is_refused(self, admin_client, store_id, reason):
        errors = saved(admin_client, f"{STORES}add/", store_id=store_id)
        assert reason in errors["store_id"][0]
        assert Store.objects.count() == 2

    def test_any_other_id_is_taken_and_has_a_page(self, admin_client):
        for store_id in IDS:
            assert saved(admin_client, f"{STORES}add/", store_id=store_id) == {}
            page = admin_client.get(f"{STORES}{quote(store_id)}/change/")
            assert page.context["original"].pk == store_id
            assert save(admin_client, page, timezone="UTC") == {}
            assert Store.objects.get(pk=store_id).timezone == "UTC"


@pytest.mark.usefixtures("denver")
class TestDeletingStores:
    def nothing_is_left_of(self, store_id):
        tables = [Poll, BusinessHours, SpecialHours, Period, Mark]
        rows = [model.objects.filter(store_id=store_id).exists() for model in tables]
        return not any(rows) and not Store.objects.filter(pk=store_id).exists()

    def test_it_says_what_would_go(self, admin_client, monkeypatch):
        text = shown(admin_client.get(f"{STORES}denver/delete/"))
        assert "Stores: 1 Polls: 2 Objects Store: denver" in text
        monkeypatch.setattr("stores.admin.MOST_COUNTED", 1)
        text = shown(admin_client.get(f"{STORES}denver/delete/"))
        assert "Polls: more than 1 " in text
        assert Store.objects.count() == 2

    def test_all_of_it_goes_and_past_reports_stay(self, admin_client):
        set_special("denver", "2023-12-25", "closed")
        compute_now(AS_OF)
        engine.load(
            Data([("denver", True, parse_instant("2023-01-23 00:00:00Z"))], [], [])
        )
        answer = admin_client.post(f"{STORES}denver/delete/", {"post": "yes"})
        assert answer.status_code == 302
        assert self.nothing_is_left_of("denver")
        assert ReportRow.objects.filter(store_id="denver").count() == 1
        assert list(engine.figures()) == ["late"]
        assert timeline.check() == {}

    def test_the_next_report_ends_at_the_newest_poll_that_is_left(self, admin_client):
        assert compute_now().as_of == AS_OF
        admin_client.post(f"{STORES}late/delete/", {"post": "yes"})
        report = compute_now()
        assert report.as_of == parse_instant("2023-01-23 18:15:00 UTC")
        assert report.store_count == 1

    def test_polls_that_no_report_has_heard_of_count(self, admin_client):
        at = parse_instant("2023-01-24 00:00:00 UTC")
        engine.load(Data([("denver", True, at)], [], []))
        admin_client.post(f"{STORES}late/delete/", {"post": "yes"})
        assert compute_now().as_of == at

    def test_with_the_last_poll_goes_the_moment(self, admin_client):
        chosen = {"action": "delete_selected", "_selected_action": ["denver", "late"]}
        page = admin_client.post(STORES, chosen)
        assert "Stores: 2 Polls: 3" in shown(page)
        assert Store.objects.count() == 2
        admin_client.post(STORES, chosen | {"post": "yes"})
        assert self.nothing_is_left_of("denver")
        assert self.nothing_is_left_of("late")
        with pytest.raises(timeline.NoMoment):
            timeline.refresh()

    def test_no_more_than_a_page_goes_at_once(self, admin_client, monkeypatch):
        monkeypatch.setattr("stores.admin.MOST_DELETED", 1)
        chosen = {"action": "delete_selected", "_selected_action": ["denver", "late"]}
        answer = admin_client.post(STORES, chosen | {"post": "yes"}, follow=True)
        assert "At most 1 stores" in answer.text
        assert Store.objects.count() == 2

    def test_it_takes_turns_with_ingests_and_refreshes(self, admin_client):
        with CaptureQueriesContext(connection) as done:
            admin_client.post(f"{STORES}denver/delete/", {"post": "yes"})
        statements = [query["sql"].lower() for query in done]
        first = [
            next(n for n, text in enumerate(statements) if part in text)
            for part in ("lock table store", "for update", "delete from poll")
        ]
        assert first == sorted(first)


@pytest.mark.usefixtures("denver")
class TestReports:
    def test_the_list_has_all_there_is_to_know(self, admin_client):
        report = compute_now(AS_OF)
        Report.objects.create(state=Report.State.FAILED, error="no luck", attempts=5)
        page = admin_client.get(REPORTS)
        assert "complete Download 2023-01-23 20:00:00 2 0." in shown(page)
        assert "failed - - - - 5 no luck" in shown(page)
        assert page.text.count(reverse("download", args=[report.pk])) == 1

    def test_a_report_has_a_page_and_its_download_works(self, admin_client):
        report = compute_now(AS_OF, store_ids=["denver"])
        page = admin_client.get(f"{REPORTS}{report.pk}/change/")
        assert "Asked for: denver" in shown(page)
        link = re.search(r'href="(/api/download/[^"]*)"', page.text)[1]
        file = body(admin_client.get(link))
        assert file.splitlines()[1] == "denver,0.00,2.25,2.25,0.00,0.75,0.75"

    def test_one_that_is_not_complete_looks_again(self, admin_client):
        report = Report.objects.create()
        page = admin_client.get(f"{REPORTS}{report.pk}/change/")
        assert 'http-equiv="refresh"' in page.text
        assert "/api/download/" not in page.text
        Report.objects.update(state=Report.State.FAILED)
        page = admin_client.get(f"{REPORTS}{report.pk}/change/")
        assert 'http-equiv="refresh"' not in page.text

    @pytest.mark.parametrize(("is_alive", "warnings"), [(True, 0), (False, 1)])
    def test_it_warns_where_nobody_works(
        self, admin_client, monkeypatch, is_alive, warnings
    ):
        monkeypatch.setattr("reports.admin.is_worker_alive", lambda: is_alive)
        report = Report.objects.create()
        for address in (REPORTS, f"{REPORTS}{report.pk}/change/"):
            assert admin_client.get(address).text.count("Nobody is working") == warnings

    def test_a_new_one_is_asked_for(self, admin_client):
        assert "Compute a new report" in admin_client.get(REPORTS).text
        answer = admin_client.post(f"{REPORTS}request/")
        report = Report.objects.get()
        assert report.state == Report.State.QUEUED
        assert (report.as_of, report.store_ids) == (None, None)
        assert OrmQ.objects.count() == 1
        assert answer.url == f"{REPORTS}{report.pk}/change/"

    def test_looking_does_not_ask(self, admin_client):
        assert admin_client.get(f"{REPORTS}request/").status_code == 405
        assert not Report.objects.exists()

    def test_with_a_report_go_its_rows(self, admin_client):
        one, two, three = (compute_now(AS_OF).pk for _ in range(3))
        admin_client.post(f"{REPORTS}{one}/delete/", {"post": "yes"})
        chosen = {"action": "delete_selected", "_selected_action": [two]}
        admin_client.post(REPORTS, chosen | {"post": "yes"})
        assert [report.pk for report in Report.objects.all()] == [three]
        assert set(ReportRow.objects.values_list("report_id", flat=True)) == {three}

    def test_none_is_edited(self, admin_client):
        report = compute_now(AS_OF)
        assert admin_client.post(f"{REPORTS}{report.pk}/change/").status_code == 403
        assert admin_client.get(f"{REPORTS}add/").status_code == 403


class TestIngests:
    @pytest.fixture
    def ingest(self):
        at = parse_instant("2023-01-23 17:14:00 UTC")
        engine.load(
            Data([("good", True, at), ("=bad", True, at)], [("good", 0, 0, HOUR)], [])
        )
        return Ingest.objects.get()

    def test_it_shows_files_counts_and_rejects(self, admin_client, ingest):
        assert "store_status.csv" in admin_client.get(INGESTS).text
        text = shown(admin_client.get(f"{INGESTS}{ingest.pk}/change/"))
        assert "hours 1 1 0 0 0 0 status 2 1 0 0 0 1" in text
        reason = "store_id that a spreadsheet would run as a formula"
        assert f"store_status.csv 2 {reason} =bad, active, 2023-01-23 17:14:00" in text

    def test_its_rejects_are_downloaded(self, admin_client, ingest):
        page = admin_client.get(f"{INGESTS}{ingest.pk}/change/")
        link = re.search(r'href="([^"]*/rejects/)"', page.text)[1]
        answer = admin_client.get(link)
        assert "attachment" in answer["Content-Disposition"]
        [row] = csv.DictReader(StringIO(body(answer)))
        assert row["record"] == "2"
        assert row["reason"] == "store_id that a spreadsheet would run as a formula"

    def test_one_without_rejects_has_none_to_download(self, admin_client):
        engine.load(DENVER)
        page = admin_client.get(f"{INGESTS}{Ingest.objects.get().pk}/change/")
        assert "/rejects/" not in page.text

    def test_it_shows_how_an_upload_stands(self, admin_client):
        files = {"hours": "weeks.csv"}
        queued = Ingest.objects.create(files=files)
        Ingest.objects.create(
            files=files, state="failed", error="weeks.csv, line 7: no"
        )
        assert "weeks.csv, line 7: no" in shown(admin_client.get(INGESTS))
        assert (
            "weeks.csv, line 7" not in admin_client.get(f"{INGESTS}?state=queued").text
        )
        page = shown(admin_client.get(f"{INGESTS}{queued.pk}/change/"))
        assert "State: queued" in page

    def test_an_unknown_one_has_none(self, admin_client, ingest):
        Ingest.objects.all().delete()
        assert admin_client.get(f"{INGESTS}{ingest.pk}/rejects/").status_code == 404

    def test_none_is_edited_or_deleted(self, admin_client, ingest):
        assert admin_client.post(f"{INGESTS}{ingest.pk}/change/").status_code == 403
        assert admin_client.post(f"{INGESTS}{ingest.pk}/delete/").status_code == 403
        assert admin_client.get(f"{INGESTS}add/").status_code == 403


@pytest.mark.usefixtures("denver")
class TestPermissions:
    def test_nobody_sees_anything_without_logging_in(self, client):
        report, ingest = compute_now(AS_OF), Ingest.objects.get()
        for address in (
            STORES,
            DENVER_PAGE,
            f"{REPORTS}{report.pk}/change/",
            f"{INGESTS}{ingest.pk}/rejects/",
        ):
            assert client.get(address).url.startswith("/admin/login/")
        assert client.post(f"{REPORTS}request/").url.startswith("/admin/login/")
        assert Report.objects.count() == 1

    def test_staff_may_do_what_they_were_allowed(self, as_user):
        client = as_user()
        ingest = Ingest.objects.get()
        for address in (STORES, DENVER_PAGE, REPORTS, f"{INGESTS}{ingest.pk}/rejects/"):
            assert client.get(address).status_code == 403
        for address in (DENVER_PAGE, f"{STORES}denver/delete/", f"{REPORTS}request/"):
            assert client.post(address, {"post": "yes"}).status_code == 403
        assert Store.objects.count() == 2
        assert not Report.objects.exists()

    def test_who_may_look_at_a_store_may_not_change_it(self, as_user):
        client = as_user("view_store")
        page = client.get(DENVER_PAGE)
        assert "Business hours: Monday: 09:00-12:00 Tuesday: closed" in shown(page)
        assert 'name="monday"' not in page.text
        assert client.post(DENVER_PAGE, {"monday": "10:00-12:00"}).status_code == 403
        assert client.post(f"{STORES}denver/delete/").status_code == 403
        assert "Delete selected" not in client.get(STORES).text
        late = client.get(f"{STORES}late/change/")
        assert "Business hours: always open" in shown(late)

    def test_who_may_change_a_store_may_not_delete_it(self, as_user):
        client = as_user("change_store")
        assert saved(client, DENVER_PAGE, monday="10:00-12:00") == {}
        chosen = {"action": "delete_selected", "_selected_action": ["denver"]}
        client.post(STORES, chosen | {"post": "yes"})
        assert client.post(f"{STORES}denver/delete/").status_code == 403
        assert Store.objects.count() == 2

    def test_who_may_look_at_reports_may_not_ask_for_one(self, as_user):
        client = as_user("view_report")
        assert "Compute a new report" not in client.get(REPORTS).text
        assert client.post(f"{REPORTS}request/").status_code == 403
        assert not Report.objects.exists()

    def test_who_may_add_reports_may_ask_for_one(self, as_user):
        assert as_user("add_report").post(f"{REPORTS}request/").url == "/admin/"
        assert Report.objects.count() == 1

    def test_who_may_look_at_ingests_may_download_rejects(self, as_user):
        client = as_user("view_ingest")
        ingest = Ingest.objects.get()
        assert body(client.get(f"{INGESTS}{ingest.pk}/rejects/")).startswith("file,")


# All pages, with the number of queries that each may take, that of the session and of
# the user included.
PAGES = {
    "/admin/": 3,
    STORES: 5,
    f"{STORES}?q=den": 5,
    f"{STORES}?q=den&zone=America/Denver": 5,
    f"{STORES}add/": 3,
    DENVER_PAGE: 10,
    f"{STORES}denver/delete/": 4,
    f"{STORES}denver/history/": 5,
    REPORTS: 5,
    f"{REPORTS}REPORT/change/": 4,
    f"{REPORTS}REPORT/delete/": 3,
    INGESTS: 4,
    f"{INGESTS}INGEST/change/": 5,
    f"{INGESTS}INGEST/rejects/": 4,
}
MANY = """
insert into store (store_id, timezone)
select 'store ' || n, 'America/Denver' from generate_series(1, 800) as n;
insert into business_hours (store_id, weekday, starts, ends)
select store_id, d, '09:00', '17:00' from store, generate_series(0, 6) as d
where store_id like 'store %';
insert into special_hours (store_id, date, starts, ends)
select store_id, date '2023-01-01' + 7 * n, '{10:00}', '{12:00}'
from store, generate_series(1, 8) as n where store_id like 'store %';
insert into poll (store_id, observed_at, is_active)
select store_id, timestamptz '2023-01-23 20:00Z' - h * interval '4 hours', h % 3 != 0
from store, generate_series(1, 42) as h where store_id like 'store %';
"""


@pytest.fixture
def many(denver):
    """Hundreds of stores and tens of thousands of polls, known to the planner."""
    with connection.cursor() as cursor:
        cursor.execute(MANY)
        timeline.mark_everything()
        compute_now(AS_OF)
        compute_now(AS_OF)
        timeline.mark_everything()
        cursor.execute("analyze")


def opened(address):
    """Put in the ids of the report and the ingest that there are."""
    report = Report.objects.first() or compute_now(AS_OF)
    address = address.replace("REPORT", str(report.pk))
    return address.replace("INGEST", str(Ingest.objects.first().pk))


class TestQueries:
    @pytest.fixture
    def counted(self, admin_client):
        def count(address):
            address = opened(address)
            # What a process keeps between requests: one of these, not the other.
            zones()
            ContentType.objects.clear_cache()
            with CaptureQueriesContext(connection) as done:
                answer = admin_client.get(address)
            assert answer.status_code == 200
            if answer.streaming:
                body(answer)
            return [query["sql"] for query in done]

        return count

    @pytest.mark.parametrize(("address", "most"), PAGES.items())
    @pytest.mark.usefixtures("denver")
    def test_a_page_takes_few(self, counted, address, most):
        assert len(counted(address)) <= most

    @pytest.mark.usefixtures("many")
    def test_no_page_takes_more_where_there_is_more(self, counted):
        for address, most in PAGES.items():
            assert len(counted(address)) <= most, address

    @pytest.mark.usefixtures("many")
    def test_none_but_a_store_s_own_page_looks_at_polls(self, counted):
        for address in PAGES:
            if "denver" not in address:
                looked_at = " ".join(counted(address))
                for table in ("poll", "timeline", "report_row"):
                    assert not re.search(rf'(from|join) "?{table}\b', looked_at, re.I)

    @pytest.mark.usefixtures("many")
    def test_what_a_store_s_page_asks_is_served_by_indexes(self, admin_client):
        plans = {}
        names = [name for name in sql.names() if name.startswith("store/")]
        with sql.explained(names, plans.__setitem__):
            admin_client.get(f"{STORES}store 201/change/")
            admin_client.get(f"{STORES}store 201/delete/")
        assert plans.keys() >= {
            "store/week",
            "store/special_hours",
            "store/picture",
            "store/newest_polls",
            "store/figures",
            "store/glance",
            "store/count_polls",
        }
        for name, plan in plans.items():
            large = (
                "poll|timeline|timeline_mark|business_hours|special_hours|report_row|"
                "store"
            )
            assert not re.search(rf"Seq Scan on ({large})\b(?!_)", plan), (name, plan)

    @pytest.mark.usefixtures("many")
    def test_what_deleting_a_store_does_is_served_by_indexes(self, admin_client):
        plans = {}
        names = [name for name in sql.names() if name.startswith("store/delete_")]
        with sql.explained(names, plans.__setitem__):
            admin_client.post(f"{STORES}store 201/delete/", {"post": "yes"})
        assert plans.keys() == set(names)
        assert not any("Seq Scan" in plan for plan in plans.values()), plans
        assert not Store.objects.filter(pk="store 201").exists()

    @pytest.mark.usefixtures("many")
    def test_the_beginning_of_an_id_is_found_by_the_index(self):
        found = Store.objects.filter(store_id__startswith="store 777")
        assert "Seq Scan" not in found.explain()
