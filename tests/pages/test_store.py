"""The page of a store, by hand: Denver is open on Mondays from 09:00 to 12:00.

On 2023-01-23 it was active at 10:14 and inactive at 11:15 (17:14Z and 18:15Z). So it
was up from 09:00 to 11:15 and down until 12:00. As of 20:00Z, or 13:00, it is closed.
"""

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from rest_framework.test import APIClient

from stores.hours.special_dates import set_special_hours
from stores.hours.week import set_week
from stores.models import Poll, Store, TimelineState, Unsettled
from stores.timeline.marks import mark
from stores.timeline.refresh import refresh
from tests.admin.pages import AS_OF, shown
from tests.api.asking import answer, cells, of_store, span
from tests.api.generated import generated, ranges
from tests.api.stores import address, segment
from tests.support import engine, reference
from tests.support.accounts import user_with
from tests.support.labels import label
from tests.support.reference import Data, parse_instant

pytestmark = pytest.mark.django_db
DENVER = "/stores/denver/"
MOST_QUERIES = 45


def page_of(store_id, **query):
    return Client().get(f"/stores/{segment(store_id)}/", query)


def text_of(store_id, **query):
    page = page_of(store_id, **query)
    assert page.status_code == 200
    return shown(page).replace("( ", "(")


class TestState:
    @pytest.mark.usefixtures("denver")
    def test_a_closed_store_is_closed_since_it_closed(self):
        text = text_of("denver")
        assert "closed since Mon 2023-01-23 12:00 (19:00 UTC)" in text
        assert (
            "Times are in America/Denver. As of Mon 2023-01-23 13:00 (20:00 UTC)"
            in (text)
        )
        assert (
            "As of Mon 2023-01-23 13:00:00 (2023-01-23 20:00:00 UTC) Closed since "
            "Mon 2023-01-23 12:00:00 (2023-01-23 19:00:00 UTC)" in text
        )
        assert "Time zone America/Denver" in text

    def test_a_store_is_down_since_the_start_of_its_outage(self):
        """Open at all times: the poll of 12:00Z says down, the next one too."""
        polls = [("1", True, "10:00"), ("1", False, "12:00"), ("1", False, "15:00")]
        load_utc(*polls, ("2", True, "16:00"))
        assert "down since Mon 2023-01-23 12:00 UTC" in text_of("1")

    def test_a_state_that_begins_with_the_newest_poll_is_shown(self):
        load_utc(("1", True, "10:00"), ("1", False, "12:00"))
        assert "down since Mon 2023-01-23 12:00 UTC" in text_of("1")

    def test_an_old_poll_is_said(self):
        load_utc(("1", True, "10:00"), ("2", True, "12:00"))
        assert "on Mon 2023-01-23 12:00 UTC, not how they are now" in text_of("1")

    def test_a_new_poll_is_not_called_old(self):
        at = datetime.now(UTC) - timedelta(minutes=90)
        engine.load(Data([("1", True, at)]))
        assert "not how they are now" not in text_of("1")

    def test_a_store_is_up_across_closed_hours(self):
        """Open from 10:00 to 11:00 and from 12:00 to 14:00."""
        load_utc(("1", True, "10:00"), ("1", True, "12:30"), ("2", True, "13:00"))
        set_week("1", [(0, time(10), time(11)), (0, time(12), time(14))])
        text = text_of("1")
        assert "up since Mon 2023-01-23 10:00 UTC or earlier" not in text
        assert "up since Mon 2023-01-23 10:00 UTC" in text

    def test_nobody_saw_a_store_since_the_carry_limit(self):
        """Closed hours end its observed time: midnight of the 24th is unobserved."""
        engine.load(
            Data(
                [
                    ("1", True, parse_instant("2023-01-23 10:00:00 UTC")),
                    ("2", True, parse_instant("2023-01-26 10:00:00 UTC")),
                ],
                [],
                [("1", "UTC"), ("2", "UTC")],
            )
        )
        text = text_of("1")
        assert "unobserved since Wed 2023-01-25 00:00 UTC" in text

    @pytest.mark.usefixtures("denver")
    def test_an_unsettled_store_says_so_and_what_to_do(self):
        Unsettled.objects.create(store_id="denver", missing="hours")
        text = text_of("denver")
        assert "This store is unsettled: nobody knows its hours." in text
        assert "load the file again with good rows" in text
        assert "Nobody knows them" in text

    @pytest.mark.usefixtures("denver")
    def test_the_head_has_name_id_and_labels(self):
        Store.objects.filter(pk="denver").update(display_name="Mile <High>")
        label(denver={"region": "west"})
        page = page_of("denver")
        assert "Mile &lt;High&gt; <small><code>denver</code>" in page.text
        assert '<a class="label" href="/?label=region%3Awest">region:west' in page.text

    def test_without_any_poll_the_page_says_why_it_has_no_figures(self):
        Store.objects.create(store_id="new")
        text = text_of("new")
        assert "There are no figures to show: there is no poll yet" in text
        assert "Always open" in text


