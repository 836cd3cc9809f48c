"""A rule of stores that are down: one alert and one message for each outage."""

from datetime import timedelta

import pytest

from reports.alerts.models import Alert, AlertMessage
from tests.alerts.monday import at, evaluate, evaluate_now, mail_channel, poll, rule
from tests.support import engine
from tests.support.reference import Data

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stores")]


def subjects():
    found = AlertMessage.objects.order_by("created_at", "subject")
    return list(found.values_list("subject", flat=True))


DOWN = "Down: Pier 39 since 12:05 (Chicago)"
UP = "Back up: Pier 39 at 12:50 (Chicago)"


class TestOneOutage:
    def test_it_is_told_once_it_has_lasted_as_long_as_the_rule_says(self):
        rule()
        evaluate("18:05", pier=False)
        evaluate("18:24")
        assert not Alert.objects.exists()
        evaluate("18:25")
        assert subjects() == [DOWN]

    def test_it_is_one_alert_and_one_message_however_often_it_is_evaluated(self):
        rule()
        evaluate("18:05", pier=False)
        for clock in ("18:35", "18:36", "18:40"):
            evaluate(clock)
            evaluate_now(clock)
        [alert] = Alert.objects.all()
        assert (alert.store_id, alert.starts_at) == ("pier", at("18:05"))
        assert (alert.opened_at, alert.told_at) == (at("18:35"), at("18:35"))
        assert alert.closed_at is None
        assert subjects() == [DOWN]

    def test_the_message_says_what_an_owner_needs(self, settings):
        settings.SITE_URL = "https://monitor.example.com"
        rule()
        evaluate("18:05", pier=False)
        evaluate("18:35")
        [message] = AlertMessage.objects.all()
        assert message.body.splitlines() == [
            "Pier 39 (pier)",
            "It is down.",
            "",
            "Since: Mon 2023-01-23 12:05 (America/Chicago), 2023-01-23 18:05 UTC",
            "Business time lost: 30 min",
            "Labels: brand:Bella, region:west",
            "Rule: Down 20 minutes",
            "",
            "https://monitor.example.com/stores/pier/",
        ]

    def test_up_again_closes_it_and_tells(self):
        rule()
        evaluate("18:05", pier=False)
        evaluate("18:35")
        evaluate("18:50", pier=True)
        evaluate("18:55")
        [alert] = Alert.objects.all()
        assert (alert.ended_as, alert.ended_at) == ("up", at("18:50"))
        assert alert.closed_at == alert.end_told_at == at("18:50")
        assert alert.down == timedelta(minutes=45)
        assert subjects() == [DOWN, UP]

    def test_a_rule_may_not_tell_the_end(self):
        rule(tells_end=False)
        evaluate("18:05", pier=False)
        evaluate("18:35")
        evaluate("18:50", pier=True)
        assert Alert.objects.get().closed_at == at("18:50")
        assert subjects() == [DOWN]

    def test_what_was_over_before_the_rule_looked_is_not_told(self):
        evaluate("18:05", pier=False)
        evaluate("18:50", pier=True)
        rule()
        evaluate("18:55")
        assert not Alert.objects.exists()

    def test_the_next_outage_is_another_alert(self):
        rule()
        evaluate("18:05", pier=False)
        evaluate("18:35")
        # Between two evaluations, it was up and is down again.
        poll(pier=(True, "18:50"))
        poll(pier=(False, "18:55"))
        evaluate("19:20")
        first, second = Alert.objects.order_by("starts_at")
        assert (first.ended_at, second.starts_at) == (at("18:50"), at("18:55"))
        assert subjects() == [
            DOWN,
            "Back up: Pier 39 at 12:50 (Chicago)",
            "Down: Pier 39 since 12:55 (Chicago)",
        ]

    def test_only_business_hours_count(self):
        """It closes at 17:00 in Chicago, ten minutes later, for a week."""
        rule()
        evaluate("22:50", pier=False)
        evaluate("23:45")
        assert not Alert.objects.exists()


