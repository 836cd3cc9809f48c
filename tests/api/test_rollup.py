"""The uptime of all stores over the API, by hand and against that of each store."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.models import CoveredDay, Store, Unsettled
from stores.timeline.prune import prune_polls
from tests.api.asking import (
    answer,
    cells,
    check_is_problem,
    client,
    iso,
    of_store,
    span,
)
from tests.api.generated import generated, ranges
from tests.api.two import DAY, SECONDS, TOTAL, at
from tests.support import engine, reference
from tests.support.accounts import client_of, user_with
from tests.support.labels import label
from tests.support.reference import HOUR, ONE_DAY, Data, parse_instant

pytestmark = pytest.mark.django_db


def rollup(accept="application/json", client=client, **asked):
    return client.get("/api/uptime", asked, headers={"accept": accept})


FIGURES = [*SECONDS, "uptime_percent"]
NOTHING = dict.fromkeys(SECONDS, 0.0) | {"uptime_percent": None}


def test_the_total_is_of_summed_time(two_of_three):
    assert answer(rollup(**DAY)) == {
        "as_of": "2023-01-23T13:00:00Z",
        "from": "2023-01-23T00:00:00Z",
        "to": "2023-01-23T13:00:00Z",
        **TOTAL,
    }


def test_a_store_without_the_label_is_in_a_group_of_its_own(two_of_three):
    found = answer(rollup(group_by="label:region", **DAY))
    assert {name: found[name] for name in TOTAL} == TOTAL
    [east, west, none] = found["groups"]
    assert east == {
        "value": "east",
        "stores": 1,
        "business_seconds": 3 * 3600.0,
        "up_seconds": 2 * 3600.0,
        "down_seconds": 3600.0,
        "unobserved_seconds": 0.0,
        "excused_seconds": 0.0,
        "uptime_percent": 66.67,
    }
    assert (west["value"], west["uptime_percent"]) == ("west", 100)
    assert none == {"value": None, "stores": 1, **NOTHING}


def test_every_store_has_a_group(two_of_three):
    Store.objects.filter(pk="bad").update(display_name="Bad food")
    found = answer(rollup(group_by="store", compare="previous", **DAY))
    assert {name: found[name] for name in TOTAL} == TOTAL
    bad, closed, good = found["groups"]
    assert (bad["store_id"], bad["display_name"]) == ("bad", "Bad food")
    assert [bad[name] for name in TOTAL] == [1, 3 * 3600, 2 * 3600, 3600, 0, 0, 66.67]
    nothing = {"store_id": "closed", "display_name": "", "stores": 1, **NOTHING}
    assert closed == nothing | {"previous": NOTHING}
    assert (good["store_id"], good["uptime_percent"]) == ("good", 100)


def test_a_store_is_compared_with_the_range_before(two_of_three):
    """From 11:00 to 13:00 "bad" was up; from 9:00 to 11:00 it was down for an hour."""
    asked = {"from": "2023-01-23T11:00:00Z", "to": "2023-01-23T13:00:00Z"}
    found = answer(rollup(group_by="store", compare="previous", **asked))
    bad = found["groups"][0]
    assert (bad["up_seconds"], bad["previous"]["down_seconds"]) == (7200, 3600)
    assert found["previous"]["business_seconds"] == 3 * 3600


def test_an_unknown_label_groups_nothing(two_of_three):
    [group] = answer(rollup(group_by="label:brand", **DAY))["groups"]
    assert group == {"value": None, **TOTAL}


def test_stores_are_chosen_by_labels(two_of_three):
    assert answer(rollup(label="region:west", **DAY))["stores"] == 1
    both = answer(rollup(label=["region:west", "region:east"], **DAY))
    assert both == answer(rollup(**DAY)) | {"stores": 2}


def test_every_local_date_has_a_group(two_of_three):
    found = answer(rollup(group_by="day", **{"from": "2023-01-22"}))
    assert found["groups"] == [
        {"day": "2023-01-22", "stores": 3, **NOTHING},
        {"day": "2023-01-23", **TOTAL},
    ]


def test_a_label_and_the_date(two_of_three):
    found = answer(rollup(group_by="label:region,day", **{"from": "2023-01-22"}))
    assert [(g["value"], g["day"], g["up_seconds"]) for g in found["groups"]] == [
        ("east", "2023-01-22", 0),
        ("east", "2023-01-23", 2 * 3600),
        ("west", "2023-01-22", 0),
        ("west", "2023-01-23", 4 * 3600),
        (None, "2023-01-22", 0),
        (None, "2023-01-23", 0),
    ]


def test_weekday_and_hour_are_those_of_each_store_s_clock():
    """It is Monday 09:30 in Kathmandu when it is 03:45 in London."""
    engine.load(
        Data(
            [("east", True, at("03:15")), ("west", False, at("09:00"))],
            [("east", 0, 9 * HOUR, 10 * HOUR), ("west", 0, 9 * HOUR, 10 * HOUR)],
            [("east", "Asia/Kathmandu"), ("west", "Europe/London")],
        )
    )
    asked = {
        "to": iso(at("09:30")),
        "from": iso(at("03:45")),
        "as_of": iso(at("12:00")),
    }
    found = answer(rollup(group_by="weekday_hour", **asked))
    assert len(found["groups"]) == 168
    [group] = [g for g in found["groups"] if g["business_seconds"]]
    assert group == {
        "weekday": 0,
        "hour": 9,
        "stores": 2,
        "business_seconds": 3600.0,
        "up_seconds": 1800.0,
        "down_seconds": 1800.0,
        "unobserved_seconds": 0.0,
        "excused_seconds": 0.0,
        "uptime_percent": 50.0,
    }


# --- Compared with the range before


def two_weeks():
    """A store that was up on each date, but down on Tuesday the 17th."""
    polls = [("1", day != 17, at("12:00", day)) for day in range(10, 25)]
    engine.load(Data(polls, zones=[("1", "UTC")]))


def test_each_date_is_compared_with_that_a_week_before():
    two_weeks()
    asked = {"from": "2023-01-17", "to": "2023-01-24", "compare": "previous"}
    found = answer(rollup(group_by="day", **asked))
    assert found["previous_from"] == "2023-01-10T00:00:00Z"
    assert found["previous_to"] == "2023-01-17T00:00:00Z"
    # A status lasts past midnight until the next poll, at noon.
    assert found["down_seconds"] == 86400
    assert found["previous"]["down_seconds"] == 0
    downs = [
        (group["day"], group["down_seconds"], group["previous"]["down_seconds"])
        for group in found["groups"]
    ]
    assert downs[:3] == [
        ("2023-01-17", 43200, 0),
        ("2023-01-18", 43200, 0),
        ("2023-01-19", 0, 0),
    ]
    assert len(downs) == 7


def test_dates_are_compared_with_equal_parts_of_dates():
    """A day and a half is compared with that two days before."""
    two_weeks()
    asked = {"from": "2023-01-19", "to": "2023-01-20T12:00:00Z"}
    found = answer(rollup(group_by="day", compare="previous", **asked))
    assert found["previous_from"] == "2023-01-17T00:00:00Z"
    assert found["previous_to"] == "2023-01-18T12:00:00Z"
    for group in found["groups"]:
        assert group["business_seconds"] == group["previous"]["business_seconds"]
    assert [g["previous"]["down_seconds"] for g in found["groups"]] == [43200, 43200]
    # Without dates, it is the day and a half just before.
    found = answer(rollup(compare="previous", **asked))
    assert found["previous_from"] == "2023-01-17T12:00:00Z"
    assert found["previous_to"] == "2023-01-19T00:00:00Z"
    assert found["previous"]["down_seconds"] == 86400


def test_a_previous_range_without_polls_is_unobserved():
    two_weeks()
    found = answer(rollup(compare="previous", **{"from": "2023-01-08"}))
    assert found["previous"]["uptime_percent"] is None
    assert found["previous"]["unobserved_seconds"] == 16.5 * 86400


def test_a_pruned_previous_range_is_null():
    engine.load(Data([("1", True, at("00:00", day)) for day in range(10, 24)]))
    list(prune_polls(10))
    # Kept from the 13th, which begins last at 12:00Z, in UTC-12.
    asked = {"group_by": "weekday_hour", "compare": "previous"}
    found = answer(rollup(**asked, **{"from": "2023-01-17"}))
    assert found["previous"] is None
    assert found["groups"][0]["previous"] is None
    header, row, *_ = cells(rollup("text/csv", **asked, **{"from": "2023-01-17"}))
    assert dict(zip(header, row, strict=True))["previous_up_seconds"] == ""
    kept = answer(rollup(**asked, **{"from": "2023-01-19"}))
    assert kept["previous"]["uptime_percent"] == 100
    assert rollup(**{"from": "2023-01-13"}).status_code == 400


# --- Locations


def hours(store_id, opens, closes):
    return (store_id, 0, opens * HOUR, closes * HOUR)


# Storefronts a, b and c at one location; d elsewhere; e at no known place. Monday:
#   a   09 up   11 down     13 up   17
#   b        10 up  12 down     14 up  15
#   c                12:30 down  13:30
#   d   09 unobserved  17
#   e   09 down        17
PLACES = Data(
    [
        ("a", True, at("09:00")),
        ("a", False, at("11:00")),
        ("a", True, at("13:00")),
        ("b", True, at("10:00")),
        ("b", False, at("12:00")),
        ("b", True, at("14:00")),
        ("c", False, at("12:30")),
        ("e", False, at("09:00")),
        ("e", False, at("17:00")),
    ],
    [
        hours("a", 9, 17),
        hours("b", 10, 15),
        ("c", 0, 12 * HOUR + HOUR // 2, 13 * HOUR + HOUR // 2),
        hours("d", 9, 17),
        hours("e", 9, 17),
    ],
    [(store_id, "UTC") for store_id in "abcde"],
)


@pytest.fixture
def places():
    engine.load(PLACES)
    label(**{store_id: {"location": "mall"} for store_id in "abc"})
    label(d={"location": "pier"})


def downs(group):
    return group["any_down_seconds"], group["all_down_seconds"]


def test_a_location_is_down_if_any_or_all_of_its_open_stores_are(places):
    found = answer(rollup(group_by="location", **{"from": "2023-01-23"}))
    mall, pier, none = found["groups"]
    # Any: 11:00 to 14:00. All three: 12:30 to 13:00; before, only a and b were open,
    # and both were down from 12:00 on.
    assert (mall["value"], mall["stores"], *downs(mall)) == ("mall", 3, 10800, 3600)
    assert mall["down_seconds"] == 5 * 3600
    assert (pier["value"], *downs(pier)) == ("pier", 0, 0)
    assert pier["unobserved_seconds"] == 8 * 3600
    assert (none["value"], *downs(none)) == (None, None, None)
    assert found["down_seconds"] == 13 * 3600
    assert "any_down_seconds" not in found


def test_an_unobserved_store_is_not_down(places):
    label(e={"location": "pier"})
    found = answer(rollup(group_by="location", **{"from": "2023-01-23"}))
    assert downs(found["groups"][1]) == (8 * 3600, 0)


def test_a_range_cuts_the_downtime_of_locations(places):
    asked = {"from": iso(at("12:30")), "to": iso(at("13:30")), "compare": "previous"}
    mall = answer(rollup(group_by="location", **asked))["groups"][0]
    assert downs(mall) == (3600, 1800)
    # From 11:30 on a was down, from 12:00 on a and b.
    assert downs(mall["previous"]) == (3600, 1800)


# --- Unobserved time


def test_dates_that_the_timeline_does_not_cover_are_unobserved(two_of_three):
    rollup(**DAY)
    before = CoveredDay.objects.count()
    asked = {"from": "2031-01-01", "to": "2031-01-29", "as_of": "2031-02-01"}
    found = answer(rollup(group_by="label:region", **asked))
    # Four Mondays of 8 and 7 hours, and five Wednesdays of which one is the first.
    assert found["business_seconds"] == found["unobserved_seconds"] == (60 + 32) * 3600
    assert found["uptime_percent"] is None
    assert [g["business_seconds"] / 3600 for g in found["groups"]] == [28, 32, 32]
    assert CoveredDay.objects.count() == before


def test_all_time_of_an_unsettled_store_is_unobserved(two_of_three):
    Unsettled.objects.create(store_id="bad", missing=Unsettled.Missing.HOURS)
    engine.load(Data([("bad", True, at("12:00"))]))
    found = answer(rollup(group_by="label:region", **DAY))
    assert found["groups"][0]["unobserved_seconds"] == 3 * 3600


# --- Forms and refusals


def test_as_csv_it_has_the_groups_or_the_total(two_of_three):
    response = rollup("text/csv", compare="previous", **DAY)
    assert response["X-As-Of"] == "2023-01-23T13:00:00+00:00"
    header, row = cells(response)
    figures = [*SECONDS, "uptime_percent"]
    assert header == ["stores", *figures, *(f"previous_{name}" for name in figures)]
    assert row[:2] == ["3", "25200.0"]
    header, *rows = cells(rollup("text/csv", group_by="label:region,day", **DAY))
    assert header == ["value", "day", "stores", *figures]
    assert rows[0][:4] == ["east", "2023-01-23", "1", "10800.0"]
    assert rows[-1][:3] == ["", "2023-01-23", "1"]
    header, *_ = cells(rollup("text/csv", group_by="location", **DAY))
    assert header == [
        "value",
        "stores",
        *figures,
        "any_down_seconds",
        "all_down_seconds",
    ]


@pytest.mark.parametrize(
    "group_by",
    [
        "",
        "hour",
        "label",
        "label:",
        "label:Region",
        "label:a,b",
        "day,label:a",
        "label:a\0",
    ],
)
def test_an_invalid_grouping_is_refused(two_of_three, group_by):
    problem = check_is_problem(rollup(group_by=group_by), 400)
    assert list(problem["errors"]) == ["group_by"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"compare": "next"}, "compare"),
        ({"to": "2023-01-23T13:00:01Z"}, "to"),
        ({"from": "2021-12-19T12:59:59Z"}, "from"),
        ({"label": "west"}, "label"),
        ({"store_id": "good"}, "store_id"),
    ],
)
def test_invalid_parameters_are_refused(two_of_three, asked, field):
    assert list(check_is_problem(rollup(**asked), 400)["errors"]) == [field]


def test_without_polls_there_is_nothing_to_sum():
    engine.load(Data(zones=[("1", "UTC")]))
    check_is_problem(rollup(), 409)
    found = answer(rollup(as_of="2023-01-23"))
    assert found["unobserved_seconds"] == 7 * 86400


def test_without_stores_the_total_is_zero():
    found = answer(
        rollup(as_of="2023-01-23", group_by="label:region", compare="previous")
    )
    assert (found["stores"], found["groups"]) == (0, [])
    assert found["previous"] == NOTHING


def test_only_stores_that_may_be_seen_are_summed(two_of_three):
    limited = client_of(user_with("viewer", stores=["good"]))
    for group_by in ("day", "label:region", "weekday_hour", "location", "store"):
        found = answer(rollup(client=limited, group_by=group_by, **DAY))
        assert (found["stores"], found["business_seconds"]) == (1, 4 * 3600)
    asked = {"from": "2031-01-01", "to": "2031-01-08", "as_of": "2031-02-01"}
    assert answer(rollup(client=limited, **asked))["business_seconds"] == 8 * 3600


# --- Against each store


@generated
@given(ranges())
def test_each_store_has_the_figures_that_it_has_alone(example):
    data, since, until, as_of = example
    asked = span(since, until, as_of)
    with engine.rolled_back():
        engine.load(data)
        found = answer(rollup(group_by="store", **asked))["groups"]
        assert [g["store_id"] for g in found] == sorted(reference.known_stores(data))
        for group in found:
            alone = answer(of_store(group["store_id"], "uptime", **asked))
            assert [group[n] for n in FIGURES] == [alone[n] for n in FIGURES]


@generated
@given(ranges(), st.sampled_from(["day", "weekday_hour"]))
def test_groups_are_the_sums_of_all_stores(example, group_by):
    data, since, until, as_of = example
    asked = span(since, until, as_of)
    keys = ["day"] if group_by == "day" else ["weekday", "hour"]
    with engine.rolled_back():
        engine.load(data)
        expected = {}
        for store_id in reference.known_stores(data):
            found = of_store(store_id, "uptime", group_by=group_by, **asked)
            for group in answer(found)["groups"]:
                place = tuple(group[key] for key in keys)
                add(expected.setdefault(place, dict.fromkeys(SECONDS, 0)), group)
        found = answer(rollup(group_by=group_by, **asked))
    groups = {tuple(group[key] for key in keys): group for group in found["groups"]}
    assert list(groups) == sorted(expected)
    assert {place: micros(group) for place, group in groups.items()} == expected
    total = dict.fromkeys(SECONDS, 0)
    for group in found["groups"]:
        add(total, group)
    assert micros(found) == total


def micros(figures):
    return {name: round(figures[name] * 10**6) for name in SECONDS}


def add(sums, figures):
    for name, value in micros(figures).items():
        sums[name] += value


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/Chicago", "2023-03-12"),
        ("America/Chicago", "2022-11-06"),
        ("Australia/Lord_Howe", "2023-04-02"),
        # A minute after midnight the clock went back an hour, and forward.
        ("America/St_Johns", "2010-11-07"),
        ("America/St_Johns", "2010-03-14"),
    ],
)
def test_hours_of_clock_changes_are_those_of_each_store(zone, day):
    noon = parse_instant(f"{day} 12:00:00 UTC")
    stores = {"1": zone, "2": "UTC"}
    polls = [(store_id, True, noon) for store_id in stores]
    engine.load(Data(polls, zones=list(stores.items())))
    asked = span(noon - ONE_DAY, noon + ONE_DAY, noon + ONE_DAY)
    expected = {}
    for store_id in stores:
        found = answer(of_store(store_id, "uptime", group_by="weekday_hour", **asked))
        for group in found["groups"]:
            place = group["weekday"], group["hour"]
            add(expected.setdefault(place, dict.fromkeys(SECONDS, 0)), group)
    found = answer(rollup(group_by="weekday_hour", **asked))["groups"]
    assert {(g["weekday"], g["hour"]): micros(g) for g in found} == expected