def load_utc(*polls):
    """Load polls of stores in UTC, at times of 2023-01-23."""
    rows = [
        (store_id, is_up, parse_instant(f"2023-01-23 {at}:00 UTC"))
        for store_id, is_up, at in polls
    ]
    engine.load(Data(rows, [], [(i, "UTC") for i in {row[0] for row in rows}]))


@pytest.mark.usefixtures("denver")
class TestFigures:
    def window(self, title):
        windows = page_of("denver").context["windows"]
        return next(window for window in windows if window.title == title)

    def test_the_day_has_two_and_a_quarter_hours_up(self):
        day = self.window("Day")
        assert [float(f) for f in (day.up, day.down, day.unobserved)] == [2.25, 0.75, 0]
        assert float(day.percent) == 75
        assert float(day.previous_business) == 0  # a Sunday
        assert day.previous_percent is None
        assert day.percent_change is None

    def test_the_week_before_was_not_observed(self):
        week = self.window("Week")
        assert float(week.up) == 2.25
        assert float(week.previous_unobserved) == 3
        assert float(week.unobserved_change) == -3

    def test_thirty_days_have_five_mondays(self):
        """26 December, and 2, 9, 16 and 23 January."""
        month = self.window("30 days")
        assert float(month.business) == 15
        assert float(month.unobserved) == 12

    def test_the_hour_is_in_minutes(self):
        """As of 18:45Z, the hour before has 30 minutes up and 30 down."""
        TimelineState.objects.update(newest_poll_at=parse_instant("2023-01-23 18:45Z"))
        text = text_of("denver")
        assert "Last hour 50.00 % up min Last Before Change Up 30.00 60.00" in text
        assert "Down 30.00 0.00 +30.00" in text
        assert "Uptime % 50.00 100.00 \u221250.00" in text

    def test_they_say_what_they_cover(self):
        text = text_of("denver")
        assert "since Sun 2023-01-22 13:00 ; before: since Sat 2023-01-21 13:00" in text
        assert (
            "Last day since Sun 2023-01-22 13:00:00 (2023-01-22 20:00:00 UTC) "
            "before: since Sat 2023-01-21 13:00:00 (2023-01-21 20:00:00 UTC)" in text
        )

    def test_pruned_figures_are_not_shown(self):
        """What is kept begins with 2023-01-16 00:00Z: the week, not the one before."""
        TimelineState.objects.update(history_from=date(2023, 1, 15))
        assert float(self.window("Week").up) == 2.25
        assert self.window("Week").previous_up is None
        assert self.window("30 days").up is None
        text = text_of("denver")
        assert "Not all polls of the time before are kept." in text
        assert "Not all polls of this time are kept." in text
        assert "Sun 2023-01-15 17:00 (2023-01-16 00:00 UTC) were pruned" in text

    def test_a_pruned_week_is_refused_with_the_first_date_there_is(self):
        TimelineState.objects.update(history_from=date(2023, 1, 15))
        page = page_of("denver", week="2023-01-16")
        assert "the polls before 2023-01-16T00:00:00+00:00 were pruned" not in page.text
        page = page_of("denver", week="2023-01-15")
        assert "the polls before 2023-01-16T00:00:00+00:00 were pruned" in page.text
        assert 'href="?week=2023-01-17#days"' in page.text


LENGTHS = {
    "Hour": timedelta(hours=1),
    "Day": timedelta(days=1),
    "Week": timedelta(days=7),
    "30 days": timedelta(days=30),
}


@settings(generated, max_examples=15)
@given(ranges())
def test_the_figures_equal_those_of_the_api(example):
    data, *_ = example
    with engine.rolled_back():
        engine.load(data)
        for store_id in reference.known_stores(data):
            found = page_of(store_id).context
            if "windows" in found:
                check_windows(store_id, found["as_of"], found["windows"])
                now = answer(APIClient().get(address(store_id)))
                assert found["status"].status == now["status"]


def check_windows(store_id, as_of, windows):
    for window in windows:
        length = LENGTHS[window.title]
        check_window(store_id, window, "", as_of - length, as_of, as_of)
        before = as_of - 2 * length, as_of - length
        check_window(store_id, window, "previous_", *before, as_of)


def check_window(store_id, window, prefix, since, until, as_of):
    found = answer(of_store(store_id, "uptime", **span(since, until, as_of)))
    unit = 60 if window.title == "Hour" else 3600
    for name in ("business", "up", "down", "unobserved", "excused"):
        rounded = getattr(window, prefix + name)
        assert abs(float(rounded) - found[f"{name}_seconds"] / unit) <= 0.005001
    percent = getattr(window, f"{prefix}percent")
    assert (percent if percent is None else float(percent)) == found["uptime_percent"]


