"""Edits on the page of a store, with the figures by hand: see test_store.py."""

import re
from datetime import date, time, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from restaurant_monitor.access.models import AuditEntry
from restaurant_monitor.http.errors import Busy
from stores import editing
from stores.hours.special_dates import set_special_hours
from stores.hours.week import set_week
from stores.labels import labels_of, set_labels
from stores.models import Mark, Store, Unsettled
from stores.timeline.check import check
from tests.admin.pages import (
    last_week,
    set_special,
    shown,
    special_of_denver,
    week_of_denver,
)
from tests.support.accounts import user_with
from tests.support.forms import form_on
from tests.support.labels import label
from tests.support.reference import Figures

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("denver")]
DENVER = "/stores/denver/"
NAME, LABELS, HOURS, SPECIAL, PROBE = (
    f"{DENVER}edit/{part}/" for part in ("name", "labels", "hours", "special", "probe")
)
MONDAY = f"{SPECIAL}2023-01-23/"
EVERY_PART = [NAME, LABELS, HOURS, SPECIAL, MONDAY, PROBE]
UNCHANGED = Figures(timedelta(hours=2.25), timedelta(hours=0.75))


def save(address, client=None, page=None, **changes):
    """Open a form, unless it is open already, and send it with changes."""
    client = client or Client()
    page = page or client.get(address)
    return client.post(address, form_on(page) | changes)


def saved(address, client=None, page=None, **changes):
    """Save a form; return the text of the page that comes next."""
    client = client or Client()
    answer = save(address, client, page, **changes)
    assert answer.status_code == 302, shown(answer)
    return shown(client.get(answer.url))


class TestHours:
    def test_new_hours_change_the_figures(self):
        """10:00 to 12:00 is 17:00Z to 19:00Z: up until 18:15Z, then down."""
        text = saved(HOURS, monday="10:00-12:00")
        assert "Business hours: saved." in text
        assert "Monday 10:00-12:00 Tuesday closed" in text
        assert "1.25 h up 0.75 h down" in text
        assert last_week() == Figures(timedelta(hours=1.25), timedelta(hours=0.75))
        assert check() == {}

    def test_always_open_has_no_hours(self):
        """From midnight in Denver, 07:00Z, up until 18:15Z and down until 20:00Z."""
        assert "Always open" in saved(HOURS, monday="", always_open="on")
        assert last_week() == Figures(
            timedelta(hours=11.25), timedelta(hours=1.75), timedelta(hours=155)
        )

    def test_a_wrong_text_is_shown_with_its_error_beside_it(self):
        answer = save(HOURS, monday="10:00-12:00", friday="9-12")
        assert answer.status_code == 400
        assert "“9” is not a time like 09:00 or 17:30:15." in shown(answer)
        assert 'id="id_friday_error"' in answer.text
        assert "Nothing is saved yet" in shown(answer)
        assert form_on(answer)["friday"] == "9-12"
        assert form_on(answer)["monday"] == "10:00-12:00"
        assert last_week() == UNCHANGED
        # What was typed is saved once the error is mended.
        text = saved(HOURS, page=answer, friday="09:00-12:00")
        assert "Monday 10:00-12:00" in text
        assert "Friday 09:00-12:00" in text

    def test_a_week_without_hours_must_say_that_it_is_always_open(self):
        answer = save(HOURS, monday="")
        assert "There are no hours below" in shown(answer)
        assert week_of_denver() == [(0, time(9), time(12))]

    def test_saving_what_is_there_changes_nothing(self):
        assert "Business hours: not changed." in saved(HOURS)
        assert not Mark.objects.exists()
        assert not AuditEntry.objects.filter(subject="denver").exists()

    def test_it_says_what_a_change_means(self):
        text = shown(Client().get(HOURS))
        assert "All figures, also those of the past, use the hours saved here." in text

    def test_unknown_hours_are_settled_by_good_ones(self):
        Unsettled.objects.create(store_id="late", missing="hours")
        address = "/stores/late/edit/hours/"
        assert "always_open" not in form_on(Client().get(address))
        assert "Business hours: not changed." in saved(address)
        assert Unsettled.objects.exists()
        saved(address, always_open="on")
        assert not Unsettled.objects.exists()


