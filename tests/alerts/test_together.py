"""Several stores of one label value that are down at once: one message, not many."""

import pytest

from reports.alerts.models import Alert, AlertMessage
from reports.alerts.rules import save_rule
from tests.alerts.monday import at, evaluate, mail_channel, poll, rule
from tests.support import engine
from tests.support.labels import label
from tests.support.reference import Data

pytestmark = pytest.mark.django_db
WEST, EAST = ["w1", "w2", "w3", "w4"], ["e1", "e2"]


@pytest.fixture
def owners(stores):
    """Stores in the west and the east, always open, up at 15:00. A channel for all."""
    names = [*WEST, *EAST]
    up = [(name, True, at("15:00")) for name in names]
    engine.load(Data(up, [], [(name, "UTC") for name in names]))
    label(**{name: {"region": "west"} for name in WEST})
    label(**{name: {"region": "east"} for name in EAST})
    return [mail_channel()]


def together(channels, **fields):
    fields = {"kind": "together", "label_name": "region", "stores": 3} | fields
    return rule("Together", channels=channels, **fields)


def down(clock, *names):
    poll(**{name: (False, clock) for name in names})


def subjects():
    found = AlertMessage.objects.order_by("created_at", "subject")
    return list(found.values_list("subject", flat=True))


def test_so_many_stores_of_a_value_are_one_message_that_names_them(owners):
    together(owners)
    down("18:00", "w1", "e1", "e2")
    down("18:02", "w2")
    down("18:10", "w3")
    evaluate("18:29")
    assert not Alert.objects.exists()
    evaluate("18:30")
    [alert] = Alert.objects.all()
    assert (alert.store_id, alert.value) == ("", "region:west")
    assert (alert.store_ids, alert.starts_at) == (["w1", "w2", "w3"], at("18:10"))
    [message] = AlertMessage.objects.all()
    assert message.subject == "Down together: 3 stores of region:west"
    assert message.body.splitlines() == [
        "region:west",
        "At least 3 of its stores are down at once.",
        "",
        "Since: Mon 2023-01-23 18:10 (UTC), 2023-01-23 18:10 UTC",
        "Rule: Together",
        "",
        "Stores that are down:",
        "- w1",
        "- w2",
        "- w3",
    ]


def test_it_ends_when_fewer_are_down_and_the_others_are_told_then(owners):
    together(owners)
    rule(channels=owners)
    down("18:00", "w1", "w2", "w3")
    evaluate("18:20")
    assert subjects() == ["Down together: 3 stores of region:west"]
    evaluate("18:25", w1=True)
    assert subjects()[1:] == [
        "Down: w2 since 18:00 (UTC)",
        "Down: w3 since 18:00 (UTC)",
        "No longer down together: stores of region:west",
    ]
    # The one that came back was told with the others.
    assert Alert.objects.get(store_id="w1").end_told_at is None


def test_what_was_told_alone_before_is_told_alone_to_its_end(owners):
    together(owners)
    rule(channels=owners)
    down("17:50", "w1")
    down("18:00", "w2", "w3")
    evaluate("18:10")
    evaluate("18:20")
    evaluate("18:25", w1=True)
    assert subjects()[:2] == [
        "Down: w1 since 17:50 (UTC)",
        "Down together: 3 stores of region:west",
    ]
    assert "Back up: w1 at 18:25 (UTC)" in subjects()


def test_whoever_is_not_told_of_it_is_told_of_each_store(owners):
    together(owners)
    rule(channels=[*owners, mail_channel("west", "west@example.com")])
    down("18:00", "w1", "w2", "w3")
    evaluate("18:20")
    told = AlertMessage.objects.filter(channel__name="west")
    assert told.count() == 3


def test_it_counts_only_the_stores_of_its_labels(owners):
    label(w1={"brand": "Bella"}, w2={"brand": "Bella"}, w3={"brand": "Nona"})
    made = together(owners, labels=["brand:Bella"])
    down("18:00", *WEST)
    evaluate("18:20")
    assert not Alert.objects.exists()
    made.stores = 2
    save_rule(made, owners)
    evaluate("18:21")
    assert Alert.objects.get().store_ids == ["w1", "w2"]
