"""The special dates on a store's page."""

from datetime import date, time, timedelta

import pytest
from django.db import connection

from stores.hours.special_dates import set_special_hours
from stores.models import Mark, Period, SpecialHours, Store, UnknownStore
from stores.timeline.check import check
from stores.timeline.refresh import refresh
from tests.admin.pages import (
    AS_OF,
    DENVER_PAGE,
    STORES,
    form_on,
    last_week,
    open_and_save,
    save,
    set_special,
    shown,
    special_of_denver,
)
from tests.support.reference import Figures

pytestmark = pytest.mark.django_db
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

    def test_a_new_special_date_is_in_the_next_report(self, admin_client):
        """10:00 to 12:00 is 17:00Z to 19:00Z: up until 18:15Z, then down."""
        added = MONDAY | {"special-0-shifts": "10:00-12:00"}
        assert open_and_save(admin_client, DENVER_PAGE, **added) == {}
        assert last_week() == Figures(timedelta(hours=1.25), timedelta(hours=0.75))
        assert check() == {}

    @pytest.mark.parametrize("text", ["closed", "", " Closed "])
    def test_a_special_date_may_be_closed(self, admin_client, text):
        added = MONDAY | {"special-0-shifts": text}
        assert open_and_save(admin_client, DENVER_PAGE, **added) == {}
        assert special_of_denver() == {date(2023, 1, 23): []}
        assert last_week() == Figures()

    def test_special_dates_are_changed_and_removed(self, admin_client):
        set_special("denver", "2023-01-23", "closed")
        set_special("denver", "2023-01-22", "09:00-10:00")
        changed = {"special-0-DELETE": "on", "special-1-shifts": "11:00-12:00"}
        assert open_and_save(admin_client, DENVER_PAGE, **changed) == {}
        assert special_of_denver() == {date(2023, 1, 23): [(time(11), time(12))]}
        # 18:00Z to 19:00Z, with only the second poll.
        assert last_week() == Figures(down=timedelta(hours=1))
        assert (
            open_and_save(admin_client, DENVER_PAGE, **{"special-0-DELETE": "on"}) == {}
        )
        assert special_of_denver() == {}
        assert last_week() == Figures(timedelta(hours=2.25), timedelta(hours=0.75))

    def test_a_special_date_is_removed_even_if_its_row_is_invalid(self, admin_client):
        set_special("denver", "2023-01-23", "closed")
        removed = {"special-0-DELETE": "on", "special-0-shifts": "9-10"}
        assert open_and_save(admin_client, DENVER_PAGE, **removed) == {}
        assert special_of_denver() == {}

    def test_saving_them_as_they_are_changes_nothing(self, admin_client):
        set_special("denver", "2023-12-31", "18:00-02:00, 09:00:15-12:00")
        set_special("denver", "2023-12-25", "closed")
        before = special_of_denver()
        Mark.objects.all().delete()
        assert open_and_save(admin_client, DENVER_PAGE, display_name="Mile High") == {}
        again = {"special-1-shifts": " 09:00:15 \u2013 12:00:00, 18:00-02:00,"}
        assert open_and_save(admin_client, DENVER_PAGE, **again) == {}
        assert special_of_denver() == before
        assert not Mark.objects.exists()

    def test_saving_an_outdated_page_undoes_nothing(self, admin_client):
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
            ("2023-12-25", "closed", "date", "This date is already in the list."),
            ("2023-12-26", "9-12", "shifts", "“9” is not a time like 09:00"),
            ("2023-12-26", "closed, 09:00-10:00", "shifts", "is not of the form"),
        ],
    )
    def test_an_invalid_row_is_refused_with_its_error(
        self, admin_client, day, text, field, reason
    ):
        set_special("denver", "2023-12-25", "closed")
        Mark.objects.all().delete()
        page = admin_client.get(DENVER_PAGE)
        sent = {"special-1-date": day, "special-1-shifts": text, "timezone": "UTC"}
        answer = admin_client.post(DENVER_PAGE, form_on(page) | sent)
        assert "Please correct the special hours below." in shown(answer)
        [_, errors] = answer.context["special"].errors
        assert reason in errors[field][0]
        assert reason in shown(answer)
        assert special_of_denver() == {date(2023, 12, 25): []}
        assert Store.objects.get(pk="denver").timezone == "America/Denver"
        assert not Mark.objects.exists()

    def test_the_latest_dates_are_shown_first_with_links_to_earlier_ones(
        self, admin_client, monkeypatch
    ):
        monkeypatch.setattr("stores.admin.stores.DATES_SHOWN", 2)
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

    def test_a_new_store_may_have_special_dates(self, admin_client):
        new = {"store_id": "denver 2"} | CHRISTMAS
        assert open_and_save(admin_client, f"{STORES}add/", **new) == {}
        assert SpecialHours.objects.get().store_id == "denver 2"

    def test_the_history_of_a_store_says_that_they_changed(self, admin_client):
        open_and_save(admin_client, DENVER_PAGE, **CHRISTMAS)
        page = admin_client.get(f"{STORES}denver/history/")
        assert "Changed special hours." in shown(page)

    def test_the_view_permission_shows_them(self, as_user):
        set_special("denver", "2023-12-25", "closed")
        page = as_user("view_store").get(DENVER_PAGE)
        assert "2023-12-25: closed" in shown(page)
        assert "Add another special date" not in page.text

    def test_editing_them_says_if_the_store_is_unknown(self):
        with pytest.raises(UnknownStore):
            set_special_hours("nobody", date(2023, 12, 25), [])
        assert not SpecialHours.objects.exists()

    def test_shifts_are_sorted_and_stored_once(self):
        shifts = [(time(18), time(2)), (time(9), time(12)), (time(18), time(2))]
        set_special_hours("denver", date(2023, 12, 25), shifts)
        assert special_of_denver() == {
            date(2023, 12, 25): [(time(9), time(12)), (time(18), time(2))]
        }

    def test_setting_the_same_hours_again_leaves_no_mark(self):
        day, shifts = date(2023, 12, 25), [(time(9), time(12)), (time(18), time(2))]
        set_special_hours("denver", day, None)
        assert not Mark.objects.exists()
        set_special_hours("denver", day, shifts)
        assert Mark.objects.count() == 1
        set_special_hours("denver", day, shifts[::-1])
        assert Mark.objects.count() == 1
        set_special_hours("denver", day, [])
        set_special_hours("denver", day, None)
        assert Mark.objects.count() == 3

    def test_a_future_special_date_does_not_recompute_past_dates(self):
        set_special_hours("denver", date(2023, 12, 25), [])
        before = set(Period.objects.filter(store_id="denver").values_list("pk"))
        with connection.cursor() as cursor:
            cursor.execute("update timeline set is_up = null where store_id = 'denver'")
        refresh(AS_OF)
        found = Period.objects.filter(store_id="denver")
        assert set(found.values_list("pk")) == before
        assert not found.exclude(is_up=None).exists()
