"""The week of a store over the API."""

import pytest

from stores.models import BusinessHours
from tests.api.asking import answer, check_is_problem, client
from tests.api.stores import address

pytestmark = pytest.mark.django_db


def row(day, start, end):
    return {"day": day, "start_time_local": start, "end_time_local": end}


def put(store_id, *rows):
    return client.put(address(store_id, "hours"), {"hours": list(rows)}, format="json")


def test_a_week_is_replaced_as_a_whole(few_stores):
    week = [
        row(0, "09:00:00", "12:00:00"),
        row(0, "13:30:00", "17:00:00"),
        row(5, "18:00:00", "02:00:00"),
        row(6, "00:00:00", "24:00:00"),
    ]
    changed = put("up", *week[2:], *week[:2])
    expected = {"store_id": "up", "is_always_open": False, "hours": week}
    assert answer(changed) == expected
    assert answer(client.get(address("up", "hours"))) == expected
    assert answer(client.get(address("up")))["status"] == "closed"
    assert BusinessHours.objects.filter(store_id="up").count() == 4


def test_a_week_without_rows_is_always_open(few_stores):
    assert answer(put("closed"))["is_always_open"] is True
    assert answer(client.get(address("closed")))["status"] == "up"


def test_hours_in_csv_are_those_of_a_file(few_stores):
    response = client.get(address("up", "hours"), headers={"accept": "text/csv"})
    assert response.content.decode().splitlines() == [
        "store_id,day,start_time_local,end_time_local",
        "up,0,09:00:00,17:00:00",
    ]


def test_an_invalid_week_is_refused_with_errors_per_row(few_stores):
    problem = check_is_problem(
        put(
            "up",
            row(0, "09:00", "17:00"),
            row(7, "09:00", "17:00"),
            row(1, "9 o'clock", "25:00"),
            row(1, "24:00", "17:00") | {"closed": True},
            row(1, 9, None),
            row("1", "09:00", "17:00"),
            row(True, "09:00", "17:00"),
        ),
        400,
    )
    reasons = problem["errors"]["hours"]
    assert {place: sorted(fields) for place, fields in reasons.items()} == {
        "1": ["day"],
        "2": ["end_time_local", "start_time_local"],
        "3": ["closed"],
        "4": ["end_time_local", "start_time_local"],
        "5": ["day"],
        "6": ["day"],
    }
    assert BusinessHours.objects.get(store_id="up").ends.hour == 17


def test_the_same_row_twice_is_refused(few_stores):
    rows = [row(0, "09:00", "17:00"), row(0, "09:00:00", "17:00")]
    problem = check_is_problem(put("up", *rows), 400)
    assert list(problem["errors"]["hours"]) == ["1"]


@pytest.mark.parametrize("body", [{}, {"hours": None}, {"hours": {}}, [], 1])
def test_a_body_without_a_week_is_refused(few_stores, body):
    response = client.put(address("up", "hours"), body, format="json")
    check_is_problem(response, 400)
