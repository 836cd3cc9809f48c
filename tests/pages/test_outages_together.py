"""Outages of one value of a label that overlap, on the page of outages."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from stores.models import Store
from stores.pages.outages import MOST_DAYS_TOGETHER
from tests.admin.pages import shown
from tests.pages.asking import link_called, logged_in, opened, rows_of
from tests.support import engine
from tests.support.labels import label
from tests.support.reference import HOUR, Data, parse_instant

pytestmark = pytest.mark.django_db
PAGE = "/outages/"
WEST, EAST = "America/Denver", "America/New_York"
# When the stores, which never close, were down on Monday 2023-01-23, in UTC. At 20:00,
# "on" and "too" still are.
DOWN = {
    "a": ["10:00", "12:00", "14:30", "14:45"],
    "b": ["11:00", "14:00"],
    "c": ["13:00", "15:00"],
    "d": ["17:00", "18:00"],
    "e": ["18:00", "19:00"],
    "f": ["10:00", "12:00"],
    "on": ["18:00"],
    "too": ["19:30"],
    "without": ["12:30", "13:00"],
}
LABELS = {
    **{store: {"region": "west"} for store in "abcde"},
    **{store: {"region": "east"} for store in ("f", "on", "too")},
}
ZONES = {
    **dict.fromkeys("abcde", WEST),
    **{"f": EAST, "on": "UTC", "too": EAST, "without": "UTC"},
}
# `a` overlaps `b`, and `b` overlaps `c`; `d` touches `e`. In order of the page.
EVENTS = [
    "east ▼ ongoing 2 stores 2 of 2 ongoing 2 outages down 2 h 30 min in all "
    "since 2023-01-23 18:00 UTC",
    "west ended 2 stores 2 outages down 2 h 00 min in all "
    "Mon 2023-01-23 10:00 to Mon 2023-01-23 12:00 America/Denver "
    "2023-01-23 17:00 UTC to 2023-01-23 19:00 UTC",
    "east ended 1 store 1 outage down 2 h 00 min "
    "Mon 2023-01-23 05:00 to Mon 2023-01-23 07:00 America/New_York "
    "2023-01-23 10:00 UTC to 2023-01-23 12:00 UTC",
    "west ended 3 stores 4 outages down 7 h 15 min in all "
    "Mon 2023-01-23 03:00 to Mon 2023-01-23 08:00 America/Denver "
    "2023-01-23 10:00 UTC to 2023-01-23 15:00 UTC",
]


def at(clock, day=23):
    return parse_instant(f"2023-01-{day} {clock}:00 UTC")


def polls_of(down):
    """Polls of stores that were up at 09:00, and then alternately down and up."""
    for store, clocks in down.items():
        for number, clock in enumerate(["09:00", *clocks]):
            yield store, number % 2 == 0, at(clock)


@pytest.fixture
def outages():
    newest = ("f", True, at("20:00"))
    engine.load(Data([*polls_of(DOWN), newest], [], list(ZONES.items())))
    label(**LABELS)


def events_on(page):
    found = re.findall(r"<summary>(.*?)</summary>", page.text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", " ", text).split()) for text in found]


def events(**asked):
    return events_on(opened(PAGE, together_by="region", **asked))


def listed_on(page):
    """The first words of the outages in all events."""
    rows = [row.split()[0] for row in rows_of(page)]
    return [row for row in rows if row != "Store"]


def test_outages_of_one_value_that_overlap_or_touch_are_one_event(outages):
    assert events() == EVENTS


def test_an_event_has_its_outages_in_the_order_of_their_begin(outages):
    page = opened(PAGE, together_by="region")
    assert listed_on(page) == ["on", "too", *"de", "f", *"abca", "without"]
    assert rows_of(page)[-3] == (
        "a ended 15 min Mon 2023-01-23 07:30 America/Denver 2023-01-23 14:30 UTC "
        "Mon 2023-01-23 07:45 America/Denver 2023-01-23 14:45 UTC region:west"
    )


def test_without_a_name_each_outage_is_alone(outages):
    page = opened(PAGE, together_by="")
    assert "<summary>" not in page.text
    assert len(rows_of(page)) == 11
    assert '<option value="region">' in page.text


def test_an_event_lasts_across_closed_hours_but_down_is_business_time():
    """The shop is open 09:00 to 22:00, and down from 21:00 to 10:00: two hours. While
    it is closed, the bar, which never closes, is down from 23:00 to 23:30."""
    engine.load(
        Data(
            [
                ("shop", True, at("20:00")),
                ("shop", False, at("21:00")),
                ("shop", False, at("09:00", day=24)),
                ("shop", True, at("10:00", day=24)),
                ("bar", True, at("09:00")),
                ("bar", False, at("23:00")),
                ("bar", True, at("23:30")),
                ("bar", True, at("11:00", day=24)),
            ],
            [("shop", day, 9 * HOUR, 22 * HOUR) for day in (0, 1)],
            [("shop", "UTC"), ("bar", "UTC")],
        )
    )
    label(shop={"region": "west"}, bar={"region": "west"})
    [event] = events()
    assert event == (
        "west ended 2 stores 2 outages down 2 h 30 min in all "
        "Mon 2023-01-23 21:00 to Tue 2023-01-24 10:00 UTC "
        "2023-01-23 21:00 UTC to 2023-01-24 10:00 UTC"
    )


def test_what_is_ongoing_while_all_are_closed_is_one_event():
    """The shop closes at 22:00 and the inn at 23:00, both down. Nobody knows better at
    23:30. The inn goes down at 22:30, after the shop has closed."""
    engine.load(
        Data(
            [
                ("shop", True, at("20:00")),
                ("shop", False, at("21:00")),
                ("inn", True, at("20:00")),
                ("inn", False, at("22:30")),
                ("bar", True, at("23:30")),
            ],
            [("shop", 0, 9 * HOUR, 22 * HOUR), ("inn", 0, 9 * HOUR, 23 * HOUR)],
            [(store, "UTC") for store in ("shop", "inn", "bar")],
        )
    )
    label(shop={"region": "west"}, inn={"region": "west"})
    [event] = events()
    assert event.startswith(
        "west ▼ ongoing 2 stores 2 of 2 ongoing 2 outages down 1 h 30 min in all"
    )


def test_the_past_is_as_it_was_seen_then(outages):
    """At 18:30, `on` was down for half an hour, and `e`, too. `too` was not yet."""
    assert events(as_of="2023-01-23T18:30")[:2] == [
        "east ▼ ongoing 1 store 1 outage down 30 min "
        "since Mon 2023-01-23 18:00 UTC since 2023-01-23 18:00 UTC",
        "west ▼ ongoing 2 stores 1 of 2 ongoing 2 outages down 1 h 30 min in all "
        "since Mon 2023-01-23 10:00 America/Denver since 2023-01-23 17:00 UTC",
    ]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"ongoing": "true"}, EVENTS[:1]),
        ({"ongoing": "false"}, EVENTS[1:]),
        ({"label": ["region:west", ""]}, [EVENTS[1], EVENTS[3]]),
        ({"from": "2023-01-23T16:00"}, EVENTS[:2]),
        ({"to": "2023-01-23T10:30", "ongoing": "false"}, [EVENTS[2], None]),
        ({"at_least_seconds": "10800"}, [None]),
    ],
)
def test_the_filters_choose_the_outages_of_the_events(outages, asked, expected):
    """Until 10:30, only `a` was down in the west. `b` alone was down for 3 hours."""
    found = events(**asked)
    assert len(found) == len(expected)
    for event, text in zip(found, expected, strict=True):
        assert event == text or (text is None and "1 store 1 outage" in event)


# Of those with two stores, the newest comes first.
MOST_STORES_FIRST = [EVENTS[number] for number in (3, 0, 1, 2)]


@pytest.mark.parametrize(
    ("order", "expected"), [("", EVENTS), ("largest", MOST_STORES_FIRST)]
)
def test_pages_of_events_follow_each_other_at_one_moment(outages, order, expected):
    page = opened(PAGE, together_by="region", order=order, page_size=2)
    found = events_on(page)
    engine.load(Data([("on", True, at("21:00"))]))
    while "Next page" in page.text:
        page = Client().get(link_called("Next page", page))
        found += events_on(page)
    assert found == expected
    assert listed_on(page) == ["without"]


def test_nothing_ties_stores_without_the_label_together(outages):
    """Their outages, the newest first, are listed after all events."""
    engine.load(
        Data([*polls_of({"other": ["12:45", "13:15"]})], [], [("other", "UTC")])
    )
    page = opened(PAGE, together_by="region")
    assert events_on(page) == EVENTS
    assert "<h2>Stores without a region</h2>" in page.text
    assert listed_on(page)[-2:] == ["other", "without"]
    page = opened(PAGE, together_by="region", label="region:east")
    assert "Stores without" not in page.text


def test_a_long_event_links_to_the_list_of_all_its_outages(outages, monkeypatch):
    monkeypatch.setattr("stores.timeline.outages.MOST_LISTED", 3)
    page = opened(PAGE, together_by="region", at_least_seconds="900")
    assert page.text.count("All outages of this event") == 1
    assert "These are the first 3 of 4." in shown(page)
    found = Client().get(link_called("All outages of this event", page))
    assert sorted(listed_on(found)) == [*"aabc"]


def test_the_file_has_the_outages_of_all_events(outages):
    page = opened(PAGE, together_by="region", page_size=1)
    answer = Client().get(link_called("Download all as CSV", page))
    assert len(b"".join(answer.streaming_content).splitlines()) == 11


def test_users_see_only_the_outages_of_their_stores(outages, settings):
    client = logged_in(settings, "viewer", stores=["a", "c", "without"])
    page = opened(PAGE, client, together_by="region")
    found = [" ".join(event.split()[:6]) for event in events_on(page)]
    # Without `b`, the outages of `a` and `c` are apart.
    assert found == [
        "west ended 2 stores 2 outages",
        "west ended 1 store 1 outage",
    ]
    assert "region:east" not in page.text
    assert {*listed_on(page)} == {"a", "c", "without"}


def test_labels_of_other_stores_are_unknown(outages, settings):
    label(b={"secret": "yes"})
    client = logged_in(settings, "viewer", stores=["a"])
    for name in ("secret", "colour"):
        answer = client.get(PAGE, {"together_by": name})
        assert answer.status_code == 400
        assert f"together_by: no store has the label {name}" in shown(answer)
    assert "secret" not in opened(PAGE, client).text


def test_a_long_range_is_refused(outages):
    since = at("20:00") - timedelta(days=MOST_DAYS_TOGETHER, seconds=1)
    asked = {"together_by": "region", "from": since.isoformat()}
    answer = Client().get(PAGE, asked)
    assert answer.status_code == 400
    assert "from: the range has more than 31 days" in shown(answer)
    asked["from"] = (since + timedelta(seconds=1)).isoformat()
    assert events_on(opened(PAGE, **asked)) == EVENTS


def test_nothing_found_is_said(outages):
    page = opened(PAGE, together_by="region", label="region:north")
    assert "There is no such outage." in shown(page)


def test_the_number_of_queries_does_not_depend_on_the_events(outages):
    opened(PAGE)  # the first one brings the timeline up to date
    counts = []
    for size in (1, 5):
        with CaptureQueriesContext(connection) as queries:
            opened(PAGE, page_size=size, together_by="region")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 13


def test_names_and_values_run_nothing(outages):
    Store.objects.update(display_name="<script>alert(1)</script>")
    label(a={"crew": "<script>alert(2)</script>"})
    assert "<script>alert" not in opened(PAGE, together_by="crew").text
