"""Stores that are not polled, by the clock and in their business hours."""

import pytest

from reports.alerts.models import Alert, AlertMessage
from tests.alerts.monday import at, evaluate, evaluate_now, poll, rule

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stores")]


def subjects():
    found = AlertMessage.objects.order_by("created_at", "subject")
    return list(found.values_list("subject", flat=True))


class TestOneStore:
    def test_it_is_told_after_so_many_minutes_and_when_polls_come_again(self):
        rule("Silent", kind="silent", minutes=30)
        poll(pier=(True, "18:00"))
        evaluate("18:29")
        assert not Alert.objects.exists()
        evaluate("18:30")
        evaluate("18:31")
        [alert] = Alert.objects.all()
        assert (alert.store_id, alert.starts_at) == ("pier", at("18:00"))
        evaluate("18:40", pier=True)
        alert.refresh_from_db()
        assert (alert.ended_as, alert.ended_at) == ("polled", at("18:40"))
        assert subjects() == [
            "Not polled: Pier 39 since 12:00 (Chicago)",
            "Polled again: Pier 39 at 12:40 (Chicago)",
        ]

    def test_only_business_hours_count(self):
        """It closes at 23:00Z, ten minutes after its last poll."""
        rule("Silent", kind="silent", minutes=30, store_id="pier")
        poll(pier=(True, "22:50"))
        for clock in ("22:59", "23:10", "23:45"):
            evaluate(clock)
        assert not Alert.objects.exists()

    def test_the_close_does_not_end_it(self):
        rule("Silent", kind="silent", minutes=30, store_id="pier")
        poll(pier=(True, "22:20"))
        evaluate("22:55")
        evaluate("23:10")
        assert Alert.objects.get().closed_at is None

    def test_of_a_history_it_is_not_told(self):
        rule("Silent", kind="silent", minutes=30, store_id="clock")
        evaluate_now("15:00", "2023-01-30")
        assert not Alert.objects.exists()


class TestAllStores:
    def test_it_is_told_by_the_clock(self):
        rule("No polls", kind="all_silent", minutes=15)
        evaluate("18:00")
        evaluate_now("18:14")
        assert not Alert.objects.exists()
        evaluate_now("18:15")
        evaluate_now("18:16")
        evaluate("18:20")
        [alert] = Alert.objects.all()
        assert (alert.store_id, alert.starts_at) == ("", at("18:00"))
        assert subjects() == [
            "No polls since 18:00 (UTC)",
            "Polls again since 18:20 (UTC)",
        ]

    def test_of_a_history_it_is_not_told(self):
        rule("No polls", kind="all_silent", minutes=15)
        evaluate_now("18:00", "2023-02-20")
        assert not Alert.objects.exists()