@pytest.mark.usefixtures("denver")
class TestWeek:
    def test_the_newest_seven_dates_are_shown_first(self):
        text = text_of("denver")
        assert "Tue 2023-01-17 to Mon 2023-01-23" in text
        assert "2.25 h up 0.75 h down 0.00 h unobserved 2 polls" in text
        assert "up 09:00:00 2023-01-23 16:00:00 UTC" in text
        assert "The week after" not in text

    def test_any_week_can_be_shown_with_links_to_its_neighbours(self):
        page = page_of("denver", week="2023-01-10")
        text = shown(page)
        assert "Tue 2023-01-10 to Mon 2023-01-16" in text
        assert "0.00 h up 0.00 h down 3.00 h unobserved no polls" in text
        assert 'href="?week=2023-01-03#days"' in page.text
        assert 'href="?week=2023-01-17#days"' in page.text

    def test_a_week_that_is_not_over_ends_at_the_newest_poll(self):
        page = page_of("denver", week="2023-01-23")
        assert "Mon 2023-01-23 to Mon 2023-01-23" in shown(page)
        assert len(page.context["week"]["days"]) == 1

    def test_polls_are_ticks(self):
        """10:14 is minute 614 of the date, 11:15 is minute 675."""
        text = page_of("denver").text
        assert 'class="tick active" transform="translate(0 22)" d="M614 0v6"' in text
        assert 'class="tick inactive" transform="translate(0 22)" d="M675 0v6"' in text

    @pytest.mark.parametrize(
        "text", ["yesterday", "2023-02-30", "0001-01-01", "9999-01-01"]
    )
    def test_no_date_is_said(self, text):
        found = text_of("denver", week=text)
        assert "These are the newest dates." in found
        assert "Tue 2023-01-17 to Mon 2023-01-23" in found

    def test_a_date_after_the_newest_poll_shows_the_last_date(self):
        assert "Mon 2023-01-23 to Mon 2023-01-23" in text_of(
            "denver", week="2050-01-01"
        )

    def test_outages_have_times_and_their_length_in_business_hours(self):
        text = text_of("denver")
        assert (
            "Mon 2023-01-23 11:15:00 (2023-01-23 18:15:00 UTC) ongoing , down until "
            "Mon 2023-01-23 12:00:00 (2023-01-23 19:00:00 UTC) 0.75 h" in text
        )

    def test_outages_have_the_shares_of_their_reasons(self):
        """Down from 18:15Z to 19:00Z, from 18:30Z because of the platform."""
        engine.load(Data([("denver", False, parse_instant("2023-01-23 18:30:00 UTC"))]))
        polls = Poll.objects.filter(observed_at="2023-01-23T18:30Z")
        polls.update(reason="platform")
        text = text_of("denver")
        assert "0.75 h because of: the platform 66.7 %, unknown 33.3 %" in text
        assert text.count("Reasons of its polls: the platform (1).") == 1

    def test_the_ongoing_outage_is_listed_with_every_week(self):
        assert "ongoing , down until" in text_of("denver", week="2023-01-10")

    def test_a_week_without_outages_says_so(self):
        assert "None: nothing was seen down." in text_of("late")

    def test_the_table_of_hours_has_the_downtime_of_each_hour(self):
        """Of 11:00 to 12:00, 45 of 60 minutes on one of four Mondays were observed."""
        text = text_of("denver")
        row = re.search(r"Mon((?: \S+){24}) Tue", text)[1].split()
        assert row[9:12] == ["0", "0", "75"]
        assert set(row[:9] + row[12:]) == {"·"}

    def test_the_week_and_the_special_dates_are_shown(self):
        set_special_hours("denver", date(2023, 1, 30), [(time(10), time(11, 30))])
        set_special_hours("denver", date(2023, 2, 6), [])
        text = text_of("denver")
        assert "Monday 09:00-12:00 Tuesday closed" in text
        assert "2023-01-30 10:00-11:30 Edit 2023-02-06 closed" in text


