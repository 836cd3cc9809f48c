"""When an alert is told: not just before the close, and again until it ends."""

import pytest

from reports.alerts.models import Alert, AlertMessage
from reports.alerts.reading import acknowledge
from tests.alerts.monday import at, evaluate, evaluate_now, poll, rule
from tests.support import engine
from tests.support.excused import excuse
from tests.support.reference import Data

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stores")]


def told():
    found = AlertMessage.objects.order_by("created_at")
    return [(one.event, one.created_at) for one in found]


class TestQuiet:
    """Pier 39 closes at 23:00Z, for a week."""

    def test_nothing_new_is_told_in_the_last_minutes_nor_after_the_close(self):
        rule(quiet_minutes=30)
        evaluate("22:15", pier=False)
        for clock in ("22:35", "22:59", "23:00", "23:30"):
            evaluate(clock)
        assert Alert.objects.get().opened_at == at("22:35")
        assert told() == []

    def test_before_them_it_is_told(self):
        rule(quiet_minutes=30)
        evaluate("22:05", pier=False)
        evaluate("22:29")
        assert told() == [("opened", at("22:29"))]

    def test_midnight_is_no_close_of_a_store_that_is_always_open(self):
        engine.load(Data([("night", True, at("15:00"))], [], [("night", "UTC")]))
        rule(quiet_minutes=30, store_id="night")
        evaluate("23:20", night=False)
        evaluate("23:45")
        assert told() == [("opened", at("23:45"))]

    def test_the_end_is_told_at_any_time(self):
        rule(quiet_minutes=30)
        evaluate("22:05", pier=False)
        evaluate("22:29")
        evaluate("22:50", pier=True)
        assert told() == [("opened", at("22:29")), ("ended", at("22:50"))]


class TestExcused:
    def excuse(self, since, until, **of):
        excuse((of or {"store_id": "pier"}, at(since), at(until)))

    def test_while_a_store_is_excused_nothing_new_is_told_of_it(self):
        self.excuse("18:00", "19:00")
        rule(remind_hours=1)
        evaluate("18:10", pier=False)
        for clock in ("18:30", "18:59"):
            evaluate(clock)
        assert told() == []
        evaluate("19:00")
        assert told() == [("opened", at("19:00"))]

    def test_the_end_is_told_and_reminders_wait(self):
        rule(remind_hours=1)
        evaluate("18:00", pier=False)
        evaluate("18:20")
        self.excuse("19:00", "20:00", label="region:west")
        evaluate("19:30")
        evaluate("19:50", pier=True)
        assert told() == [("opened", at("18:20")), ("ended", at("19:50"))]

    def test_an_outage_that_ends_in_excused_time_is_never_told(self):
        self.excuse("18:00", "19:00", label="all")
        rule()
        evaluate("18:10", pier=False)
        evaluate("18:40")
        evaluate("18:50", pier=True)
        evaluate("19:10")
        assert told() == []

    def test_stores_together_are_told_unless_all_are_excused(self):
        fields = {"kind": "together", "label_name": "region", "stores": 2}
        self.excuse("18:00", "19:00")
        rule(**fields)
        poll(pier=(False, "18:05"), clock=(False, "18:05"))
        self.excuse("18:00", "18:40", store_id="clock")
        poll(clock=(False, "18:30"))
        evaluate_now("18:30")
        assert told() == []
        poll(clock=(False, "18:45"))
        evaluate_now("18:45")
        assert told() == [("opened", at("18:45"))]


class TestReminders:
    def test_they_come_each_so_many_hours_while_the_store_is_open(self):
        rule(remind_hours=1)
        evaluate("20:00", pier=False)
        for clock in ("20:20", "21:19", "21:20", "22:19", "22:20", "23:20"):
            evaluate(clock)
        assert told() == [
            ("opened", at("20:20")),
            ("reminder", at("21:20")),
            ("reminder", at("22:20")),
        ]
        subject = AlertMessage.objects.filter(event="reminder").first().subject
        assert subject == "Still down: Pier 39 since 14:00 (Chicago)"

    def test_an_acknowledged_alert_is_not_told_again_until_it_ends(self):
        rule(remind_hours=1)
        evaluate("18:00", pier=False)
        evaluate("18:20")
        acknowledge(None, Alert.objects.get().pk, "The router.")
        evaluate("19:20")
        evaluate("19:30", pier=True)
        assert told() == [("opened", at("18:20")), ("ended", at("19:30"))]

    def test_without_them_it_is_told_once(self):
        rule()
        poll(pier=(False, "18:00"))
        evaluate("18:20")
        evaluate("20:20")
        evaluate_now("20:25")
        assert told() == [("opened", at("18:20"))]
