"""Measures how long the worker needs to decide on alerts after a refresh."""

from functools import partial

from reports.alerts.evaluate import evaluate_locked
from reports.alerts.models import AlertRule
from reports.alerts.rules import save_rule
from stores.timeline.reading import reading
from stores.timeline.refresh import snapshot
from tests.bench.rival import timed

RULES = [
    {"kind": "down", "minutes": 20},
    {"kind": "down", "minutes": 60, "labels": ["region:west"]},
    {"kind": "together", "stores": 3, "label_name": "location"},
    {"kind": "silent", "minutes": 120},
]


def measure(times):
    """Yield the name and the seconds of the first evaluation, and of further ones."""
    for number, fields in enumerate(RULES):
        save_rule(AlertRule(name=f"rule {number}", **fields), [])
    with reading() as moment:
        now = moment.as_of
    yield "first alerts", timed(partial(evaluate, now))
    for _ in range(times):
        yield "alerts", timed(partial(evaluate, now))


def evaluate(now):
    with snapshot():
        evaluate_locked(now)
