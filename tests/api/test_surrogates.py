"""A lone surrogate, half a character, is a clear error at every endpoint with JSON."""

import pytest

from stores.models import Store
from tests.api.asking import check_is_problem, client

pytestmark = pytest.mark.django_db

ENDPOINTS = [
    ("post", "/api/reports"),
    ("post", "/api/polls"),
    ("post", "/api/stores"),
    ("patch", "/api/stores/1"),
    ("put", "/api/stores/1/hours"),
    ("put", "/api/stores/1/special-hours/2023-12-24"),
]
BODIES = [
    r'{"\ud800": 1}',
    r'{"store_id": "\ud800"}',
    r'{"display_name": "\udfff"}',
    r'{"hours": [{"day": 0, "start_time_local": "\ud800"}]}',
    r'{"store_ids": ["\ud800"]}',
]


@pytest.fixture(autouse=True)
def store():
    Store.objects.create(store_id="1")


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
@pytest.mark.parametrize("body", BODIES)
def test_it_is_refused(method, path, body):
    answer = client.generic(method.upper(), path, body, "application/json")
    check_is_problem(answer, 400)


@pytest.mark.parametrize("body", [r'{"\ud800": 1}', r'{"as_of": "\ud800"}'])
def test_triggering_a_report_does_not_fail(body):
    answer = client.generic("POST", "/api/trigger_report", body, "application/json")
    assert answer.status_code in (400, 409)


def test_a_whole_character_that_is_escaped_as_a_pair_is_fine():
    body = r'{"display_name": "\ud83c\udf55"}'
    answer = client.generic("PATCH", "/api/stores/1", body, "application/json")
    assert answer.status_code == 200
    assert answer.json()["display_name"] == "\U0001f355"
