"""Pushed polls are read like those of a file: every form of a field and of a body."""

import gzip
from datetime import UTC, datetime

import pytest

from stores.api import poll_bodies
from stores.models import Poll
from tests.api.asking import check_is_problem
from tests.api.pushing import check_nothing_changed, push, statuses
from tests.ingest.field_forms import (
    READ_STATUSES,
    READ_TIMESTAMPS,
    REJECTED_STATUSES,
    REJECTED_TIMESTAMPS,
)
from tests.support.pushes import (
    A9,
    A10,
    B9,
    CSV,
    HEADER,
    JSON,
    NDJSON,
    as_csv,
    as_ndjson,
)

pytestmark = pytest.mark.django_db
STORED = [("A", 9, True), ("A", 10, False)]


def rows_of(field, texts):
    return [
        A9 | {"store_id": f"S{number}", field: text}
        for number, text in enumerate(texts)
    ]


@pytest.mark.parametrize(
    ("field", "read", "rejected"),
    [
        ("status", READ_STATUSES, REJECTED_STATUSES),
        ("timestamp_utc", READ_TIMESTAMPS, REJECTED_TIMESTAMPS),
    ],
)
def test_every_form_is_read_or_rejected_as_in_a_file(client, field, read, rejected):
    texts = [*read, *(text for texts in rejected.values() for text in texts)]
    found = push(client, rows_of(field, texts)).json()
    assert {one["reason"]: one["rejected"] for one in found["reasons"]} == {
        reason: len(texts) for reason, texts in rejected.items()
    }
    polls = {poll.store_id: poll for poll in Poll.objects.all()}
    assert len(polls) == len(read)
    for number, value in enumerate(read.values()):
        poll = polls[f"S{number}"]
        if field == "status":
            assert poll.is_active == value
        else:
            instant = datetime.fromisoformat(value).replace(tzinfo=UTC)
            assert poll.observed_at == instant


@pytest.mark.parametrize(
    "body",
    [
        as_csv(A9, A10)
        .replace(HEADER, "Store ID;Status;Timestamp\n")
        .replace(",", ";"),
        "sep=;\n" + as_csv(A9, A10).replace(",", ";"),
        as_csv(A9, A10).replace(",", "\t"),
        gzip.compress(as_csv(A9, A10).encode()),
    ],
    ids=["other names", "sep=", "tabs", "gzip"],
)
def test_a_csv_body_has_the_forms_of_a_file(client, body):
    assert push(client, body, CSV).status_code == 201
    assert statuses() == STORED


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (as_csv(A9).encode("utf-16"), "this seems to be text in UTF-16"),
        (b"PK\x03\x04\nmore", "this seems to be a zip"),
        (as_csv(A9).replace(",", "|"), "this seems to be separated by |"),
        (gzip.compress(as_csv(A9).encode())[:-9], "this is not whole gzip: "),
        (
            gzip.compress(gzip.compress(as_csv(A9).encode())),
            "this seems to be gzip inside gzip",
        ),
    ],
    ids=["UTF-16", "zip", "bars", "gzip cut short", "gzip inside gzip"],
)
def test_another_kind_of_body_is_refused_with_what_it_seems_to_be(
    client, body, problem
):
    answer = push(client, body, CSV)
    check_is_problem(answer, 400)
    assert problem in answer.json()["detail"]
    check_nothing_changed()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ([A9 | {"reason": "Hidden"}, A10, B9 | {"reason": None}], JSON),
        (as_ndjson(A9 | {"reason": "hidden "}, A10, B9 | {"reason": ""}), NDJSON),
        (
            as_csv(*(row | {"reason": ""} for row in (A10, B9))).replace(
                "utc\n", "utc,reason\n"
            )
            + f"{','.join(A9.values())},hidden\n",
            CSV,
        ),
    ],
)
def test_a_poll_may_have_a_reason(client, body, content_type):
    assert push(client, body, content_type).status_code == 201
    found = Poll.objects.order_by("store_id", "observed_at")
    assert [(poll.store_id, poll.reason) for poll in found] == [
        ("A", "hidden"),
        ("A", None),
        ("B", None),
    ]
    # Whoever pushes without reasons does not know them.
    assert push(client, [A9]).status_code == 201
    assert Poll.objects.filter(reason="hidden").count() == 1


@pytest.mark.parametrize("reason", [1, ["store"], "a\0b", "\ud800"])
def test_a_reason_that_is_no_text_is_refused(client, reason):
    answer = push(client, [A9 | {"reason": reason}])
    check_is_problem(answer, 400)
    assert answer.json()["errors"]["1"]["reason"] == ["This is not a valid string."]
    check_nothing_changed()


def test_unpacked_polls_have_the_limits_of_plain_ones(client, monkeypatch):
    body = as_csv(A9, A10).encode()
    monkeypatch.setattr(poll_bodies, "MOST_BYTES", len(body) - 1)
    check_is_problem(push(client, gzip.compress(body), CSV), 413)
    monkeypatch.setattr(poll_bodies, "MOST_BYTES", len(body))
    monkeypatch.setattr(poll_bodies, "MOST_ROWS", 1)
    check_is_problem(push(client, gzip.compress(body), CSV), 413)
    check_nothing_changed()
    monkeypatch.setattr(poll_bodies, "MOST_ROWS", 2)
    assert push(client, gzip.compress(body), CSV).status_code == 201