@pytest.mark.usefixtures("denver")
class TestFiles:
    def file(self, what, **query):
        found = Client().get(
            f"{DENVER}{what}.csv", query, headers={"accept": "text/html"}
        )
        return found, cells(found)

    def test_outages_are_those_of_the_api(self):
        found, rows = self.file("outages", week="2023-01-17")
        name = 'attachment; filename="outages-denver-2023-01-17.csv"'
        assert found["Content-Disposition"] == name
        asked = {"from": "2023-01-17T07:00Z", "to": "2023-01-23T20:00Z"}
        assert rows == cells(of_store("denver", "outages", accept="text/csv", **asked))
        assert rows[1][1:] == [
            "2023-01-23T18:15:00Z",
            "2023-01-23T19:00:00Z",
            "2700.0",
            "true",
            "",
        ]

    def test_uptime_has_a_row_for_each_date(self):
        _, rows = self.file("uptime")
        assert [row[0] for row in rows[1:]] == [
            f"2023-01-{day}" for day in range(17, 24)
        ]
        assert rows[-1][1:] == ["10800.0", "8100.0", "2700.0", "0.0", "0.0", "75.0"]

    def test_the_timeline_has_a_row_for_each_period(self):
        _, rows = self.file("timeline")
        assert [row[-2:] for row in rows[1:]] == [["up", "false"], ["down", "false"]]

    def test_the_page_links_to_its_dates(self):
        page = page_of("denver", week="2023-01-10")
        for what in ("uptime", "timeline", "outages"):
            assert f'href="{DENVER}{what}.csv?week=2023-01-10"' in page.text

    def test_no_date_is_refused(self):
        answer = Client().get(f"{DENVER}uptime.csv?week=yesterday")
        assert answer.status_code == 400

    def test_a_foreign_store_has_no_file(self, log_in):
        browser = log_in(user_with("viewer", stores=["late"]))
        assert browser.get(f"{DENVER}uptime.csv").status_code == 404
        assert browser.get("/stores/late/uptime.csv").status_code == 200


@pytest.mark.usefixtures("denver")
class TestWho:
    def test_a_foreign_store_is_as_an_unknown_one(self, log_in):
        browser = log_in(user_with("viewer", stores=["late"]))
        foreign, unknown = (browser.get(f"/stores/{i}/") for i in ("denver", "none"))
        assert foreign.status_code == unknown.status_code == 404
        # They differ only by the id that was asked for.
        assert shown(foreign).replace("denver", "none") == shown(unknown)
        assert browser.get("/stores/late/").status_code == 200

    def test_without_a_login_the_login_comes_first(self, settings):
        settings.OPEN = False
        assert Client().get(DENVER).url == f"/login/?next={DENVER}"

    def test_without_the_permission_it_is_refused(self, log_in):
        browser = log_in(user_with("poller", "all stores"))
        assert browser.get(DENVER).status_code == 403

    @pytest.mark.parametrize(
        ("roles", "fields", "has_link"),
        [
            (["editor"], {"is_staff": True}, True),
            (["viewer"], {"is_staff": True}, False),
            (["editor"], {}, False),
        ],
    )
    def test_only_who_may_edit_gets_the_link(self, log_in, roles, fields, has_link):
        browser = log_in(user_with(*roles, "all stores", **fields))
        link = 'href="/admin/stores/store/denver/change/"'
        assert (link in browser.get(DENVER).text) == has_link


@pytest.mark.usefixtures("denver")
def test_the_page_makes_a_bounded_number_of_queries(log_in):
    browser = log_in(user_with("viewer", stores=["denver"]))
    browser.get(DENVER)
    with CaptureQueriesContext(connection) as few:
        browser.get(DENVER)
    load_utc(*(("denver", n % 2, f"{n // 60:02}:{n % 60:02}") for n in range(600)))
    refresh(AS_OF)
    for day in range(1, 29):
        set_special_hours("denver", date(2023, 3, day), [])
    refresh(AS_OF)
    with CaptureQueriesContext(connection) as many:
        browser.get(DENVER)
    assert len(many) <= len(few) <= MOST_QUERIES


@pytest.mark.parametrize(
    "store_id", ["a/b", "..", "50%", "#1", "uptime.csv", "a b", "é"]
)
def test_every_id_has_a_page_and_files(store_id):
    load_utc((store_id, True, "10:00"))
    page = Client().get(reverse("store_page", args=[store_id]))
    assert page.context["store"].pk == store_id
    for link in re.findall(r'href="([^"]*\.csv[^"]*)"', page.text):
        assert Client().get(link).status_code == 200


def test_it_runs_nothing_inline_and_loads_only_our_files(denver):
    text = page_of("denver").text
    assert not re.search(r"<style|<script|\sstyle=|\son\w+=", text)
    assert set(re.findall(r'<link rel="stylesheet" href="(/[^/][^"]*)', text)) == {
        "/static/access/pages.css",
        "/static/access/figures.css",
        "/static/pages/store.css",
    }


def test_a_reader_waits_for_the_worker_with_a_reason(denver, monkeypatch):
    monkeypatch.setattr("stores.timeline.refresh.LITTLE_WORK", 0)
    TimelineState.objects.update(newest_poll_at=None)
    mark()
    assert "There are no figures to show: the timeline does not" in text_of("denver")
