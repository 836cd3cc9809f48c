"""Stores on Monday, 2023-01-23, whose alerts can be worked out by hand.

- `pier` is called Pier 39. It is in Chicago, open from 09:00 to 17:00, which is 15:00Z
  to 23:00Z, and it was seen up at 15:00Z.
- `clock` is always open. Its polls only move the newest moment.
"""

from reports.alerts.evaluate import evaluate_locked
from reports.alerts.models import AlertChannel, AlertRule
from reports.alerts.rules import save_channel, save_rule
from stores.models import Store
from stores.timeline.refresh import refresh, snapshot
from tests.support import engine
from tests.support.labels import label
from tests.support.reference import HOUR, Data, parse_instant

# Of the test vector of Standard Webhooks.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def at(clock, date="2023-01-23"):
    return parse_instant(f"{date} {clock}:00 UTC")


STORES = Data(
    [("pier", True, at("15:00")), ("clock", True, at("15:00"))],
    [("pier", 0, 9 * HOUR, 17 * HOUR)],
    [("pier", "America/Chicago"), ("clock", "UTC")],
)


def load_stores():
    engine.load(STORES)
    Store.objects.filter(pk="pier").update(display_name="Pier 39")
    label(pier={"region": "west", "brand": "Bella"}, clock={"region": "west"})


def poll(**polls):
    """Load polls: pier=(False, "18:05")."""
    rows = [(name, is_up, at(clock)) for name, (is_up, clock) in polls.items()]
    engine.load(Data(rows, [], []))


def evaluate(clock, **polls):
    """Load polls of this time of Monday, and let the worker evaluate the rules then.

    `clock` is polled too, so that this is the newest moment.
    """
    polls = {name: (is_up, clock) for name, is_up in polls.items()}
    poll(**{"clock": (True, clock)} | polls)
    evaluate_now(clock)


def evaluate_now(clock, date="2023-01-23"):
    refresh()
    with snapshot():
        evaluate_locked(at(clock, date))


def mail_channel(name="owners", address="owner@example.com"):
    channel = AlertChannel(name=name, kind="mail", address=address)
    save_channel(channel)
    return channel


def rule(name="Down 20 minutes", channels=None, **fields):
    made = AlertRule(name=name, **{"kind": "down", "minutes": 20} | fields)
    save_rule(made, [mail_channel()] if channels is None else channels)
    return made


def webhook_channel(url, name="hook"):
    channel = AlertChannel(name=name, kind="webhook", address=url, secret=SECRET)
    save_channel(channel)
    return channel