class TestNames:
    def test_a_new_zone_changes_the_figures(self):
        """09:00 to 12:00 in Chicago is 15:00Z to 18:00Z: the poll at 17:14Z is up."""
        text = saved(NAME, timezone="America/Chicago", display_name="Mile <High>")
        assert "Time zone America/Chicago" in text
        assert "Mile &lt;High&gt;" in text
        assert last_week() == Figures(timedelta(hours=3))

    def test_a_new_name_changes_no_figure(self):
        saved(NAME, display_name="Mile High")
        assert Store.objects.get(pk="denver").display_name == "Mile High"
        assert not Mark.objects.exists()

    def test_an_unknown_zone_is_refused(self):
        answer = save(NAME, timezone="america/denver", display_name="Mile High")
        assert answer.status_code == 400
        assert "“america/denver” is not a time zone; upper and lower" in shown(answer)
        assert form_on(answer)["display_name"] == "Mile High"
        assert Store.objects.get(pk="denver").display_name == ""

    def test_it_offers_the_zones(self):
        assert '<option value="Europe/Paris">' in Client().get(NAME).text

    def test_a_new_name_does_not_settle_the_zone(self):
        Unsettled.objects.create(store_id="denver", missing="timezone")
        saved(NAME, display_name="Mile High")
        assert Unsettled.objects.exists()
        saved(NAME, timezone="UTC")
        assert not Unsettled.objects.exists()


class TestLabels:
    def test_labels_are_edited_as_lines(self):
        label(denver={"region": "west"})
        text = saved(LABELS, labels="Region: the West\r\n\r\n brand:a:b ")
        assert "brand:a:b" in text
        assert labels_of("denver") == {"brand": "a:b", "region": "the West"}
        assert not Mark.objects.exists()
        saved(LABELS, labels="")
        assert labels_of("denver") == {}

    @pytest.mark.parametrize(
        ("lines", "reason"),
        [
            ("west", "is not a label: give a name and a value, such as region:west"),
            ("region: west\r\nregion: east", "A name is in two lines."),
        ],
    )
    def test_what_is_no_label_is_refused(self, lines, reason):
        answer = save(LABELS, labels=lines)
        assert answer.status_code == 400
        assert reason in shown(answer)
        assert form_on(answer)["labels"] == lines

    def test_whoever_loses_the_store_by_its_new_labels_is_told_so(self, log_in):
        label(denver={"region": "west"})
        browser = log_in(user_with("editor", labels=["region:west"]))
        text = saved(LABELS, browser, labels="region: east")
        assert "You do not see the store denver any more." in text


class TestSpecialHours:
    def test_a_special_date_is_added(self):
        """10:00 to 12:00 is 17:00Z to 19:00Z: up until 18:15Z, then down."""
        text = saved(SPECIAL, date="2023-01-23", shifts="10:00-12:00")
        assert "2023-01-23 10:00-12:00" in text
        assert last_week() == Figures(timedelta(hours=1.25), timedelta(hours=0.75))
        assert check() == {}

    def test_a_special_date_is_changed_and_removed(self):
        set_special("denver", "2023-01-23", "10:00-12:00")
        saved(MONDAY, shifts="closed")
        assert special_of_denver() == {date(2023, 1, 23): []}
        assert last_week() == Figures()
        text = saved(MONDAY, remove="yes")
        assert "Special hours on 2023-01-23, a Monday: removed." in text
        assert special_of_denver() == {}
        assert last_week() == UNCHANGED

    def test_it_is_removed_even_with_a_wrong_text(self):
        set_special("denver", "2023-01-23", "10:00-12:00")
        saved(MONDAY, shifts="9-12", remove="yes")
        assert special_of_denver() == {}

    def test_a_date_that_has_special_hours_is_not_added_again(self):
        set_special("denver", "2023-01-23", "10:00-12:00")
        answer = save(SPECIAL, date="2023-01-23", shifts="closed")
        assert answer.status_code == 409
        assert "2023-01-23 has special hours already: 10:00-12:00" in shown(answer)
        assert form_on(answer)["shifts"] == "closed"
        assert special_of_denver() == {date(2023, 1, 23): [(time(10), time(12))]}

    @pytest.mark.parametrize(
        ("day", "shifts", "reason"),
        [
            ("", "closed", "This field is required."),
            ("2023-02-30", "closed", "Enter a valid date."),
            ("2101-01-01", "closed", "The year must be from 1970 to 2100."),
            ("2023-12-25", "9-12", "“9” is not a time like 09:00 or 17:30:15."),
        ],
    )
    def test_a_wrong_text_is_refused_with_its_error(self, day, shifts, reason):
        answer = save(SPECIAL, date=day, shifts=shifts)
        assert answer.status_code == 400
        assert reason in shown(answer)
        assert form_on(answer)["shifts"] == shifts
        assert special_of_denver() == {}

    @pytest.mark.parametrize("day", ["2023-02-30", "monday", "1969-12-31"])
    def test_no_date_has_no_page(self, day):
        assert Client().get(f"{SPECIAL}{day}/").status_code == 404


