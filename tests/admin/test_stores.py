"""The pages of stores: list, view, add and delete."""

from datetime import timedelta

import pytest
from django.contrib.admin.utils import quote
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reports.compute import compute_now
from reports.models import Report, ReportRow
from stores.models import (
    BusinessHours,
    Mark,
    Period,
    Poll,
    SpecialHours,
    Store,
    TimelineState,
)
from stores.timeline.check import check
from stores.timeline.moments import NoFigures
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
)
from tests.support import engine
from tests.support.reference import Data, Figures, parse_instant
from tests.support.strategies import IDS

pytestmark = pytest.mark.django_db


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
        assert "denver Mile High Pizza America/Denver Mon 2023-01-23 11:15:00" in text
        assert "late - UTC Mon 2023-01-23 20:00:00 UTC - - nowhere" in text
        assert "nowhere - - - -" in text

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
        Poll.objects.filter(is_active=False).update(reason="no_couriers")
        text = shown(admin_client.get(DENVER_PAGE))
        assert (
            "America/Denver UTC Status Reason "
            "Mon 2023-01-23 11:15:00 2023-01-23 18:15:00 inactive no couriers "
            "Mon 2023-01-23 10:14:00 2023-01-23 17:14:00 active"
        ) in text

    def test_it_shows_no_more_than_twenty_polls(self, admin_client):
        first = parse_instant("2023-01-22 00:00:00 UTC")
        polls = [("late", True, first + timedelta(minutes=n)) for n in range(30)]
        engine.load(Data(polls, [], []))
        page = admin_client.get(f"{STORES}late/change/")
        assert len(page.context["last_days"]["newest_polls"]) == 20

    def test_it_shows_the_figures_of_the_newest_report_that_has_it(self, admin_client):
        report = compute_now(AS_OF)
        compute_now(AS_OF, store_ids=["late"])
        Report.objects.create(state=Report.State.QUEUED)
        page = admin_client.get(DENVER_PAGE)
        assert page.context["figures"][0].report_id == report.report_id
        assert (
            "Last hour (minutes) from Mon 2023-01-23 12:00:00 "
            "(2023-01-23 19:00:00 UTC) 0.00 0.00 0.00 \u2013 "
            "Last day (hours) from Sun 2023-01-22 13:00:00 "
            "(2023-01-22 20:00:00 UTC) 2.25 0.75 0.00 75.00 % "
            "Last week (hours) from Mon 2023-01-16 13:00:00 "
            "(2023-01-16 20:00:00 UTC) 2.25 0.75 0.00 75.00 %"
        ) in shown(page)

    def test_it_draws_the_last_seven_days(self, admin_client):
        rows = admin_client.get(DENVER_PAGE).context["last_days"]["picture"]
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
        assert up.until_x == 780

    def test_the_picture_ends_at_the_newest_poll(self, admin_client):
        page = admin_client.get(f"{STORES}late/change/")
        today = page.context["last_days"]["picture"][-1]
        # Always open in UTC; one poll, at 20:00.
        assert (today.status, today.x, today.width) == ("up", 0, 1200)
        assert "20.00 h up" in page.text

    def test_the_picture_has_a_text_version(self, admin_client):
        page = admin_client.get(DENVER_PAGE)
        assert (
            "Mon 23 Jan up from 09:00:00 to 11:15:00 down from 11:15:00 to 12:00:00 "
            "2.25 h up 0.75 h down 0.00 h unobserved"
        ) in shown(page)

    def test_a_date_of_a_clock_change_fits_the_picture(self, admin_client):
        noon = parse_instant("2023-03-12 17:00:00 UTC")
        engine.load(Data([("spring", True, noon)], [], []))
        refresh()
        rows = admin_client.get(f"{STORES}spring/change/").context["last_days"][
            "picture"
        ]
        # 00:00 to 12:00 in Chicago are 11 of the date's 23 hours.
        assert rows[-1].title == "Sun 12 Mar"
        assert rows[-1].up_hours == 11
        assert float(rows[-1].width) == pytest.approx(1440 * 11 / 23, abs=0.01)

    def test_the_picture_is_up_to_date_without_a_report(self, admin_client):
        assert "down from 11:15:00 to 12:00:00" in admin_client.get(DENVER_PAGE).text
        at = parse_instant("2023-01-23 18:15:00 UTC")
        engine.load(Data([("denver", True, at)], [], []))
        assert Mark.objects.exists()
        page = admin_client.get(DENVER_PAGE)
        assert "3.00 h up 0.00 h down 0.00 h unobserved" in shown(page)

    def test_without_any_report_it_says_so(self, admin_client):
        Store.objects.create(store_id="new")
        TimelineState.objects.update(newest_poll_at=None)
        text = shown(admin_client.get(f"{STORES}new/change/"))
        assert "There is nothing to show yet." in text
        assert "No report has this store yet." in text
        assert "Nobody has polled this store yet." in text

    def test_an_unknown_store_has_no_page(self, admin_client):
        page = admin_client.get(f"{STORES}nobody/change/", follow=True)
        assert "t exist" in page.text


