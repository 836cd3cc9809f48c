"""Alerts on their page and in the API, within the scope of a user."""

import csv
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from reports.alerts.models import Alert, AlertMessage, AlertRule
from stores import editing
from tests.access.entries import changes, recorded
from tests.admin.pages import shown
from tests.alerts.monday import at, evaluate, mail_channel, rule
from tests.support import engine
from tests.support.accounts import client_of, user_with
from tests.support.browser import needs_chromium, opened
from tests.support.labels import label
from tests.support.reference import Data

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stores")]
UNUSED_ID = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


@pytest.fixture
def outages(stores):
    """Pier 39 and, in the east, dock are down. It was told of pier first."""
    up, down = ("dock", True, at("15:00")), ("dock", False, at("18:30"))
    pier = ("pier", False, at("18:05"))
    engine.load(Data([up, down, pier], [], [("dock", "UTC")]))
    label(dock={"region": "east"})
    rule()
    evaluate("18:35")
    evaluate("18:50")


def rows_of(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def stores_of(answer):
    return [row["store_id"] for row in rows_of(answer)]


@pytest.mark.usefixtures("outages")
class TestApi:
    def test_open_ones_come_first_then_the_newest(self):
        client = APIClient()
        assert stores_of(client.get("/api/alerts")) == ["dock", "pier"]
        evaluate("18:55", dock=True)
        assert stores_of(client.get("/api/alerts")) == ["pier", "dock"]
        assert stores_of(client.get("/api/alerts?is_open=false")) == ["dock"]
        assert stores_of(client.get("/api/alerts?label=region:west")) == ["pier"]
        other = rule("Other", channels=[])
        assert rows_of(client.get(f"/api/alerts?rule={other.pk}")) == []

    def test_an_alert_has_its_outage(self):
        alert, found = Alert.objects.get(store_id="pier"), APIClient()
        [row] = rows_of(found.get("/api/alerts?label=region:west"))
        assert row == {
            "alert_id": str(alert.pk),
            "rule_id": str(alert.rule_id),
            "rule": "Down 20 minutes",
            "kind": "down",
            "store_id": "pier",
            "label": None,
            "date": None,
            "uptime_percent": None,
            "stores": 0,
            "starts_at": "2023-01-23T18:05:00Z",
            "ended_at": None,
            "ended_as": None,
            "down_seconds": 2700.0,  # up to 18:50
            "is_open": True,
            "opened_at": "2023-01-23T18:35:00Z",
            "told_at": "2023-01-23T18:35:00Z",
            "closed_at": None,
            "acknowledged_at": None,
            "acknowledged_by": "",
            "comment": "",
        }
        answer = found.get("/api/alerts", headers={"accept": "text/csv"})
        [_, csv_row] = csv.DictReader(answer.text.splitlines())
        assert {*csv_row} == {*row}
        assert csv_row["store_id"] == "pier"

    def test_it_comes_in_pages(self):
        first = APIClient().get("/api/alerts?page_size=1")
        second = APIClient().get(first.json()["next"])
        assert stores_of(first) + stores_of(second) == ["dock", "pier"]
        assert second.json()["next"] is None

    def test_a_user_sees_and_acknowledges_those_of_their_stores(self, settings):
        settings.OPEN = False
        west = client_of(user_with("operator", labels=["region:west"]))
        assert stores_of(west.get("/api/alerts")) == ["pier"]
        foreign = Alert.objects.get(store_id="dock").pk
        answers = [
            west.post(f"/api/alerts/{pk}/acknowledge", {}, format="json")
            for pk in (foreign, UNUSED_ID)
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert not Alert.objects.exclude(acknowledged_at=None).exists()

    def test_a_user_sees_the_alert_of_a_store_that_was_deleted_since(self, settings):
        settings.OPEN = False
        client = client_of(user_with("operator", stores=["dock"]))
        editing.delete(["dock"])
        assert stores_of(client.get("/api/alerts")) == ["dock"]

    def test_an_acknowledgement_has_a_comment_and_is_recorded(self, settings):
        settings.OPEN = False
        client = client_of(user_with("editor", "all stores", name="maria"))
        key = Alert.objects.get(store_id="pier").pk
        with recorded() as found:
            for comment in ("The router.", "A new router."):
                answer = client.post(
                    f"/api/alerts/{key}/acknowledge",
                    {"comment": comment},
                    format="json",
                )
        row = answer.json()
        assert (row["acknowledged_by"], row["comment"]) == ("maria", "A new router.")
        assert changes(found) == [
            ("alert.acknowledged", str(key), None, {"comment": "The router."}),
            (
                "alert.acknowledged",
                str(key),
                {"comment": "The router."},
                {"comment": "A new router."},
            ),
        ]

    def test_an_alert_of_several_stores_is_seen_by_whoever_sees_them_all(
        self, settings
    ):
        settings.OPEN = False
        Alert.objects.filter(store_id="dock").update(
            store_id="", value="region:east", store_ids=["dock", "pier"]
        )
        one, both = (
            client_of(user_with("viewer", name=f"sees{len(ids)}", stores=ids))
            for ids in (["pier"], ["dock", "pier"])
        )
        assert stores_of(one.get("/api/alerts")) == ["pier"]
        assert stores_of(both.get("/api/alerts")) == [None, "pier"]


@pytest.mark.usefixtures("outages")
class TestPage:
    def test_it_shows_alerts_with_the_times_of_the_store(self):
        text = shown(Client().get("/alerts/?label=region:west"))
        assert "Pier 39 pier brand:Bella region:west ▼ open 45 min" in text
        assert "Mon 2023-01-23 12:05 America/Chicago 2023-01-23 18:05 UTC" in text
        assert "dock" not in text

    def test_an_alert_is_acknowledged(self, log_in):
        browser = log_in(user_with("editor", "all stores", name="maria"))
        key = Alert.objects.get(store_id="pier").pk
        page = browser.post(
            f"/alerts/{key}/acknowledge/", {"comment": "The router."}, follow=True
        )
        assert "✓ maria" in shown(page)
        assert "The router." in shown(page)

    def test_a_viewer_only_looks(self, log_in):
        browser = log_in(user_with("viewer", stores=["pier"]))
        page = browser.get("/alerts/")
        assert "Pier 39" in page.text
        assert "dock" not in page.text
        assert "Rules" not in shown(page)
        assert "Acknowledge</button>" not in page.text
        key, rule_id = Alert.objects.get(store_id="pier").pk, AlertRule.objects.get().pk
        assert browser.post(f"/alerts/{key}/acknowledge/").status_code == 403
        assert browser.post(f"/alerts/rules/{rule_id}/mute/").status_code == 403

    def test_alerts_of_other_stores_are_as_unknown(self, log_in):
        browser = log_in(user_with("operator", stores=["pier"]))
        foreign = Alert.objects.get(store_id="dock").pk
        for key in (foreign, UNUSED_ID):
            assert browser.post(f"/alerts/{key}/acknowledge/").status_code == 404

    def test_a_rule_is_muted_by_whoever_sees_all_stores(self, log_in):
        address = f"/alerts/rules/{AlertRule.objects.get().pk}/mute/"
        limited = log_in(user_with("operator", name="limited", stores=["pier"]))
        assert limited.post(address, {"hours": "4"}).status_code == 403
        browser, begin = log_in(user_with("operator", "all stores")), datetime.now(UTC)
        with recorded() as found:
            browser.post(address, {"hours": "4"})
        until = AlertRule.objects.get().muted_until
        assert until >= begin + timedelta(hours=4)
        assert [(e.action, e.before) for e in found] == [
            ("alert_rule.changed", {"muted_until": None})
        ]
        assert "until 2" in shown(browser.get("/alerts/"))
        browser.post(address, {"hours": "0"})
        assert AlertRule.objects.get().muted_until is None
        assert browser.post(address, {"hours": "7"}).status_code == 404

    def test_it_says_that_messages_could_not_be_sent(self, log_in):
        AlertMessage.objects.create(
            channel=mail_channel("other"), subject="Down", state="dead"
        )
        browser = log_in(user_with("operator", "all stores", is_staff=True))
        page = browser.get("/alerts/")
        assert "1 message could not be sent." in shown(page)
        assert 'href="/admin/reports/alertmessage/?state__exact=dead"' in page.text
        limited = log_in(user_with("operator", name="limited", stores=["pier"]))
        assert "could not be sent" not in limited.get("/alerts/").text

    def test_the_number_of_queries_does_not_depend_on_the_alerts(self):
        Client().get("/alerts/")
        with CaptureQueriesContext(connection) as two:
            Client().get("/alerts/")
        Alert.objects.filter(store_id="dock").delete()
        with CaptureQueriesContext(connection) as one:
            Client().get("/alerts/")
        assert len(two) == len(one)


def test_without_a_rule_the_page_leads_to_one(log_in):
    browser = log_in(user_with("operator", "all stores", is_staff=True))
    page = browser.get("/alerts/")
    assert "There is no rule yet, so nobody is told of an outage." in shown(page)
    assert browser.get("/admin/reports/alertrule/add/").status_code == 200
    assert 'href="/admin/reports/alertrule/add/"' in page.text
    limited = log_in(
        user_with("operator", name="limited", stores=["pier"], is_staff=True)
    )
    text = shown(limited.get("/alerts/"))
    assert "Only who sees all stores sees and makes rules." in text


@needs_chromium
@pytest.mark.usefixtures("outages")
def test_the_page_is_accessible_on_a_phone_in_light_and_in_dark(log_in):
    rule("Muted", channels=[], muted_until=at("15:00", "2100-01-01"))
    evaluate("18:55")
    browser = log_in(user_with("operator", "all stores", is_staff=True))
    html = browser.get("/alerts/").text
    with opened(html, 375) as page:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= 375


class TestMute:
    def test_a_muted_rule_tells_later_what_goes_on(self):
        made = rule(muted_until=at("18:40"))
        evaluate("18:05", pier=False)
        evaluate("18:39")
        assert Alert.objects.get().told_at is None
        assert not AlertMessage.objects.exists()
        evaluate("18:40")
        assert Alert.objects.get().told_at == at("18:40")
        assert AlertMessage.objects.count() == 1
        made.refresh_from_db()

    def test_what_was_never_told_does_not_end_with_a_message(self):
        rule(muted_until=at("18:40"))
        evaluate("18:05", pier=False)
        evaluate("18:30")
        evaluate("18:35", pier=True)
        evaluate("18:45")
        assert Alert.objects.get().ended_as == "up"
        assert not AlertMessage.objects.exists()