class TestMeanwhile:
    """Somebody else saves something while the form is open."""

    def test_a_week_is_not_overwritten_unseen(self):
        client = Client()
        page = client.get(HOURS)
        set_week("denver", [(0, time(8), time(9)), (1, time(10), time(11))])
        answer = save(HOURS, page=page, monday="10:00-12:00")
        assert answer.status_code == 409
        assert "somebody else has saved this since you opened it" in shown(answer)
        assert "Saved now: 08:00-09:00" in shown(answer)
        again = form_on(answer)
        assert (again["monday"], again["tuesday"]) == ("10:00-12:00", "10:00-11:00")
        assert (0, time(8), time(9)) in week_of_denver()
        # Whoever has seen it may save.
        saved(HOURS, page=answer)
        assert week_of_denver() == [
            (0, time(10), time(12)),
            (1, time(10), time(11)),
        ]

    def test_labels_are_not_overwritten_unseen(self):
        page = Client().get(LABELS)
        set_labels("denver", {"region": "west"})
        answer = save(LABELS, page=page, labels="brand: Bella")
        assert "Saved now: region: west" in shown(answer)
        assert form_on(answer)["labels"] == "brand: Bella"
        assert labels_of("denver") == {"region": "west"}

    def test_special_hours_are_not_overwritten_unseen(self):
        set_special("denver", "2023-01-23", "10:00-12:00")
        page = Client().get(MONDAY)
        set_special_hours("denver", date(2023, 1, 23), None)
        answer = save(MONDAY, page=page, shifts="closed")
        assert "Saved now: an empty field" in shown(answer)
        assert special_of_denver() == {}

    def test_a_page_that_was_opened_long_ago_undoes_nothing(self):
        page = Client().get(NAME)
        editing.rename("denver", "Mile High")
        saved(NAME, page=page)
        assert Store.objects.get(pk="denver").display_name == "Mile High"

    def test_a_form_waits_for_an_ingest_and_then_keeps_what_was_typed(
        self, monkeypatch
    ):
        def busy():
            raise Busy("an ingest is running; try again when it has ended")

        page = Client().get(HOURS)
        monkeypatch.setattr(editing, "lock_writers", busy)
        answer = save(HOURS, page=page, monday="10:00-12:00")
        assert answer.status_code == 503
        assert answer["Retry-After"] == "30"
        assert "Not saved: an ingest is running; try again" in shown(answer)
        assert form_on(answer)["monday"] == "10:00-12:00"

    def test_a_store_that_is_deleted_is_not_found(self):
        page = Client().get(HOURS)
        editing.delete(["denver"])
        assert save(HOURS, page=page, monday="10:00-12:00").status_code == 404