@pytest.mark.usefixtures("denver")
class TestAddingAStore:
    def test_it_is_in_the_next_report(self, admin_client):
        new = {"store_id": "new", "display_name": "New", "timezone": "UTC"}
        assert open_and_save(admin_client, f"{STORES}add/", **new) == {}
        store = Store.objects.get(pk="new")
        assert (store.display_name, store.timezone) == ("New", "UTC")
        assert last_week("new") == Figures(unobserved=timedelta(hours=168))
        assert check() == {}

    def test_a_new_store_may_have_a_week(self, admin_client):
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
            ("a\x01b", "it has a control character"),
            ("8.41954E+18", "a tool has turned it into a floating-point number"),
            ("8e18", "a tool has turned it into a floating-point number"),
            ("257000000000000.0", "into a floating-point number"),
            ("x" * 65, "at most 64 characters"),
            ("   ", "This field is required."),
            ("denver", "already exists"),
        ],
    )
    def test_an_invalid_id_is_refused(self, admin_client, store_id, reason):
        errors = open_and_save(admin_client, f"{STORES}add/", store_id=store_id)
        assert reason in errors["store_id"][0]
        assert Store.objects.count() == 2

    def test_any_other_id_is_accepted_and_has_a_page(self, admin_client):
        for store_id in IDS:
            assert open_and_save(admin_client, f"{STORES}add/", store_id=store_id) == {}
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

    def test_it_shows_what_would_be_deleted(self, admin_client, monkeypatch):
        text = shown(admin_client.get(f"{STORES}denver/delete/"))
        assert "Stores: 1 Polls: 2 Objects Store: denver" in text
        monkeypatch.setattr("stores.admin.stores.MOST_COUNTED", 1)
        text = shown(admin_client.get(f"{STORES}denver/delete/"))
        assert "Polls: more than 1 " in text
        assert Store.objects.count() == 2

    def test_it_deletes_all_data_but_keeps_past_reports(self, admin_client):
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
        assert check() == {}

    def test_the_next_report_ends_at_the_newest_poll_that_is_left(self, admin_client):
        assert compute_now().as_of == AS_OF
        admin_client.post(f"{STORES}late/delete/", {"post": "yes"})
        report = compute_now()
        assert report.as_of == parse_instant("2023-01-23 18:15:00 UTC")
        assert report.store_count == 1

    def test_polls_that_are_not_yet_processed_count(self, admin_client):
        at = parse_instant("2023-01-24 00:00:00 UTC")
        engine.load(Data([("denver", True, at)], [], []))
        admin_client.post(f"{STORES}late/delete/", {"post": "yes"})
        assert compute_now().as_of == at

    def test_without_polls_there_are_no_figures(self, admin_client):
        chosen = {"action": "delete_selected", "_selected_action": ["denver", "late"]}
        page = admin_client.post(STORES, chosen)
        assert "Stores: 2 Polls: 3" in shown(page)
        assert Store.objects.count() == 2
        admin_client.post(STORES, chosen | {"post": "yes"})
        assert self.nothing_is_left_of("denver")
        assert self.nothing_is_left_of("late")
        with pytest.raises(NoFigures):
            refresh()

    def test_at_most_a_page_of_stores_is_deleted_at_once(
        self, admin_client, monkeypatch
    ):
        monkeypatch.setattr("stores.admin.stores.MOST_DELETED", 1)
        chosen = {"action": "delete_selected", "_selected_action": ["denver", "late"]}
        answer = admin_client.post(STORES, chosen | {"post": "yes"}, follow=True)
        assert "At most 1 stores" in answer.text
        assert Store.objects.count() == 2

    def test_it_takes_the_locks_of_ingests_and_refreshes_first(self, admin_client):
        with CaptureQueriesContext(connection) as done:
            admin_client.post(f"{STORES}denver/delete/", {"post": "yes"})
        statements = [query["sql"].lower() for query in done]
        first = [
            next(n for n, text in enumerate(statements) if part in text)
            for part in ('lock table "store"', "for update", 'delete from "poll"')
        ]
        assert first == sorted(first)
