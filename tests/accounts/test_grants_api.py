"""Grants in the API, and what they let users see."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import Group

from restaurant_monitor.access.models import Grant
from stores.models import Store, StoreLabel
from tests.accounts.people import send
from tests.api.asking import answer, check_is_problem
from tests.support.accounts import client_of, user_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def maria():
    return user_with("viewer", name="maria")


@pytest.fixture
def stores():
    for store_id, region in (("1", "west"), ("2", "east")):
        Store.objects.create(store_id=store_id)
        StoreLabel.objects.create(store_id=store_id, name="region", value=region)


def seen_by(client):
    return [row["store_id"] for row in answer(client.get("/api/stores"))["results"]]


@pytest.mark.parametrize("to", [{"user": "maria"}, {"group": "viewer"}], ids=str)
@pytest.mark.parametrize("what", [{"store_id": "1"}, {"label": "region:west"}], ids=str)
def test_a_grant_lets_its_stores_be_seen_until_it_is_taken(
    client, stores, maria, to, what
):
    of_maria = client_of(maria)
    assert seen_by(of_maria) == []
    made = send(client, "post", "/api/grants", to | what)
    assert made.status_code == 201
    empty = {"user": None, "group": None, "store_id": None, "label": None}
    shown = made.json()
    assert {name: shown[name] for name in empty} == empty | to | what
    assert answer(client.get(made["Location"])) == shown
    assert seen_by(of_maria) == ["1"]
    assert client.delete(made["Location"]).status_code == 204
    assert seen_by(of_maria) == []
    check_is_problem(client.get(made["Location"]), 404)


@pytest.mark.parametrize(
    ("body", "reasons"),
    [
        ({}, ["name a user or a group, and not both", "name a store, or a label"]),
        ({"user": "maria"}, ["name a store, or a label"]),
        ({"store_id": "1"}, ["name a user or a group"]),
        ({"user": "maria", "group": "viewer", "store_id": "1"}, ["and not both"]),
        ({"user": "maria", "store_id": "1", "label": "region:west"}, ["and not both"]),
        ({"user": "nobody", "store_id": "1"}, ["There is no user nobody."]),
        ({"group": "king", "store_id": "1"}, ["There is no group king."]),
        ({"user": "maria", "label": "region"}, ["region:west"]),
        ({"user": "maria", "label": ":west"}, ["region:west"]),
        ({"user": "maria", "store_id": ""}, ["blank"]),
        ({"user": "maria", "store_id": 1}, ["Not a valid string."]),
        ({"user": "maria", "store_id": "1", "grant_id": "x"}, ["unknown"]),
    ],
    ids=str,
)
def test_an_unclear_grant_is_refused_with_the_reason(client, maria, body, reasons):
    refused = send(client, "post", "/api/grants", body)
    errors = str(check_is_problem(refused, 400)["errors"])
    for reason in reasons:
        assert reason in errors
    assert not Grant.objects.exists()


def test_a_grant_is_given_once(client, maria):
    body = {"user": "maria", "label": "region:west"}
    assert send(client, "post", "/api/grants", body).status_code == 201
    refused = check_is_problem(send(client, "post", "/api/grants", body), 409)
    assert refused["detail"] == "this is granted already"
    assert Grant.objects.count() == 1


def test_a_store_that_does_not_exist_yet_can_be_granted(client, stores, maria):
    send(client, "post", "/api/grants", {"user": "maria", "store_id": "new"})
    assert seen_by(client_of(maria)) == []
    Store.objects.create(store_id="new")
    assert seen_by(client_of(maria)) == ["new"]


def test_the_list_is_newest_first_in_pages_and_filtered(client, maria):
    viewer = Group.objects.get(name="viewer")
    given = [
        Grant.objects.create(user=maria, store_id="1"),
        Grant.objects.create(group=viewer, store_id="1"),
        Grant.objects.create(user=maria, store_id="2"),
    ]
    expected = [str(grant.pk) for grant in reversed(given)]
    found = answer(client.get("/api/grants?page_size=2"))
    rest = answer(client.get(found["next"]))
    rows = found["results"] + rest["results"]
    assert [row["grant_id"] for row in rows] == expected
    for query, which in (
        ("user=maria", [2, 0]),
        ("group=viewer", [1]),
        ("store_id=1", [1, 0]),
        ("user=maria&store_id=2", [2]),
        ("user=nobody", []),
    ):
        rows = answer(client.get(f"/api/grants?{query}"))["results"]
        assert [row["grant_id"] for row in rows] == [str(given[n].pk) for n in which]


def test_it_needs_the_permission(maria, nobody):
    grant = Grant.objects.create(user=maria, store_id="1")
    for method, address in (
        ("get", "/api/grants"),
        ("post", "/api/grants"),
        ("get", f"/api/grants/{grant.pk}"),
        ("delete", f"/api/grants/{grant.pk}"),
    ):
        check_is_problem(send(client_of(maria), method, address), 403)
        check_is_problem(send(nobody, method, address), 401)
    assert Grant.objects.exists()


def test_only_superusers_touch_the_grants_of_a_superuser(client, boss):
    grant = Grant.objects.create(user=boss, store_id="1")
    body = {"user": "boss", "store_id": "2"}
    check_is_problem(send(client, "post", "/api/grants", body), 403)
    check_is_problem(client.delete(f"/api/grants/{grant.pk}"), 403)
    assert Grant.objects.count() == 1


def test_an_unknown_grant_is_not_found(client):
    check_is_problem(client.get(f"/api/grants/{uuid4()}"), 404)
    check_is_problem(client.delete(f"/api/grants/{uuid4()}"), 404)
    check_is_problem(client.get("/api/grants/1"), 400)