class TestLatePolls:
    def test_they_may_move_the_start_back_and_it_stays_the_same_alert(self):
        rule()
        evaluate("18:05", pier=False)
        evaluate("18:35")
        poll(pier=(False, "17:40"))
        evaluate("18:40")
        [alert] = Alert.objects.all()
        assert alert.starts_at == at("17:40")
        assert subjects() == [DOWN]

    def test_they_may_move_it_on_and_it_stays_the_same_alert(self):
        rule()
        evaluate("18:05", pier=False)
        evaluate("18:35")
        poll(pier=(True, "18:20"))
        poll(pier=(False, "18:30"))
        evaluate("18:51")
        [alert] = Alert.objects.all()
        assert alert.starts_at == at("18:30")
        assert alert.closed_at is None
        assert subjects() == [DOWN]

    def test_they_may_say_that_it_was_not_down_at_all(self):
        rule()
        evaluate("18:05", pier=False)
        evaluate("18:35")
        poll(pier=(True, "18:05"))
        evaluate("18:40")
        assert Alert.objects.get().ended_as == "corrected"
        assert subjects() == [DOWN, "Not down after all: Pier 39"]

    def test_if_it_was_not_over_after_all_the_same_alert_is_told_again(self):
        rule()
        evaluate("18:05", pier=False)
        evaluate("18:35")
        evaluate("18:50", pier=True)
        poll(pier=(False, "18:50"))
        evaluate("18:52")
        [alert] = Alert.objects.all()
        assert alert.closed_at is None
        assert subjects() == [DOWN, UP, DOWN]


class TestWhichStores:
    def test_a_rule_is_of_all_of_one_or_of_those_with_labels(self):
        rules = {
            "all": {},
            "one": {"store_id": "pier"},
            "another": {"store_id": "clock"},
            "west": {"labels": ["region:west"]},
            "any of": {"labels": ["region:east", "region:west", "brand:Bella"]},
            "not all": {"labels": ["region:west", "brand:Nona"]},
            "east": {"labels": ["region:east"]},
        }
        for name, fields in rules.items():
            rule(name, channels=[], **fields)
        evaluate("18:05", pier=False)
        evaluate("18:35")
        names = Alert.objects.values_list("rule__name", flat=True)
        assert {*names} == {"all", "one", "west", "any of"}

    def test_each_rule_and_each_channel_gets_its_own(self):
        owners, west = mail_channel(), mail_channel("west", "west@example.com")
        rule(channels=[owners, west])
        rule("Down an hour", channels=[west], minutes=60)
        rule("On the page only", channels=[])
        evaluate("18:05", pier=False)
        evaluate("18:35")
        assert Alert.objects.count() == 2
        evaluate("19:05")
        told = AlertMessage.objects.values_list("channel__name", flat=True)
        assert sorted(told) == ["owners", "west", "west"]


class TestHistory:
    def test_old_data_opens_no_alert(self):
        rule()
        evaluate("18:05", pier=False)
        poll(clock=(True, "18:35"))
        evaluate_now("20:36")
        assert not Alert.objects.exists()
        evaluate_now("20:35")
        assert Alert.objects.count() == 1

    def test_what_is_not_seen_any_more_is_not_called_up(self):
        """Its last poll is carried for 24 hours, and so not to the next Monday."""
        rule()
        evaluate("18:05", pier=False)
        evaluate("18:35")
        engine.load(Data([("clock", True, at("15:30", "2023-01-30"))], [], []))
        evaluate_now("15:30", "2023-01-30")
        assert Alert.objects.get().ended_as == "unobserved"
        assert subjects()[1:] == [
            "Not seen any more: Pier 39 since Mon 2023-01-23 17:00 (Chicago)"
        ]


def test_many_alerts_at_once_are_one_message():
    rule()
    names = [f"store-{number:02}" for number in range(25)]
    engine.load(Data([(name, False, at("18:00")) for name in names], [], []))
    evaluate("18:35")
    assert Alert.objects.count() == 25
    [message] = AlertMessage.objects.all()
    assert message.subject == "Down: 25 stores (Down 20 minutes)"
    lines = message.body.splitlines()
    assert lines[2] == "- store-00, since Mon 2023-01-23 00:00 (America/Chicago)"
    assert lines[-1] == "and 5 more"
    assert len(message.data["alerts"]) == 20
