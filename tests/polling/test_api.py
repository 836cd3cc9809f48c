"""GET, PUT and DELETE /api/stores/{id}/probe."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from stores.models import Probe, ProbeResult, Store
from tests.access.entries import changes, recorded
from tests.api.asking import answer, check_is_problem, client
from tests.support.accounts import client_of, user_with

pytestmark = pytest.mark.django_db
URL = "https://store.example/menu"
DEFAULTS = {
    "url": URL,
    "status_codes": "200-299",
    "text": "",
    "not_text": "",
    "json_path": "",
    "json_value": "",
    "interval_minutes": 60,
}


@pytest.fixture(autouse=True)
def stores():
    Store.objects.bulk_create(Store(store_id=store_id) for store_id in ("A", "B"))


def put(store_id="A", client=client, headers=None, **fields):
    address = f"/api/stores/{store_id}/probe"
    return client.put(address, fields, format="json", headers=headers)


def get(store_id="A", client=client):
    return client.get(f"/api/stores/{store_id}/probe")


def test_a_probe_is_set_changed_and_removed():
    check_is_problem(get(), 404)
    with recorded() as entries:
        found = {"store_id": "A", **DEFAULTS, "last_result": None}
        assert answer(put(url=URL)) == found
        assert answer(put(url=URL)) == found
        assert answer(put(url=URL, text="open"))["text"] == "open"
        assert answer(get())["text"] == "open"
        assert client.delete("/api/stores/A/probe").status_code == 204
        assert client.delete("/api/stores/A/probe").status_code == 204
    check_is_problem(get(), 404)
    assert changes(entries) == [
        ("probe.changed", "A", None, DEFAULTS),
        ("probe.changed", "A", {"text": ""}, {"text": "open"}),
        ("probe.changed", "A", DEFAULTS | {"text": "open"}, None),
    ]


def test_it_has_the_newest_result():
    put(url=URL)
    for minute, is_active, reason in [(1, True, ""), (2, False, "timeout")]:
        ProbeResult.objects.create(
            store_id="A",
            looked_at=datetime(2026, 6, 1, 12, minute, tzinfo=UTC),
            round_id=uuid4(),
            is_active=is_active,
            reason=reason,
            host="store.example",
            milliseconds=20_000,
        )
    assert answer(get())["last_result"] == {
        "looked_at": "2026-06-01T12:02:00Z",
        "is_active": False,
        "reason": "timeout",
        "milliseconds": 20_000,
    }


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("true", "true"),
        ("3", "3"),
        ("open", '"open"'),
        ('"open"', '"open"'),
        ("Café", '"Caf\\u00e9"'),
        ('say "yes"', '"say \\"yes\\""'),
    ],
)
def test_a_value_that_is_no_json_is_a_text(sent, kept):
    found = answer(put(url=URL, json_path="/state", json_value=sent))
    assert found["json_value"] == kept


def test_status_codes_may_have_blanks():
    assert answer(put(url=URL, status_codes="200 - 204, 404"))["status_codes"] == (
        "200-204,404"
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", ""),
        ("url", "store.example"),
        ("url", "ftp://store.example/"),
        ("url", "file:///etc/passwd"),
        ("url", "http://"),
        ("url", "http:///menu"),
        ("url", "http://name:word@store.example/"),
        ("url", "http://name@store.example/"),
        ("url", "http://store.example/a b"),
        ("url", "http://store.example/\u0007"),
        ("url", "http://store.example/\u0000"),
        ("url", "http://store.example\\@inside/"),
        ("url", "http://store.example/" + "x" * 1000),
        ("url", None),
        ("url", 5),
        ("status_codes", ""),
        ("status_codes", "200-"),
        ("status_codes", "ok"),
        ("status_codes", "600"),
        ("status_codes", "200 404"),
        ("status_codes", ",".join(["200"] * 21)),
        ("text", "x" * 201),
        ("text", "a\u0007b"),
        ("not_text", 5),
        ("json_path", "store/open"),
        ("json_path", "/open"),  # without its value
        ("json_value", "true"),  # without its place
        ("interval_minutes", 4),
        ("interval_minutes", 1441),
        ("interval_minutes", "60"),
        ("interval_minutes", True),
        ("interval_minutes", None),
        ("every", 5),
    ],
)
def test_what_is_no_probe_is_refused(field, value):
    problem = check_is_problem(put(**{"url": URL, field: value}), 400)
    named = {"json_value": "json_path"}.get(field, field)
    assert list(problem["errors"]) == [named]
    assert not Probe.objects.exists()


def test_edits_of_others_are_not_overwritten():
    etag = put(url=URL)["ETag"]
    put(url=f"{URL}/2")
    check_is_problem(put(url=URL, headers={"if-match": etag}), 412)
    gone = client.delete("/api/stores/A/probe", headers={"if-match": etag})
    check_is_problem(gone, 412)
    etag = get()["ETag"]
    assert put(url=URL, headers={"if-match": etag}).status_code == 200
    known = client.get("/api/stores/A/probe", headers={"if-none-match": get()["ETag"]})
    assert known.status_code == 304


def test_an_unknown_store_and_a_foreign_one_look_the_same(settings):
    settings.OPEN = False
    put("B", url=URL, client=client_of(user_with("editor", "all stores", name="all")))
    limited = client_of(user_with("editor", stores=["A"]))
    assert put(client=limited, url=URL).status_code == 200
    for store_id in ("B", "nobody"):
        gone = limited.delete(f"/api/stores/{store_id}/probe")
        for refused in (get(store_id, limited), put(store_id, limited, url=URL), gone):
            problem = check_is_problem(refused, 404)
            assert problem["detail"] == f"there is no store '{store_id}'"
    assert Probe.objects.filter(pk="B").exists()
    assert not Probe.objects.filter(pk="nobody").exists()
