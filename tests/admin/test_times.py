"""Which times the pages of stores show: local and UTC, readable without hovering."""

from datetime import timedelta

import pytest

from reports.compute import compute_now
from reports.models import Report
from stores.models import Store
from stores.timeline.refresh import refresh
from tests.admin.pages import AS_OF, DENVER_PAGE, STORES, open_and_save, shown
from tests.support import engine
from tests.support.reference import Data, parse_instant

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("denver")
class TestListOfStores:
    def test_a_store_was_last_seen_in_its_local_time_and_in_utc(self, admin_client):
        text = shown(admin_client.get(STORES))
        assert "Mon 2023-01-23 11:15:00 America/Denver 2023-01-23 18:15:00 UTC" in text
        assert "Mon 2023-01-23 20:00:00 UTC 2023-01-23 20:00:00 UTC" not in text

    def test_local_time_has_the_offset_of_its_own_date(self, admin_client):
        """Denver is six hours behind UTC in July, and seven in January."""
        at = parse_instant("2023-07-04 02:00:00 UTC")
        Store.objects.filter(pk="denver").update(last_seen_at=at)
        text = shown(admin_client.get(STORES))
        assert "Mon 2023-07-03 20:00:00 America/Denver 2023-07-04 02:00:00 UTC" in text

    def test_a_store_without_a_zone_has_the_time_of_the_default_zone(
        self, admin_client
    ):
        at = parse_instant("2023-01-23 03:00:00 UTC")
        Store.objects.create(store_id="nowhere", last_seen_at=at)
        text = shown(admin_client.get(STORES))
        assert (
            "nowhere - - Sun 2023-01-22 21:00:00 America/Chicago "
            "2023-01-23 03:00:00 UTC"
        ) in text


@pytest.mark.usefixtures("denver")
class TestPicture:
    def test_it_says_which_dates_it_covers(self, admin_client):
        """The newest poll is at 20:00Z, which is 13:00 in Denver."""
        assert (
            "From Tue 2023-01-17 00:00:00 to Mon 2023-01-23 13:00:00 "
            "in America/Denver "
            "(2023-01-17 07:00:00 to 2023-01-23 20:00:00 UTC)"
        ) in shown(admin_client.get(DENVER_PAGE))

    def test_each_period_has_its_times_and_its_length(self, admin_client):
        assert (
            "up 09:00:00 2023-01-23 16:00:00 UTC 11:15:00 2023-01-23 18:15:00 UTC "
            "2.25 h "
            "down 11:15:00 2023-01-23 18:15:00 UTC 12:00:00 2023-01-23 19:00:00 UTC "
            "0.75 h"
        ) in shown(admin_client.get(DENVER_PAGE))

    def test_a_period_up_to_midnight_ends_at_24_00(self, admin_client):
        """Always open in Denver: up from 2023-01-22 00:00, which is 07:00Z."""
        open_and_save(admin_client, DENVER_PAGE, monday="", always_open="on")
        polls = [("denver", True, parse_instant("2023-01-22 07:00:00 UTC"))]
        engine.load(Data(polls, [], []))
        assert (
            "up 00:00:00 2023-01-22 07:00:00 UTC 24:00:00 2023-01-23 07:00:00 UTC "
            "24.00 h"
        ) in shown(admin_client.get(DENVER_PAGE))

    def test_utc_tells_the_two_hours_of_a_clock_change_apart(self, admin_client):
        """On 2023-11-05, 01:00 to 02:00 exists twice in Chicago, from 06:00Z on."""
        polls = [
            ("autumn", True, parse_instant("2023-11-05 06:30:00 UTC")),
            ("autumn", False, parse_instant("2023-11-05 07:30:00 UTC")),
            ("autumn", True, parse_instant("2023-11-05 08:30:00 UTC")),
        ]
        engine.load(Data(polls, [], []))
        refresh()
        assert (
            "down 01:30:00 2023-11-05 07:30:00 UTC 02:30:00 2023-11-05 08:30:00 UTC "
            "1.00 h"
        ) in shown(admin_client.get(f"{STORES}autumn/change/"))

    def test_the_periods_of_each_date_open_by_keyboard(self, admin_client):
        text = admin_client.get(DENVER_PAGE).text
        assert text.count('<details class="day">') == 7
        assert text.count("<summary>") == 7

    def test_a_closed_date_says_so(self, admin_client):
        text = shown(admin_client.get(DENVER_PAGE))
        assert text.count("No business hours on this date.") == 6

    def test_a_date_without_hours_yet_says_up_to_when(self, admin_client):
        open_and_save(admin_client, DENVER_PAGE, monday="14:00-15:00")
        text = shown(admin_client.get(DENVER_PAGE))
        assert "No business hours on this date up to the newest poll." in text


@pytest.mark.usefixtures("denver")
class TestNewestReport:
    def shown_report(self, client):
        return client.get(DENVER_PAGE).context["figures"][0].report_id

    def test_it_says_what_each_window_covers(self, admin_client):
        report = compute_now(AS_OF)
        text = shown(admin_client.get(DENVER_PAGE))
        for title, local, utc in [
            ("Last hour (minutes)", "Mon 2023-01-23 12:00:00", "2023-01-23 19:00:00"),
            ("Last day (hours)", "Sun 2023-01-22 13:00:00", "2023-01-22 20:00:00"),
            ("Last week (hours)", "Mon 2023-01-16 13:00:00", "2023-01-16 20:00:00"),
        ]:
            assert f"{title} from {local} ({utc} UTC)" in text
        assert (
            "The windows end at Mon 2023-01-23 13:00:00 in America/Denver "
            "(2023-01-23 20:00:00 UTC)"
        ) in text
        assert f"report {report.report_id}" in text

    def test_a_week_is_168_hours_across_a_clock_change(self, admin_client):
        """From noon to 11:00: clocks went forward in Denver on 2023-03-12."""
        compute_now(parse_instant("2023-03-14 18:00:00 UTC"))
        assert (
            "Last week (hours) from Tue 2023-03-07 11:00:00 (2023-03-07 18:00:00 UTC)"
        ) in shown(admin_client.get(DENVER_PAGE))

    def test_it_is_the_one_with_the_latest_end(self, admin_client):
        latest = compute_now(AS_OF)
        compute_now(AS_OF - timedelta(hours=3))
        assert self.shown_report(admin_client) == latest.pk

    def test_of_two_with_the_same_end_it_is_the_last_requested(self, admin_client):
        compute_now(AS_OF)
        last = compute_now(AS_OF)
        assert self.shown_report(admin_client) == last.pk

    def test_it_is_complete_and_has_the_store(self, admin_client):
        """However many later reports do not have it."""
        report = compute_now(AS_OF)
        later = AS_OF + timedelta(days=1)
        compute_now(later, store_ids=["late"])
        Report.objects.create(as_of=later, state=Report.State.FAILED)
        without_rows = {"as_of": later, "state": Report.State.COMPLETE}
        Report.objects.bulk_create(Report(**without_rows) for _ in range(101))
        assert self.shown_report(admin_client) == report.pk
