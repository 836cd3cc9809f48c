"""Outages over the API, of one store and of all."""

import pytest

from stores.timeline.refresh import refresh
from tests.api.asking import answer, cells, client, iso, of_store
from tests.support import engine, reference
from tests.support.reference import HOUR, ONE_DAY, Data, parse_instant

pytestmark = pytest.mark.django_db

WEEK = 7 * ONE_DAY


@pytest.mark.parametrize("days", [0, 1, 2, 4, 6, 7, 20])
def test_an_outage_goes_on_as_long_as_the_store_is_closed(days):
    """Open on Mondays only, without a poll on the next Monday."""
    monday = parse_instant("2023-01-23 10:00:00Z")
    hours = [("1", 0, 9 * HOUR, 17 * HOUR)]
    data = Data([("1", False, monday)], hours, [("1", "UTC")])
    engine.load(data)
    refresh()
    as_of = monday + days * ONE_DAY
    dates = (monday.date() - ONE_DAY, as_of.date() + ONE_DAY)
    [expected] = reference.outages(data, "1", as_of, *dates)
    asked = {"from": iso(monday - WEEK), "as_of": iso(as_of)}
    [found] = answer(client.get("/api/outages", asked))["results"]
    assert found["is_ongoing"] == expected.is_ongoing == (days < 7)


def test_an_outage_goes_on_when_the_request_itself_processes_its_poll():
    """Until the newest poll is processed, as_of is far from all polls."""
    hours = [("1", weekday, 9 * HOUR, 17 * HOUR) for weekday in (0, 1)]
    tuesday = parse_instant("2023-01-17 12:00:00Z")
    engine.load(Data([("1", True, tuesday - 16 * ONE_DAY)], hours, [("1", "UTC")]))
    refresh()
    engine.load(Data([("1", False, tuesday)]))
    asked = {"from": "2023-01-02T00:00:00Z", "as_of": "2023-01-21T12:00:00Z"}
    [found] = answer(client.get("/api/outages", asked))["results"]
    assert found["is_ongoing"]
    assert found["starts_at"] == "2023-01-17T09:00:00Z"


def test_ongoing_outages_are_listed_first():
    at = "2023-01-23 {}:00 UTC".format
    engine.load(
        Data(
            [
                ("ended", False, parse_instant(at("13:00"))),
                ("ended", True, parse_instant(at("14:00"))),
                ("long", False, parse_instant(at("10:00"))),
                ("short", False, parse_instant(at("19:59"))),
                ("ended", True, parse_instant(at("20:00"))),
            ],
            [(store, 0, 9 * HOUR, 22 * HOUR) for store in ("ended", "long", "short")],
            [(store, "UTC") for store in ("ended", "long", "short")],
        )
    )

    def found(**asked):
        rows = answer(client.get("/api/outages", asked))["results"]
        return [(r["store_id"], r["down_seconds"], r["is_ongoing"]) for r in rows]

    # By rule 5 the first poll also counts for the time since the opening at 09:00.
    ended, long, short = (
        ("ended", 18000.0, False),
        ("long", 39600.0, True),
        ("short", 39600.0, True),
    )
    assert found() == [long, short, ended]
    assert found(ongoing="true") == [long, short]
    assert found(ongoing="false") == [ended]
    assert found(at_least_seconds=18001) == [long, short]
    assert found(at_least_seconds=39601) == []
    assert answer(of_store("long", "outages"))["results"] == [
        {
            "store_id": "long",
            "store_url": "http://testserver/api/stores/long",
            "starts_at": "2023-01-23T09:00:00Z",
            "ends_at": "2023-01-23T20:00:00Z",
            "down_seconds": 39600.0,
            "is_ongoing": True,
            "reasons": [],
        }
    ]


def test_outages_have_the_shares_of_their_reasons():
    """Down from 10:00 to 14:00: 3 hours by the poll of 11:00, and one by the first."""
    polls = {"10:00": "platform", "11:00": "no_couriers", "14:00": None}
    rows = [
        {
            "store_id": "A",
            "status": "inactive" if reason else "active",
            "timestamp_utc": f"2023-01-23 {clock}",
            "reason": reason,
        }
        for clock, reason in polls.items()
    ]
    rows = [rows[0] | {"status": "active", "timestamp_utc": "2023-01-23 09:00"}, *rows]
    assert client.post("/api/polls", rows, format="json").status_code == 201
    for found in (client.get("/api/outages"), of_store("A", "outages")):
        [outage] = answer(found)["results"]
        assert outage["reasons"] == [
            {"reason": "no_couriers", "down_seconds": 10800.0, "percent": 75.0},
            {"reason": "platform", "down_seconds": 3600.0, "percent": 25.0},
        ]
    asked = {"headers": {"accept": "text/csv"}}
    for found in (
        client.get("/api/outages", **asked),
        of_store("A", "outages", accept="text/csv"),
    ):
        head, row = cells(found)
        assert (head[-1], row[-1]) == ("reasons", "no_couriers:75.0; platform:25.0")