class TestWho:
    def test_a_viewer_sees_no_link_and_may_not_edit(self, log_in):
        browser = log_in(user_with("viewer", "all stores"))
        set_special("denver", "2023-01-23", "closed")
        assert "/edit/" not in browser.get(DENVER).text
        for address in EVERY_PART:
            assert browser.get(address).status_code == 403
            assert browser.post(address, {"labels": ""}).status_code == 403

    def test_an_editor_sees_a_link_to_each_form(self, log_in):
        set_special("denver", "2023-01-23", "closed")
        page = log_in(user_with("editor", "all stores")).get(DENVER)
        for address in EVERY_PART:
            assert f'href="{address}"' in page.text

    @pytest.mark.parametrize("address", EVERY_PART)
    def test_a_foreign_store_is_as_an_unknown_one(self, log_in, address):
        browser = log_in(user_with("editor", stores=["late"]))
        unknown = address.replace("denver", "none")
        answers = [
            send(where)
            for where in (address, unknown)
            for send in (browser.get, browser.post)
        ]
        assert [answer.status_code for answer in answers] == [404] * 4
        # They differ only by the id that was asked for.
        texts = {shown(answer).replace("denver", "none") for answer in answers}
        assert len(texts) == 1
        mine = browser.get(address.replace("denver", "late"))
        assert mine.status_code == 200

    @pytest.mark.parametrize(
        ("permission", "allowed"),
        [
            ("change_store", [NAME]),
            ("change_storelabel", [LABELS]),
            ("change_businesshours", [HOURS]),
            ("change_specialhours", [SPECIAL, MONDAY]),
            ("change_probe", [PROBE]),
        ],
    )
    def test_each_part_needs_its_permission(self, log_in, permission, allowed):
        user = user_with("viewer", "all stores")
        user.user_permissions.set(Permission.objects.filter(codename=permission))
        browser = log_in(user)
        found = [a for a in EVERY_PART if browser.get(a).status_code == 200]
        assert found == allowed
        page = browser.get(DENVER).text
        assert [
            a for a in (NAME, LABELS, HOURS, SPECIAL, PROBE) if f'"{a}"' in page
        ] == [address for address in allowed if address != MONDAY]

    def test_without_a_login_the_login_comes_first(self, settings):
        settings.OPEN = False
        assert Client().get(HOURS).url == f"/login/?next={HOURS}"

    def test_a_change_is_recorded_with_who_made_it(self, log_in):
        browser = log_in(user_with("editor", "all stores", name="eve"))
        saved(HOURS, browser, monday="10:00-12:00")
        entry = AuditEntry.objects.get(subject="denver")
        assert (entry.action, entry.subject) == ("hours.changed", "denver")
        assert entry.username == "eve"
        assert entry.before["monday"] == "09:00-12:00"
        assert entry.after["monday"] == "10:00-12:00"

    def test_changes_on_the_page_count_for_the_limit_of_changes(self, log_in, settings):
        settings.LIMITS = settings.LIMITS | {"changes": (1, timedelta(minutes=1))}
        browser = log_in(user_with("editor", "all stores"))
        saved(NAME, browser, display_name="Mile High")
        answer = save(NAME, browser, display_name="Another")
        assert answer.status_code == 429
        assert "a user may send 1 changes" in shown(answer)
        assert form_on(answer)["display_name"] == "Another"
        assert Store.objects.get(pk="denver").display_name == "Mile High"

    def test_a_change_needs_the_token(self, log_in):
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(
            user_with("editor", "all stores"),
            backend="restaurant_monitor.access.passwords.PasswordBackend",
        )
        form = form_on(browser.get(NAME)) | {"display_name": "Mile High"}
        wrong = form | {"csrfmiddlewaretoken": "x" * 64}
        assert browser.post(NAME, wrong).status_code == 403
        assert browser.post(NAME, form).status_code == 302


@pytest.mark.parametrize("address", EVERY_PART)
def test_a_form_makes_a_bounded_number_of_queries(log_in, address):
    browser = log_in(user_with("editor", "all stores"))
    with CaptureQueriesContext(connection) as queries:
        browser.get(address)
    assert len(queries) <= 10


@pytest.mark.parametrize("address", EVERY_PART)
def test_every_field_has_a_label_and_nothing_is_inline(address):
    text = Client().get(address).text
    assert len(re.findall("<h1", text)) == 1
    fields = re.findall(r"<(?:input|textarea)(?! type=\"hidden\")[^>]*>", text)
    assert fields
    for field in fields:
        [name] = re.findall(r'\sid="([^"]*)"', field)
        assert f'<label for="{name}"' in text
    assert not re.search(r"<style|<script|\sstyle=|\son\w+=", text)


@pytest.mark.parametrize("store_id", ["a/b", "..", "50%", "a/edit/hours", "é"])
def test_every_id_can_be_edited(store_id):
    Store.objects.create(store_id=store_id)
    saved(reverse("edit_names", args=[store_id]), display_name="Its name")
    assert Store.objects.get(pk=store_id).display_name == "Its name"
