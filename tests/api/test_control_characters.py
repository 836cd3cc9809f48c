"""No store has an id with a control character (Unicode category Cc), from any door."""

import csv
import json
from io import StringIO
from unicodedata import category

import pytest
from django.contrib.auth.models import User
from django.db import DataError, IntegrityError, transaction

from stores.models import Store
from tests.api.asking import check_is_problem
from tests.api.stores import STORES, address

pytestmark = pytest.mark.django_db

CONTROLS = [chr(code) for code in range(0x110000) if category(chr(code)) == "Cc"]
IDS = [f"a{control}b" for control in CONTROLS]
AT = "2023-01-23 09:00:00 UTC"


def test_there_are_65_of_them():
    assert len(CONTROLS) == 65


def test_the_api_creates_no_store_with_one(client):
    for store_id in IDS:
        answer = client.post(STORES, {"store_id": store_id}, format="json")
        problem = check_is_problem(answer, 400)
        assert list(problem["errors"]) == ["store_id"]
    assert not Store.objects.exists()


def test_one_at_the_edge_of_an_id_is_white_space_or_refused(client):
    """As in a file: white space around a field is not part of it."""
    for control in CONTROLS:
        answer = client.post(STORES, {"store_id": f"{control}a"}, format="json")
        expected = 201 if control in "\t\n\r\f\v" else 400
        assert answer.status_code == expected, ascii(control)
        Store.objects.all().delete()


@pytest.mark.parametrize("form", ["json", "ndjson", "csv"])
def test_pushed_polls_with_one_are_rejected(client, form):
    # A NUL is no character of a CSV file and no valid string in JSON.
    ids = [store_id for store_id in IDS if "\0" not in store_id]
    polls = [{"store_id": i, "status": "active", "timestamp_utc": AT} for i in ids]
    body, content_type = {
        "json": (json.dumps(polls), "application/json"),
        "ndjson": ("\n".join(map(json.dumps, polls)), "application/x-ndjson"),
        "csv": (as_csv(polls), "text/csv"),
    }[form]
    answer = client.post("/api/polls", body.encode(), content_type=content_type)
    assert answer.status_code == 201
    assert answer.json()["rejected"] == len(ids) == 64
    [reason] = answer.json()["reasons"]
    assert reason["reason"] == "store_id with a control character"
    assert not Store.objects.exists()


def as_csv(polls):
    text = StringIO()
    writer = csv.DictWriter(text, polls[0], quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(polls)
    return text.getvalue()


def test_the_admin_adds_no_store_with_one(client):
    client.force_login(User.objects.create(is_staff=True, is_superuser=True))
    for store_id in IDS:
        form = {"store_id": store_id, "special-TOTAL_FORMS": 0}
        page = client.post(
            "/admin/stores/store/add/", form | {"special-INITIAL_FORMS": 0}
        )
        assert page.status_code == 200
        assert page.context["adminform"].form.errors["store_id"], ascii(store_id)
    assert not Store.objects.exists()


def test_the_database_takes_none():
    for store_id in IDS:
        with (
            pytest.raises((IntegrityError, DataError, ValueError)),
            transaction.atomic(),
        ):
            Store.objects.create(store_id=store_id)


def test_no_store_is_found_by_one(client, few_stores):
    for control in CONTROLS:
        store_id = f"up{control}"
        check_is_problem(client.get(address(store_id)), 404)
        check_is_problem(client.get(address(store_id, "uptime")), 404)
        answer = client.post("/api/reports", {"store_ids": [store_id]}, format="json")
        assert list(check_is_problem(answer, 400)["errors"]) == ["store_ids"]


def test_other_characters_that_cannot_be_seen_are_allowed(client):
    """A no-break space, a soft hyphen, a line separator, one for private use."""
    for store_id in ("a\u00a0b", "a\u00adb", "a\u2028b", "a\u200bb", "a\ue000b"):
        answer = client.post(STORES, {"store_id": store_id}, format="json")
        assert answer.status_code == 201
        found = client.get(answer["Location"]).json()
        assert found["store_id"] == store_id
