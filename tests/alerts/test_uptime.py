"""Rules of the uptime of a date: told once, when it is over for all stores.

Pier 39 is open on Mondays, for 8 hours. It was seen up at 15:00Z, and down at 18:00Z
until its close at 23:00Z. `clock` was up for 24 hours. So 27 of 32 hours were up in the
west, 84.375 %. The date is over at 06:00Z on Tuesday, when it is in Chicago.
"""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from reports.alerts import evaluate as evaluation
from reports.alerts.models import Alert, AlertMessage, AlertRule
from reports.alerts.rules import save_rule
from stores.models import StoreLabel
from tests.admin.pages import shown
from tests.alerts.monday import at, evaluate_now, mail_channel, poll, rule
from tests.alerts.test_admin import RULES, errors
from tests.support import engine
from tests.support.accounts import client_of, user_with
from tests.support.excused import excuse
from tests.support.labels import label
from tests.support.reference import Data

pytestmark = pytest.mark.django_db
MONDAY, TUESDAY, WEDNESDAY = "2023-01-23", "2023-01-24", "2023-01-25"
RULE = {
    "name": "West a day",
    "kind": "uptime",
    "percent": "90",
    "labels": "region:west",
    "minutes": "20",
    "stores": "3",
    "quiet_minutes": "0",
}


@pytest.fixture
def monday(stores):
    poll(pier=(False, "18:00"))


def uptime(**fields):
    fields = {"kind": "uptime", "percent": 90, "labels": ["region:west"]} | fields
    return rule("West a day", **fields)


def poll_clock(date, clock, is_up):
    engine.load(Data([("clock", is_up, at(clock, date))], [], []))


def evaluate(date, clock, now=None):
    """Let `clock` be up at this moment, and the worker evaluate the rules."""
    poll_clock(date, clock, is_up=True)
    evaluate_now(*(now or (clock, date)))


def days():
    found = Alert.objects.order_by("day", "value")
    return [(one.value, f"{one.day}", float(one.uptime_percent)) for one in found]


def subjects():
    found = AlertMessage.objects.order_by("created_at", "subject")
    return list(found.values_list("subject", flat=True))


def test_it_is_told_when_the_date_is_over_for_all_stores(monday):
    uptime()
    evaluate(TUESDAY, "05:59")
    assert days() == []
    evaluate(TUESDAY, "06:00")
    assert days() == [("region:west", MONDAY, 84.38)]
    [message] = AlertMessage.objects.all()
    assert message.subject == (
        "Below 90 %: region:west, 84.38 % uptime on Mon 2023-01-23"
    )
    assert message.body.splitlines() == [
        "region:west",
        "Its uptime on Mon 2023-01-23 was 84.38 %. The rule wants 90 %.",
        "",
        "Business time lost: 5 h 00 min",
        "Rule: West a day",
        "",
        "Stores that were down, the longest first (1):",
        "- Pier 39",
    ]
    [data] = message.data["alerts"]
    assert (data["down_seconds"], data["together"]) == (5 * 3600, None)
    assert data["uptime"] == {
        "label": "region:west",
        "date": MONDAY,
        "percent": 84.38,
        "target_percent": 90.0,
        "stores": 1,
    }


def test_excused_time_is_no_downtime(monday):
    """Of the 5 hours that Pier 39 was down, 3 are excused, and 2 that `clock` was up.

    So 25 of 27 hours were up.
    """
    excuse(
        ({"label": "region:west"}, at("21:00"), at("23:00")),
        ({"store_id": "pier"}, at("20:00"), at("22:00")),
        ({"store_id": "clock"}, at("06:00", TUESDAY), at("07:00", TUESDAY)),
    )
    uptime(percent=95)
    evaluate(TUESDAY, "06:00")
    assert days() == [("region:west", MONDAY, 92.59)]
    assert AlertMessage.objects.get().data["alerts"][0]["down_seconds"] == 2 * 3600


def test_it_is_told_once_and_closed_a_day_later_without_a_message(monday):
    made = uptime()
    evaluate(TUESDAY, "06:00")
    evaluate(TUESDAY, "06:10")
    save_rule(made, made.channels.all())  # the date is looked at again
    poll_clock(TUESDAY, "12:00", is_up=False)
    evaluate(TUESDAY, "18:00")
    [alert] = Alert.objects.all()
    assert (alert.closed_at, alert.told_at) == (None, at("06:00", TUESDAY))
    evaluate(WEDNESDAY, "06:00")  # on Tuesday, `clock` was down for 6 of 24 hours
    assert days() == [("region:west", MONDAY, 84.38), ("region:west", TUESDAY, 75.0)]
    alert.refresh_from_db()
    assert (alert.ended_as, alert.end_told_at) == ("next_day", None)
    assert len(subjects()) == 2


def test_each_value_of_a_label_has_its_own_date(monday):
    StoreLabel.objects.filter(store_id="clock", name="region").update(value="east")
    uptime(labels=[], label_name="region", percent="99.99")
    poll(clock=(False, "18:00"))
    evaluate(MONDAY, "19:00")  # up again: 1 of 24 hours was down
    evaluate(TUESDAY, "00:00")
    assert days() == [("region:east", MONDAY, 95.83)]
    evaluate(TUESDAY, "06:00")
    assert days() == [("region:east", MONDAY, 95.83), ("region:west", MONDAY, 37.5)]
    assert Alert.objects.get(value="region:east").store_ids == ["clock"]


