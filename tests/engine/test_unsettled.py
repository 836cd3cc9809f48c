"""A store whose hours or zone were rejected is unsettled: nobody guesses its hours."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.test import Client

from stores import editing
from stores.hours.week import set_week
from stores.models import Mark, Store, Unsettled
from stores.timeline.check import check
from stores.timeline.refresh import refresh
from tests.support import engine
from tests.support.reference import Figures

pytestmark = pytest.mark.django_db

AS_OF = datetime(2023, 1, 23, 20, tzinfo=UTC)
# In Denver Monday 09:00 to 12:00 is 16:00Z to 19:00Z: up until 18:15Z, then down.
POLLS = """store_id,status,timestamp_utc
denver,active,2023-01-23 17:14:00 UTC
denver,inactive,2023-01-23 18:15:00 UTC
"""
HOURS = "store_id,day,start_time_local,end_time_local\n"
GOOD_HOURS = HOURS + "denver,0,09:00,12:00\n"
BAD_HOURS = HOURS + "denver,0,09:00,12:00\ndenver,7,09:00,12:00\n"
ZONES = "store_id,timezone_str\n"
GOOD_ZONE = ZONES + "denver,America/Denver\n"
BAD_ZONE = ZONES + "denver,US/Pacific-New\n"

KNOWN = Figures(up=timedelta(hours=2.25), down=timedelta(hours=0.75))
# Monday 09:00 to 12:00 Denver time, once in the week.
NOT_OBSERVED = Figures(unobserved=timedelta(hours=3))
# Always open, the week of 168 hours.
ALWAYS_UNOBSERVED = Figures(unobserved=timedelta(hours=168))


@pytest.fixture
def load(tmp_path):
    def load(status=None, hours=None, timezones=None):
        names = {
            "store_status.csv": status,
            "menu_hours.csv": hours,
            "timezones.csv": timezones,
        }
        for name, text in names.items():
            (tmp_path / name).unlink(missing_ok=True)
            if text:
                (tmp_path / name).write_text(text)
        return engine.load_folder(tmp_path)

    return load


def week(store_id="denver"):
    figures = engine.figures(AS_OF)
    assert check() == {}
    return figures[store_id]["week"]


def test_rejected_hours_leave_all_time_unobserved(load):
    load(POLLS, BAD_HOURS, GOOD_ZONE)
    assert week() == ALWAYS_UNOBSERVED
    assert engine.outages_by_store(as_of=AS_OF) == {}


def test_a_rejected_zone_leaves_all_time_unobserved(load):
    load(POLLS, GOOD_HOURS, BAD_ZONE)
    # Its sessions are those of rule 1, in Chicago: also 3 hours a week.
    assert week() == NOT_OBSERVED


def test_hours_from_before_stay_good(load):
    load(POLLS, GOOD_HOURS, GOOD_ZONE)
    load(hours=BAD_HOURS)
    assert week() == KNOWN


def test_a_zone_from_before_stays_good(load):
    load(POLLS, GOOD_HOURS, GOOD_ZONE)
    load(timezones=BAD_ZONE)
    assert week() == KNOWN


def test_another_good_row_of_the_zone_settles_it(load):
    load(POLLS, GOOD_HOURS, GOOD_ZONE + "denver,Nowhere\n")
    assert week() == KNOWN


def test_a_rejected_row_does_not_make_its_store_known(load):
    load(hours=BAD_HOURS)
    assert not Store.objects.exists()
    assert not Mark.objects.exists()


def test_it_holds_for_a_store_that_becomes_known_later(load):
    load(hours=BAD_HOURS)
    load(POLLS, timezones=GOOD_ZONE)
    assert week() == ALWAYS_UNOBSERVED


def test_a_known_store_becomes_unsettled(load):
    load(POLLS, timezones=GOOD_ZONE)
    # Always open: up until 18:15Z since its opening at 07:00Z, then down.
    assert week().up == timedelta(hours=11.25)
    load(hours=BAD_HOURS)
    assert week() == ALWAYS_UNOBSERVED


@pytest.mark.parametrize(
    "settle",
    [
        lambda load: load(hours=GOOD_HOURS),
        lambda load: set_week("denver", [(0, time(9), time(12))]),
        lambda load: Client().put(
            "/api/stores/denver/hours",
            {
                "hours": [
                    {
                        "day": 0,
                        "start_time_local": "09:00",
                        "end_time_local": "12:00",
                    }
                ]
            },
            content_type="application/json",
        ),
    ],
    ids=["file", "admin", "api"],
)
def test_good_hours_settle_it(load, settle):
    load(POLLS, BAD_HOURS, GOOD_ZONE)
    refresh(AS_OF)
    settle(load)
    assert week() == KNOWN
    assert not Unsettled.objects.exists()


@pytest.mark.parametrize(
    "settle",
    [
        lambda load: load(timezones=GOOD_ZONE),
        lambda load: editing.set_timezone("denver", "America/Denver"),
        lambda load: Client().patch(
            "/api/stores/denver",
            {"timezone": "America/Denver"},
            content_type="application/json",
        ),
    ],
    ids=["file", "admin", "api"],
)
def test_a_good_zone_settles_it(load, settle):
    load(POLLS, GOOD_HOURS, BAD_ZONE)
    refresh(AS_OF)
    settle(load)
    assert week() == KNOWN
    assert not Unsettled.objects.exists()


def test_to_say_that_it_is_always_open_settles_its_hours(load):
    load(POLLS, BAD_HOURS, GOOD_ZONE)
    refresh(AS_OF)
    set_week("denver", [])
    assert week().up == timedelta(hours=11.25)


def test_hours_do_not_settle_a_zone(load):
    load(POLLS, BAD_HOURS, BAD_ZONE)
    load(hours=GOOD_HOURS)
    assert week() == NOT_OBSERVED
    load(timezones=GOOD_ZONE)
    assert week() == KNOWN


def test_a_deleted_store_that_is_polled_again_is_still_unsettled(load):
    load(POLLS, BAD_HOURS, GOOD_ZONE)
    editing.delete(["denver"])
    load(POLLS, timezones=GOOD_ZONE)
    assert week() == ALWAYS_UNOBSERVED


def test_the_default_zone_is_a_guess_and_settles_nothing(load):
    load(POLLS, GOOD_HOURS, BAD_ZONE)
    editing.set_timezone("denver", None)
    assert week() == NOT_OBSERVED


def test_the_rows_of_other_stores_count(load):
    load(
        POLLS + "always,active,2023-01-23 12:00:00 UTC\n",
        BAD_HOURS,
        GOOD_ZONE + "always,UTC\n",
    )
    # Monday 23rd from 00:00Z on, up to as_of.
    assert week("always").up == timedelta(hours=20)


def test_a_store_s_answer_says_what_is_missing(load):
    load(POLLS, BAD_HOURS, BAD_ZONE)
    answer = Client().get("/api/stores/denver").json()
    assert answer["unsettled"] == ["hours", "timezone"]
    [row] = Client().get("/api/stores").json()["results"]
    assert row["unsettled"] == ["hours", "timezone"]
    load(hours=GOOD_HOURS, timezones=GOOD_ZONE)
    assert Client().get("/api/stores/denver").json()["unsettled"] == []


def test_an_ingest_warns_of_the_stores_that_it_leaves_unsettled(load):
    found = load(POLLS, BAD_HOURS, BAD_ZONE).warnings
    assert [warning["code"] for warning in found] == ["unsettled", "unsettled"]
    hours, zone = (warning["text"] for warning in found)
    assert "Unsettled stores: 1, such as denver. Nobody knows their business" in hours
    assert "Nobody knows their time zone" in zone
    assert load(hours=GOOD_HOURS).warnings == []
