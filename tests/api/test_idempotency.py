"""A push with a used key gets the first answer, or is refused."""

import json

import pytest

from stores.models import Ingest
from tests.api.asking import check_is_problem
from tests.api.pushing import check_nothing_changed, push, statuses, with_key
from tests.support.pushes import A9, A10, CSV, JSON, NDJSON, as_csv, as_ndjson

in_database = pytest.mark.django_db


@in_database
def test_the_same_key_and_body_get_the_first_answer(client):
    first = push(client, [A9], **with_key("k"))
    assert "Idempotent-Replayed" not in first
    push(client, [A9 | {"status": "inactive"}])
    again = push(client, [A9], **with_key("k"))
    assert again.status_code == 201
    assert again["Idempotent-Replayed"] == "true"
    assert again["Location"] == first["Location"]
    assert again.json() == first.json()
    assert statuses() == [("A", 9, False)]
    assert Ingest.objects.count() == 2


@in_database
@pytest.mark.parametrize(
    ("body", "content_type"), [([A10], JSON), (as_ndjson(A9), NDJSON)]
)
def test_the_same_key_with_another_body_is_refused(client, body, content_type):
    push(client, json.dumps(A9), **with_key("k"))
    check_is_problem(push(client, body, content_type, **with_key("k")), 422)
    assert statuses() == [("A", 9, True)]


@in_database
@pytest.mark.parametrize(
    ("body", "content_type"),
    [([{}], JSON), (as_csv(A9) + "A\n", CSV), ("", CSV), (b"x", "text/plain")],
)
def test_a_refused_request_does_not_store_its_key(client, body, content_type):
    assert push(client, body, content_type, **with_key("k")).status_code in (400, 415)
    again = push(client, [A9], **with_key("k"))
    assert again.status_code == 201
    assert "Idempotent-Replayed" not in again


@in_database
@pytest.mark.parametrize("key", ["", "x" * 201, "é", "a\tb", "\x7f"])
def test_it_refuses_an_invalid_key(client, key):
    problem = check_is_problem(push(client, [A9], **with_key(key)), 400)
    assert problem["errors"].keys() == {"Idempotency-Key"}
    check_nothing_changed()


@in_database
@pytest.mark.parametrize("key", ["!", "a b", "~" * 200, "%s%(key)s'"])
def test_a_key_may_be_any_printable_ascii_text(client, key):
    assert push(client, [A9], **with_key(key)).status_code == 201
    assert "Idempotent-Replayed" in push(client, [A9], **with_key(key))
