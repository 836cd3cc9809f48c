"""The overview: the figures by hand, whose stores it shows, and what it says."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from restaurant_monitor.jobs.models import Heartbeat
from stores.models import Store, Unsettled
from stores.targets import set_target
from stores.timeline.refresh import refresh
from tests.admin.pages import shown
from tests.pages.monday import at
from tests.support import engine
from tests.support.accounts import user_with
from tests.support.browser import needs_chromium
from tests.support.browser import opened as opened_in_browser
from tests.support.labels import label
from tests.support.reference import HOUR, ONE_DAY, Data

pytestmark = pytest.mark.django_db
PARTS = ["uptime", "targets", "labels", "worst", "hours", "month"]


def hours_from_ten(stores):
    """The hours of stores 0, 1 and so on: Mondays from 04:00 in Chicago, or 10:00Z."""
    return [(f"{n}", 0, 4 * HOUR, 5 * HOUR) for n in range(stores)]


def overview(client=None, **asked):
    answer = (client or Client()).get("/", asked)
    assert answer.status_code == 200
    return answer


def part(name, client=None, **asked):
    headers = {"HX-Request": "true"}
    answer = (client or Client()).get(f"/overview/{name}/", asked, headers=headers)
    assert answer.status_code == 200
    return shown(answer)


def numbers(answer):
    """The number of stores of each state, as the page shows them."""
    found = re.findall(r"([\d,]+)\s*</span> <span class=\"state (\w+)\"", answer.text)
    return {status: int(number) for number, status in found}


def down_stores(answer):
    """The rows of the table of stores that are down, without their tags."""
    table = answer.text.partition('id="down"')[2].partition("</section>")[0]
    rows = re.findall(r"<tr><th.*?</tr>", table, flags=re.S)[1:]
    return [" ".join(re.sub("<[^>]*>", " ", row).split()) for row in rows]


class TestNow:
    def test_it_counts_the_stores_of_each_state(self, monday):
        expected = {"down": 2, "up": 1, "unobserved": 1, "closed": 1}
        assert numbers(overview()) == expected

    def test_it_lists_those_that_are_down_the_longest_first(self, monday):
        assert down_stores(overview()) == [
            "long Mon 2023-01-23 08:00 UTC 2023-01-23 08:00 UTC 10 h 45 min "
            "all of 10 h 45 min region:east",
            "denver Mon 2023-01-23 11:15 America/Denver 2023-01-23 18:15 UTC 30 min "
            "30 min of 2 h 45 min brand:Bella region:west",
        ]

    def test_a_store_that_went_down_and_closed_is_not_down_now(self, monday):
        """At 20:00Z both are closed. Their outages go on until they are seen again."""
        engine.load(Data([("late", True, datetime(2023, 1, 23, 20, tzinfo=UTC))]))
        answer = overview()
        assert numbers(answer)["down"] == 0
        assert "No store is down." in shown(answer)

    def test_it_shows_ten_and_says_how_many_more_there_are(self):
        at = datetime(2023, 1, 23, 18, tzinfo=UTC)
        engine.load(Data([(f"store {n}", False, at) for n in range(52)]))
        answer = overview()
        assert len(down_stores(answer)) == 10
        assert "Show more: 42 other stores are down" in shown(answer)
        answer = overview(status="down")
        assert len(down_stores(answer)) == 52
        assert "more stores are down" not in shown(answer)

    def test_a_number_leads_to_its_stores(self, monday):
        answer = overview(status="unobserved")
        found = answer.text.partition('id="found"')[2].partition("</table>")[0]
        assert re.findall(r'class="name"[^>]*>(\w+)<', found) == ["unseen"]
        assert numbers(answer)["up"] == 1

    def test_a_label_chooses_the_stores_of_the_whole_page(self, monday):
        answer = overview(label="region:west")
        expected = {"down": 1, "up": 1, "unobserved": 0, "closed": 0}
        assert numbers(answer) == expected
        assert len(down_stores(answer)) == 1
        # All links of the page keep it.
        assert "/overview/worst/?label=region%3Awest" in answer.text
        assert "?label=region%3Awest&amp;status=up#found" in answer.text
        # The list of those that are down says since when.
        assert "?label=region%3Awest&amp;status=down#down" in answer.text

    def test_a_label_that_no_store_has_is_said(self, monday):
        said = "No store that you see has region:north."
        assert said in shown(overview(label="region:north"))

    @pytest.mark.parametrize(
        "asked",
        [{"label": "west"}, {"status": "broken"}, {"search": "x" * 201}],
    )
    def test_what_it_does_not_understand_it_says(self, monday, asked):
        answer = overview(**asked)
        said = "This address is not understood, so all stores are shown: "
        assert shown(answer).count(said) == 1
        assert answer.text.count('"message error"') == 1
        assert sum(numbers(answer).values()) == 5

    def test_a_text_with_a_nul_is_not_understood(self, monday):
        for asked in ({"label": "region:\0"}, {"search": "\0"}):
            answer = Client().get("/", asked)
            assert answer.status_code in (200, 400)


class TestSearch:
    def test_it_finds_by_the_beginning_of_the_id(self, monday):
        assert "denver down" in part("stores", search="den")
        assert "long" not in part("stores", search="den")

    def test_it_finds_by_a_part_of_the_name(self, monday):
        Store.objects.filter(pk="late").update(display_name="Main Street")
        assert "Main Street late up" in part("stores", search="street")

    def test_without_htmx_the_page_has_the_stores(self, monday):
        assert "denver down" in shown(overview(search="den"))

    def test_it_shows_a_hundred_and_then_the_next(self):
        at = datetime(2023, 1, 23, 18, tzinfo=UTC)
        engine.load(Data([(f"store {n:03}", False, at) for n in range(102)]))
        refresh()
        first = overview(search="store")
        assert "The next 100" in shown(first)
        assert "/?search=store&amp;after=store+099#found" in first.text
        found = part("stores", search="store", after="store 099")
        assert re.findall(r"store (\d+) down", found) == ["100", "101"]
        assert "The next" not in found

    def test_it_says_if_there_is_none(self, monday):
        assert "No store is found by “nowhere”." in part("stores", search="nowhere")


class TestParts:
    def test_uptime_is_of_summed_time(self, monday):
        """Up: denver 30, late 60. Down: denver 30, long 60. Unseen: 60 of 240."""
        assert (
            "50.00 % last hour ▼ \N{MINUS SIGN}16.67 points against the hour before "
            "down 1 h 30 min in all 25.0 % of business time unobserved"
        ) in part("uptime")

    def test_uptime_by_label(self, monday):
        """West: up 135 and 1,125 minutes, down 30."""
        found = part("labels", by="region")
        assert re.findall(r"(east|west|without region) (\d+) ([\d.]+)", found) == [
            ("east", "1", "0.00"),
            ("west", "2", "97.67"),
        ]
        assert "Not observed in the week: 1 value." in found

    def test_a_value_leads_to_its_stores(self, monday):
        found = Client().get(
            "/overview/labels/", {"by": "brand", "label": "region:west"}
        )
        expected = 'href="/?label=region%3Awest&amp;label=brand%3ABella">Bella</a>'
        assert expected in found.text

    def test_of_many_values_it_shows_the_worst_and_the_best(self):
        """Each shop is up for its number of minutes, and down after that."""
        polls, labels = [], {}
        for n in range(12):
            polls += [(f"{n}", True, at("10:00")), (f"{n}", False, at(f"10:{n + 10}"))]
            labels[f"{n}"] = {"brand": f"brand {n}"}
        engine.load(Data([*polls, ("0", False, at("11:00"))], hours_from_ten(12)))
        label(**labels)
        found = part("labels", by="brand")
        order = [int(n) for n in re.findall(r"brand (\d+) 1 ", found)]
        assert order == [0, 1, 2, 3, 4, 11, 10, 9, 8, 7]
        assert "Worst of 12, in the last week" in found

    def test_without_labels_it_says_where_they_come_from(self):
        engine.load(Data([("1", True, datetime(2023, 1, 23, tzinfo=UTC))]))
        assert "No store has a label yet." in part("labels")

    def test_worst_stores(self, monday):
        found = part("worst")
        rows = re.findall(r"(long|denver) ([\dhmin ]+) ([\d.]+) %", found)
        assert rows == [("long", "10 h 45 min", "0.00"), ("denver", "30 min", "81.82")]
        # Of 180 minutes of Monday until 18:45Z.
        assert "2023-01-23: 18.2 % down" in found
        assert "2023-01-22: closed" in found

    def test_a_date_that_nobody_observed_is_not_up(self, monday):
        """The sessions of Monday the 16th: in the range are 15 and 75 minutes."""
        answer = Client().get("/overview/worst/")
        assert "unobserved" in shown(answer)
        long = answer.text.partition(">long<")[2].partition("</tr>")[0]
        # 645 of 720 minutes of the range were seen.
        assert "10.4 % unobserved" in long

    def test_hours_are_those_of_each_clock(self, monday):
        """11:00: down 30 and 60 of 165. 18:00 of `long` and `late`: 45 of 90."""
        answer = Client().get("/overview/hours/")
        titles = re.findall(r'title="Mon (\d+):00, ([^ ]+)', answer.text)
        found = dict(titles)
        assert (found["11"], found["18"], found["7"]) == ("54.55", "50.00", "0.00")
        assert found["20"] == "\N{EN DASH}"

    def test_the_hour_with_the_most_downtime_is_the_darkest(self):
        """Up from 10:00, down for 49 of the 60 minutes: a share that floats round."""
        polls = [("1", True, at("10:00")), ("1", False, at("10:11"))]
        engine.load(Data([*polls, ("1", False, at("11:00"))], hours_from_ten(2)))
        [darkest] = re.findall(
            r'class="heat-(\d+)"', Client().get("/overview/hours/").text
        )
        assert darkest == "5"

    def test_dates(self, monday):
        """Monday: up 1,125 and 135 minutes, down 645 and 30."""
        found = part("month")
        assert "Mon 2023-01-23 65.12 % 11 h 15 min" in found
        assert "2022-12-26: not observed" in found
        # Monday is not over yet.
        assert "The highest bar is 34.88 %." in found
        assert "worst whole date" not in found

    def test_the_worst_date_is_a_whole_one(self):
        """Down: half of the hour of Monday the 16th, and all of the 23rd so far."""
        week, opened, half_past = 7 * ONE_DAY, at("10:00"), at("10:30")
        polls = [("0", True, opened - week), ("0", False, half_past - week)]
        polls += [("0", False, opened), ("0", False, half_past)]
        engine.load(Data(polls, hours_from_ten(1)))
        found = part("month")
        assert "The worst whole date was Mon 2023-01-16 : 50.00 %" in found
        assert "The highest bar is 100.00 %." in found

    def test_targets(self, monday):
        """West: up 1,260 minutes, down 30, and 12,030 to come. East: down 645 of 1,440.

        Of east, 14.4 minutes may be down.
        """
        for name, target in [("region:west", 80), ("region:east", 99), ("none:a", 50)]:
            set_target(name, target)
        found = part("targets")
        assert "Targets of January 2023" in found
        assert "0 min of 0 min no store has this label" in found
        east = "0.00 % target 99.00 % 10 h 45 min of 14 min missed since Mon 23 Jan"
        assert f"region:east 1 {east}" in found
        west = "97.67 % target 80.00 % 30 min of 44 h 24 min reached"
        assert f"region:west 2 {west}" in found

    def test_a_target_that_will_be_missed(self, monday):
        """May be down: 133.2 minutes. The rest of the month loses 2.3 % as well.

        Each date from the 24th on loses 33.5 minutes of `late`, after 37.7 on the 23rd.
        """
        set_target("region:west", 99)
        assert "30 min of 2 h 13 min missed on Thu 26 Jan" in part("targets")

    def test_without_a_target_editors_can_add_one(self, monday):
        assert "There is no target yet. Add one" in part("targets")

    @pytest.mark.parametrize("name", PARTS)
    def test_without_htmx_a_part_is_a_page(self, monday, name):
        answer = Client().get(f"/overview/{name}/", {"label": "region:west"})
        assert answer["Vary"].split(", ").count("HX-Request") == 1
        assert "<h1" in answer.text
        assert "only stores with region:west" in shown(answer)

    @pytest.mark.parametrize("name", PARTS)
    def test_without_polls_a_part_says_so(self, name):
        assert "There are no figures now: there is no poll yet" in part(name)


def refreshed(client=None, **asked):
    """What an open page asks for every minute."""
    headers = {"HX-Request": "true"}
    answer = (client or Client()).get("/overview/now/", asked, headers=headers)
    assert answer.status_code == 200
    return answer


# Denver is seen up again, 5 minutes later: 18:50Z.
UP_AGAIN = Data([("denver", True, at("18:50"))])


class TestRefresh:
    def test_it_has_the_new_numbers_and_the_new_moment(self, monday):
        engine.load(UP_AGAIN)
        answer = refreshed()
        expected = {"down": 1, "up": 2, "unobserved": 1, "closed": 1}
        assert numbers(answer) == expected
        assert re.findall(r'id="down-(\w+)"', answer.text) == ["more", "rows", "long"]
        assert "on Mon 2023-01-23 18:50 UTC" in shown(answer)

    def test_it_keeps_what_the_page_was_asked_for(self, monday):
        page = overview(label="region:west", status="up", search="den")
        asked = "/overview/now/?label=region%3Awest&amp;status=up"
        assert f'hx-get="{asked}" hx-trigger="every 60s"' in page.text
        answer = refreshed(label="region:west", status="up")
        assert numbers(answer)["up"] == 1
        links = re.findall(r'<a id="count-\w+" href="([^"]*)"', page.text)
        assert links == re.findall(r'<a id="count-\w+" href="([^"]*)"', answer.text)
        assert answer.text.count('aria-current="true"') == 1

    def test_nothing_of_it_is_read_aloud(self, monday):
        assert not re.search(r"aria-live|role=", refreshed().text)
        page = overview().text
        assert re.findall(r'<div id="(\w+)" aria-live', page) == ["found"]

    def test_without_figures_nothing_is_asked_for(self):
        engine.load(Data(zones=[("1", "UTC")]))
        assert "/overview/now/" not in overview().text

    def test_without_htmx_it_is_the_overview(self, monday):
        assert Client().get("/overview/now/").url == "/"

    def test_a_user_sees_only_granted_stores(self, monday, log_in):
        answer = refreshed(log_in(user_with("viewer", stores=["denver"])))
        assert sum(numbers(answer).values()) == 1
        assert not re.search(r"\b(long|late|east)\b", shown(answer))

    def test_the_stores_that_are_down_need_their_permission(self, monday, log_in):
        user = user_with("all stores")
        user.user_permissions.set(Permission.objects.filter(codename="view_store"))
        browser = log_in(user)
        assert "down-rows" not in refreshed(browser).text
        assert "down-rows" not in overview(browser).text

    def test_after_the_session_has_ended_the_page_is_loaded_again(
        self, monday, settings
    ):
        """Otherwise the login would be put into the page."""
        settings.OPEN = False
        answer = refreshed()
        assert answer["HX-Refresh"] == "true"
        assert not answer.content

    def test_more_stores_need_no_more_queries(self, monday, log_in):
        browser = log_in(user_with("viewer", "all stores"))
        refreshed(browser)
        with CaptureQueriesContext(connection) as few:
            refreshed(browser)
        engine.load(Data([(f"l{n}", False, at("18:50")) for n in range(30)]))
        refreshed(browser)
        with CaptureQueriesContext(connection) as many:
            refreshed(browser)
        assert len(many) == len(few) <= 15

    @needs_chromium
    def test_typed_text_focus_and_place_are_kept(self, monday):
        """Of 42 stores that are down, one is up a minute later."""
        stores = [f"store {n:02}" for n in range(40)]
        engine.load(Data([(name, False, at("18:45")) for name in stores]))
        html = overview(status="down").text
        engine.load(UP_AGAIN)
        part = refreshed(status="down").text
        with opened_in_browser(html, 1280, parts={"/overview/now/": part}) as page:
            assert page.inner_text("#count-down .number") == "42"
            page.fill("#search", "sto")
            page.fill("#label", "region")
            page.evaluate("window.scrollTo(0, 400)")
            page.evaluate(FOCUS, "down-long")
            page.clock.fast_forward(61_000)
            page.wait_for_function(NUMBER_IS_41)
            assert page.input_value("#search") == "sto"
            assert page.input_value("#label") == "region"
            assert page.evaluate("document.activeElement.id") == "down-long"
            assert page.evaluate("window.scrollY") == 400
            assert page.locator("#down-denver").count() == 0


FOCUS = "id => document.getElementById(id).focus({preventScroll: true})"
NUMBER_IS_41 = "document.querySelector('#count-down .number').textContent === '41'"


class TestWhatItSays:
    def test_before_the_first_timeline_it_says_so(self, monkeypatch):
        monkeypatch.setattr("stores.timeline.refresh.LITTLE_WORK", 0)
        engine.load(Data([("1", True, at("10:00"))]))
        waiting = overview()
        assert "The worker is computing the uptime." in shown(waiting)
        assert 'hx-get="/" hx-trigger="every 2s"' in waiting.text
        assert "There are no figures now: the timeline does not" in part("uptime")

    def test_after_the_first_timeline_it_asks_every_minute_only(self):
        engine.load(Data([("1", True, at("10:00"))]))
        assert "every 2s" not in overview().text

    def test_an_empty_installation_says_what_to_do(self):
        text = shown(overview())
        assert "There is no data yet." in text
        assert "Upload files of polls" in text
        assert "manage.py ingest_csv FOLDER" in text

    def test_an_empty_installation_in_open_mode_loads_the_sample_data(self):
        assert 'action="/ingests/sample/"' in overview().text

    def test_an_empty_installation_with_accounts_leads_to_the_files(self, log_in):
        text = log_in(user_with("operator", "all stores")).get("/").text
        assert 'href="/ingests/"' in text
        assert 'action="/ingests/sample/"' not in text

    def test_an_installation_with_stores_does_not_offer_the_sample_data(self, monday):
        assert 'action="/ingests/sample/"' not in overview().text

    def test_stores_without_polls_are_said(self):
        engine.load(Data(zones=[("1", "UTC")]))
        assert "1 store, and no poll yet" in shown(overview())

    def test_an_old_poll_is_said(self, monday):
        answer = overview()
        assert "The newest poll of all stores is" in shown(answer)
        assert "on Mon 2023-01-23 18:45 UTC, not how they are now" in shown(answer)

    def test_a_new_poll_is_not_called_old(self):
        at = datetime.now(UTC) - timedelta(minutes=90)
        engine.load(Data([("1", True, at)]))
        text = shown(overview())
        assert "the newest poll of all stores, 1 h 30 min ago" in text
        assert "days old" not in text

    def test_it_says_if_no_worker_runs(self, monday):
        assert "No worker is running" in shown(overview())
        Heartbeat.objects.create(seen_at=datetime.now(UTC))
        assert "No worker is running" not in shown(overview())

    def test_unsettled_stores_are_said(self, monday):
        Unsettled.objects.create(store_id="late", missing=Unsettled.Missing.HOURS)
        Unsettled.objects.create(store_id="late", missing=Unsettled.Missing.TIMEZONE)
        assert "1 store is unsettled" in shown(overview())


class TestWhoSees:
    def test_a_user_sees_only_granted_stores(self, monday, log_in):
        browser = log_in(user_with("viewer", stores=["denver", "unseen"]))
        Unsettled.objects.create(store_id="late", missing=Unsettled.Missing.HOURS)
        answer = overview(browser)
        expected = {"down": 1, "up": 0, "unobserved": 1, "closed": 0}
        assert numbers(answer) == expected
        assert "unsettled" not in shown(answer)
        seen = [
            *(shown(overview(browser, status=status)) for status in ("up", "down")),
            *(part(name, browser) for name in PARTS),
            part("stores", browser, search="l"),
        ]
        for text in seen:
            assert not re.search(r"\b(long|late|east)\b", text), text
        assert "81.82" in part("labels", browser)

    def test_a_user_without_stores_is_told_so(self, monday, log_in):
        text = shown(overview(log_in(user_with("viewer"))))
        assert "There is no store that you may see." in text

    def test_a_user_without_the_permission_goes_to_the_account(self, monday, log_in):
        browser = log_in(user_with("poller"))
        assert browser.get("/").url == "/account/"
        for name in [*PARTS, "stores"]:
            assert browser.get(f"/overview/{name}/").status_code == 403

    def test_without_a_login_the_login_comes_first(self, monday, settings):
        settings.OPEN = False
        assert Client().get("/").url == "/login/?next=/"


@pytest.mark.parametrize(
    "address", ["/?status=down", *(f"/overview/{name}/" for name in PARTS)]
)
def test_no_page_has_what_the_policy_forbids(monday, address):
    text = Client().get(address).text
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|hx-on|javascript:", text)
    assert re.findall("<script(.*?)>", text) == [
        ' defer src="/static/django_htmx/htmx-2.min.js"'
    ]


@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("/?status=down&search=l&label=region:west", 22),
        ("/overview/stores/?search=l", 12),
        ("/overview/uptime/", 40),
        ("/overview/targets/", 20),
        ("/overview/labels/", 20),
        ("/overview/worst/", 20),
        ("/overview/hours/", 20),
        ("/overview/month/", 20),
    ],
)
def test_more_stores_need_no_more_queries(monday, log_in, address, most):
    browser = log_in(user_with("viewer", "all stores"))
    browser.get(address)  # the timeline is brought up to date
    with CaptureQueriesContext(connection) as few:
        browser.get(address)
    at = datetime(2023, 1, 23, 18, tzinfo=UTC)
    engine.load(Data([(f"l{n}", False, at) for n in range(30)]))
    browser.get(address)
    with CaptureQueriesContext(connection) as many:
        browser.get(address)
    assert len(many) == len(few) <= most
