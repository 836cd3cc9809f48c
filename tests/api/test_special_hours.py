"""The special hours of a store over the API."""

import pytest

from tests.api.asking import answer, check_is_problem, client, pages
from tests.api.stores import address

pytestmark = pytest.mark.django_db


def shift(start, end):
    return {"start_time_local": start, "end_time_local": end}


def put_day(store_id, day, *rows):
    body = {"hours": list(rows)}
    return client.put(address(store_id, "special-hours", day), body, format="json")


def test_special_hours_of_a_date_replace_those_of_its_week(few_stores):
    # The newest poll is on Monday, 12:00 UTC.
    assert answer(put_day("up", "2023-01-23")) == {
        "store_id": "up",
        "date": "2023-01-23",
        "hours": [],
    }
    assert answer(client.get(address("up")))["status"] == "closed"
    changed = put_day(
        "up", "2023-01-23", shift("11:30", "24:00"), shift("08:00", "09:30")
    )
    rows = [shift("08:00:00", "09:30:00"), shift("11:30:00", "24:00:00")]
    assert answer(changed)["hours"] == rows
    # The poll at 11:00 is outside the hours, and there is no other.
    assert answer(client.get(address("up")))["status"] == "unobserved"
    assert (
        client.delete(address("up", "special-hours", "2023-01-23")).status_code == 204
    )
    assert answer(client.get(address("up")))["status"] == "up"
    check_is_problem(client.get(address("up", "special-hours", "2023-01-23")), 404)


def test_special_dates_are_listed_in_pages_and_in_csv(few_stores):
    put_day("up", "2023-12-31", shift("18:00", "02:00"), shift("09:00", "15:00"))
    put_day("up", "2023-12-25")
    put_day("up", "2024-12-25")
    listed = address("up", "special-hours")
    found = pages(client.get(listed, {"page_size": 1}))
    new_year = [shift("09:00:00", "15:00:00"), shift("18:00:00", "02:00:00")]
    assert found == [
        {"date": "2023-12-25", "hours": []},
        {"date": "2023-12-31", "hours": new_year},
        {"date": "2024-12-25", "hours": []},
    ]
    of_2023 = {"from": "2023-01-01", "to": "2023-12-31"}
    response = client.get(listed, of_2023, headers={"accept": "text/csv"})
    assert response.content.decode().splitlines() == [
        "store_id,date,start_time_local,end_time_local",
        "up,2023-12-25,,",
        "up,2023-12-31,09:00:00,15:00:00",
        "up,2023-12-31,18:00:00,02:00:00",
    ]


@pytest.mark.parametrize("day", ["2023-02-30", "christmas", "1969-12-31", "2101-01-01"])
@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_an_invalid_date_is_refused(few_stores, day, method):
    response = getattr(client, method)(address("up", "special-hours", day))
    assert list(check_is_problem(response, 400)["errors"]) == ["day"]


def test_invalid_special_hours_are_refused_with_errors_per_row(few_stores):
    rows = [shift("09:00", "12:00"), shift("", ""), {"start_time_local": "09:00"}]
    problem = check_is_problem(put_day("up", "2023-12-25", *rows), 400)
    assert sorted(problem["errors"]["hours"]) == ["1", "2"]
    assert answer(client.get(address("up", "special-hours")))["results"] == []
