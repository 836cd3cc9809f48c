"""Saving a store's page: its name, zone and week."""

from datetime import timedelta

import pytest

from stores import editing
from stores.models import BusinessHours, Mark, Store
from stores.timeline.check import check
from tests.admin.pages import (
    AS_OF,
    DENVER_PAGE,
    STORES,
    form_on,
    last_week,
    open_and_save,
    save,
    shown,
    week_of_denver,
)
from tests.support import engine
from tests.support.reference import HOUR, MIDNIGHT, MINUTE, Data, Figures

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("denver")
class TestEditingAStore:
    def test_saving_a_page_as_it_is_changes_nothing(self, admin_client):
        for store_id in ("denver", "late"):
            assert open_and_save(admin_client, f"{STORES}{store_id}/change/") == {}
        assert not Mark.objects.exists()
        assert engine.figures(AS_OF)["denver"]["week"] == Figures(
            timedelta(hours=2.25), timedelta(hours=0.75)
        )

    def test_a_new_name_does_not_change_the_figures(self, admin_client):
        assert open_and_save(admin_client, DENVER_PAGE, display_name="Mile High") == {}
        assert Store.objects.get(pk="denver").display_name == "Mile High"
        assert not Mark.objects.exists()

    def test_new_hours_are_in_the_next_report(self, admin_client):
        """10:00 to 12:00 is 17:00Z to 19:00Z: up until 18:15Z, then down."""
        assert open_and_save(admin_client, DENVER_PAGE, monday="10:00-12:00") == {}
        assert last_week() == Figures(timedelta(hours=1.25), timedelta(hours=0.75))
        assert check() == {}

    def test_a_new_zone_is_in_the_next_report(self, admin_client):
        """09:00 to 12:00 in Chicago is 15:00Z to 18:00Z: the poll at 17:14Z is up."""
        assert (
            open_and_save(admin_client, DENVER_PAGE, timezone="America/Chicago") == {}
        )
        assert last_week() == Figures(timedelta(hours=3))
        assert check() == {}

    def test_no_zone_is_the_default_zone(self, admin_client):
        assert open_and_save(admin_client, DENVER_PAGE, timezone="") == {}
        assert Store.objects.get(pk="denver").timezone is None
        assert last_week() == Figures(timedelta(hours=3))

    def test_always_open_has_no_hours(self, admin_client):
        """From midnight in Denver, 07:00Z, up until 18:15Z and down until 20:00Z."""
        assert (
            open_and_save(admin_client, DENVER_PAGE, monday="", always_open="on") == {}
        )
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
        assert open_and_save(admin_client, DENVER_PAGE, **week) == {}
        form = admin_client.get(DENVER_PAGE).context["adminform"].form
        assert {day: form[day].value() for day in week} == week
        assert not form["sunday"].value()
        Mark.objects.all().delete()
        assert open_and_save(admin_client, DENVER_PAGE) == {}
        assert (
            open_and_save(admin_client, DENVER_PAGE, tuesday=" 18:00 \u2013 02:00:00 ,")
            == {}
        )
        assert not Mark.objects.exists()

    def test_a_week_is_stored_like_the_same_week_in_a_file(self, admin_client):
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
        assert open_and_save(admin_client, DENVER_PAGE, **week) == {}
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
            ("25:00-26:00", "“25:00” is not a time of day."),
            ("09:60-10:00", "“09:60” is not a time of day."),
            ("24:00-02:00", "“24:00” is not a time of day."),
            ("09:00-24:01", "“24:01” is not a time of day."),
            ("09:00-10:00:60", "“10:00:60” is not a time of day."),
            ("09-10", "“09” is not a time like 09:00 or 17:30:15."),
            ("\u0660\u0669:00-10:00", "is not a time like 09:00 or 17:30:15."),
            ("closed", "“closed” is not of the form 09:00-17:30."),
        ],
    )
    def test_a_bad_week_is_refused_with_the_reason(self, admin_client, text, reason):
        before = week_of_denver()
        changes = {"friday": text, "tuesday": "10:00-11:00", "display_name": "New"}
        errors = open_and_save(admin_client, DENVER_PAGE, **changes)
        assert list(errors) == ["friday"]
        assert reason in errors["friday"][0]
        assert week_of_denver() == before
        assert Store.objects.get(pk="denver").display_name == ""
        assert not Mark.objects.exists()

    def test_a_week_without_hours_must_say_that_it_is_always_open(self, admin_client):
        errors = open_and_save(admin_client, DENVER_PAGE, monday="")
        assert "There are no hours below" in errors["always_open"][0]
        errors = open_and_save(admin_client, DENVER_PAGE, always_open="on")
        assert "There are hours below" in errors["always_open"][0]
        assert not Mark.objects.exists()

    @pytest.mark.parametrize("zone", ["america/denver", "Mars/Phobos", "EST5EDT4", "'"])
    def test_an_unknown_zone_is_refused(self, admin_client, zone):
        errors = open_and_save(admin_client, DENVER_PAGE, timezone=zone)
        assert "is not a time zone" in errors["timezone"][0]
        assert not Mark.objects.exists()

    def test_saving_an_outdated_page_undoes_nothing(self, admin_client):
        page = admin_client.get(DENVER_PAGE)
        hours = [("denver", 1, 9 * HOUR, 12 * HOUR)]
        engine.load(Data([], hours, [("denver", "UTC")]))
        assert save(admin_client, page, display_name="Mile High") == {}
        assert [weekday for weekday, _, _ in week_of_denver()] == [1]
        store = Store.objects.get(pk="denver")
        assert (store.timezone, store.display_name) == ("UTC", "Mile High")

    def test_the_id_cannot_be_changed(self, admin_client):
        assert open_and_save(admin_client, DENVER_PAGE, store_id="other") == {}
        assert not Store.objects.filter(pk="other").exists()

    def test_its_history_says_what_was_changed(self, admin_client):
        open_and_save(admin_client, DENVER_PAGE, monday="10:00-12:00")
        page = admin_client.get(f"{STORES}denver/history/")
        assert "Changed Monday." in shown(page)

    def test_saving_a_store_deleted_meanwhile_says_so(self, admin_client, monkeypatch):
        page = admin_client.get(DENVER_PAGE)
        lock = editing.lock_writers

        def lock_after_deletion():
            Store.objects.filter(pk="denver").delete()
            lock()

        monkeypatch.setattr(editing, "lock_writers", lock_after_deletion)
        answer = admin_client.post(DENVER_PAGE, form_on(page) | {"timezone": "UTC"})
        assert answer.status_code == 302
        assert "t exist" in admin_client.get("/admin/").text
