"""The polls of a store over the API."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.api.asking import answer, cells, client, iso, of_store, pages, span
from tests.api.generated import generated, ranges
from tests.support import engine, reference
from tests.support.reference import Data, parse_instant

pytestmark = pytest.mark.django_db


def test_polls_in_csv_have_the_columns_of_a_status_file(denver):
    assert cells(of_store("denver", "polls", accept="text/csv")) == [
        ["store_id", "status", "timestamp_utc", "reason"],
        ["denver", "active", "2023-01-23T17:14:00Z", ""],
        ["denver", "inactive", "2023-01-23T18:15:00Z", ""],
    ]


def test_a_range_of_polls_includes_both_ends(denver):
    found = answer(of_store("late", "polls"))
    assert found["to"] == "2023-01-23T20:00:00Z"
    assert [row["timestamp_utc"] for row in found["results"]] == [found["to"]]
    at = {"from": "2023-01-23T17:14:00Z", "to": "2023-01-23T18:15:00Z"}
    assert len(answer(of_store("denver", "polls", **at))["results"]) == 2


def test_all_pages_have_the_same_as_of(denver):
    first = answer(of_store("denver", "polls", page_size=1))
    engine.load(Data([("late", True, parse_instant("2023-01-30 12:00:00 UTC"))]))
    second = answer(client.get(first["next"]))
    assert second["as_of"] == first["as_of"] == "2023-01-23T20:00:00Z"
    assert [row["status"] for row in second["results"]] == ["inactive"]


@generated
@given(ranges(), st.integers(1, 3))
def test_pages_of_polls_have_each_poll_once(example, size):
    data, since, until, as_of = example
    with engine.rolled_back():
        engine.load(data)
        for store_id in reference.known_stores(data):
            asked = span(since, until, as_of) | {"page_size": size}
            found = pages(of_store(store_id, "polls", **asked))
            assert [(row["timestamp_utc"], row["status"]) for row in found] == [
                (iso(at), "active" if is_active else "inactive")
                for at, is_active in sorted(data.polls_of[store_id].items())
                if since <= at <= until
            ]