@pytest.mark.parametrize(
    ("fields", "group", "percent"),
    [
        ({"labels": []}, ("", ""), 84.38),
        ({"labels": [], "store_id": "pier"}, ("pier", ""), 37.5),
        (
            {"labels": ["region:west", "brand:Bella"]},
            ("", "region:west, brand:Bella"),
            37.5,
        ),
    ],
)
def test_it_is_of_all_stores_or_of_some(monday, fields, group, percent):
    uptime(**fields)
    evaluate(TUESDAY, "06:00")
    [alert] = Alert.objects.all()
    assert (alert.store_id, alert.value) == group
    assert float(alert.uptime_percent) == percent


def test_nothing_opens_at_the_percentage_or_if_nothing_was_observed(monday):
    uptime(percent="84.38")
    label(other={"region": "north"})
    engine.load(Data([], [], [("other", "UTC")]))
    rule("North", channels=[], kind="uptime", percent=99, labels=["region:north"])
    evaluate(TUESDAY, "06:00")
    assert days() == []


def test_polls_that_come_after_the_date_was_looked_at_do_not_change_it(monday):
    uptime(percent=80)
    evaluate(TUESDAY, "06:00")
    poll(pier=(False, "15:00"), clock=(False, "15:00"))
    evaluate(TUESDAY, "06:10")
    assert days() == []


def test_a_history_tells_only_of_the_last_date_and_only_if_it_just_ended(monday):
    uptime()
    poll_clock(TUESDAY, "12:00", is_up=False)
    evaluate(WEDNESDAY, "07:00")  # Monday and Tuesday come at once
    assert days() == [("region:west", TUESDAY, 50.0)]
    poll_clock(WEDNESDAY, "12:00", is_up=False)
    # Thursday, when all was down, is over at 06:00Z. 26 hours later, it is not told.
    evaluate("2023-01-27", "06:00", now=("08:01", "2023-01-28"))
    assert len(days()) == 1


def test_an_evaluation_that_fails_is_made_again_as_a_whole(monday, monkeypatch):
    uptime()
    with monkeypatch.context() as broken:
        broken.delattr(evaluation, "written")
        with pytest.raises(NameError):
            evaluate(TUESDAY, "06:00")
    assert days() == subjects() == []
    evaluate(TUESDAY, "06:10")
    evaluate(TUESDAY, "06:20")
    assert len(days()) == len(subjects()) == 1


def test_many_values_are_one_message(monday):
    names = [f"s{number:02}" for number in range(11)]
    down = [(name, False, at("15:00")) for name in names]
    engine.load(Data(down, [], [(name, "UTC") for name in names]))
    label(**{name: {"area": name} for name in names})
    uptime(labels=[], label_name="area", percent="99.5")
    evaluate(TUESDAY, "00:00")
    [message] = AlertMessage.objects.all()
    assert message.subject == "Below 99.5 %: the uptime of 11 values (West a day)"
    assert "- area:s10, 0.00 % on Mon 2023-01-23" in message.body.splitlines()


def test_a_reminder_comes_until_it_is_acknowledged(monday):
    uptime(remind_hours=4)
    evaluate(TUESDAY, "06:00")
    evaluate(TUESDAY, "10:00")
    assert subjects()[1] == (
        "Still not acknowledged: region:west, 84.38 % uptime on Mon 2023-01-23"
    )
    key = Alert.objects.get().pk
    APIClient().post(f"/api/alerts/{key}/acknowledge", {}, format="json")
    evaluate(TUESDAY, "14:00")
    assert len(subjects()) == 2


def test_it_is_seen_on_the_page_and_by_whoever_sees_all_its_stores(monday, settings):
    uptime()
    evaluate(TUESDAY, "06:00")
    text = shown(Client().get("/alerts/"))
    assert "region:west 1 store had downtime ▼ open 5 h 00 min 84.38 % uptime" in text
    assert "Mon 2023-01-23 a whole day, on the stores' clocks" in text
    assert "the uptime of a date is below a target below 90.00 %" in text
    [row] = APIClient().get("/api/alerts").json()["results"]
    assert (row["label"], row["date"]) == ("region:west", MONDAY)
    assert (row["uptime_percent"], row["down_seconds"]) == (84.38, 18000.0)
    settings.OPEN = False
    one, west = (
        client_of(user_with("viewer", name="one", stores=["pier"])),
        client_of(user_with("viewer", name="west", labels=["region:west"])),
    )
    assert one.get("/api/alerts").json()["results"] == []
    assert len(west.get("/api/alerts").json()["results"]) == 1


def test_the_admin_refuses_what_cannot_be(monday, admin_client):
    for fields, said in [
        ({"percent": ""}, "give the percentage of a rule of uptime"),
        ({"percent": "100"}, "less than or equal to 99.99"),
        (
            {"labels": "", "store_id": "pier", "label_name": "region"},
            "This rule is of one store.",
        ),
    ]:
        answer = admin_client.post(f"{RULES}add/", RULE | fields)
        assert said in shown(answer)
    answer = admin_client.post(f"{RULES}add/", RULE)
    assert answer.status_code == 302, errors(answer)
    assert AlertRule.objects.get().percent == 90


def test_a_muted_rule_tells_of_the_date_later(monday):
    uptime(muted_until=at("08:00", TUESDAY), channels=[mail_channel()])
    evaluate(TUESDAY, "06:00")
    assert subjects() == []
    evaluate(TUESDAY, "08:00")
    assert len(subjects()) == 1
