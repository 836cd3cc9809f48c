"""The stores that polls found out of hours while their hours say open."""

import pytest

from tests.api.asking import answer, cells, check_is_problem, client, pages
from tests.support import hours_differ
from tests.support.accounts import client_of, user_with

pytestmark = pytest.mark.django_db
DIFFER = "/api/hours-differ"


@pytest.fixture
def differing():
    hours_differ.load()


def found(**asked):
    rows = answer(client.get(DIFFER, asked))["results"]
    return [(row["store_id"], row["polls"]) for row in rows]


def test_stores_have_the_number_of_these_polls_and_the_newest(differing):
    rows = answer(client.get(DIFFER))["results"]
    assert rows[0] == {
        "store_id": "twice",
        "store_url": "http://testserver/api/stores/twice",
        "polls": 2,
        "newest_at": "2023-01-23T14:00:00Z",
        "newest_local": "2023-01-23T14:00:00",
        "timezone": "UTC",
        "hours": "09:00-12:00, 13:00-22:00",
    }
    assert [[*row.values()][2:] for row in rows[1:]] == [
        [1, "2023-01-23T20:00:00Z", "2023-01-23T20:00:00", "UTC",
         "00:00-02:00, 18:00-24:00"],
        [1, "2023-01-23T15:00:00Z", "2023-01-23T10:00:00", "America/New_York",
         "10:00-17:00"],
    ]  # fmt: skip


def test_as_csv(differing):
    head, first, *_ = cells(client.get(DIFFER, headers={"accept": "text/csv"}))
    assert head == [
        *("store_id", "polls", "newest_at", "newest_local", "timezone", "hours")
    ]
    assert first[:2] == ["twice", "2"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"from": "2023-01-23T14:00Z"}, [("night", 1), ("twice", 1), ("york", 1)]),
        ({"from": "2023-01-23T14:00:01Z"}, [("night", 1), ("york", 1)]),
        ({"to": "2023-01-23T14:00Z"}, [("twice", 2)]),
        ({"to": "2023-01-23T13:59Z"}, [("twice", 1)]),
        ({"label": "region:east"}, [("york", 1)]),
        ({"label": "region:north"}, []),
    ],
)
def test_the_range_and_labels_choose(differing, asked, expected):
    assert found(**asked) == expected


def test_pages_have_each_store_once(differing):
    rows = pages(client.get(DIFFER, {"page_size": 1}))
    assert [row["store_id"] for row in rows] == ["twice", "night", "york"]


def test_longer_hours_here_no_longer_differ(differing):
    """Only the poll of 10:00 is inside the hours that are left."""
    hours = [{"day": 0, "start_time_local": "09:00", "end_time_local": "12:00"}]
    changed = client.put("/api/stores/twice/hours", {"hours": hours}, format="json")
    assert changed.status_code == 200
    assert dict(found())["twice"] == 1


def test_users_see_only_their_stores(differing):
    rows = answer(client_of(user_with("viewer", stores=["york"])).get(DIFFER))
    assert [row["store_id"] for row in rows["results"]] == ["york"]


def test_without_polls_there_is_nothing_to_compare():
    check_is_problem(client.get(DIFFER), 409)
