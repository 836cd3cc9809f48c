"""How many requests a user may send, and how the answers tell."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from restaurant_monitor.access import limits
from restaurant_monitor.access.models import RequestCount
from tests.api.asking import check_is_problem
from tests.support import engine
from tests.support.accounts import client_of, user_with
from tests.support.denver import DENVER

pytestmark = pytest.mark.django_db
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
POLL = {"store_id": "a", "status": "active", "timestamp_utc": "2023-01-25 12:00:00"}
FILE = b"store_id,timezone_str\na,UTC\n"
COUNTED = ("RateLimit", "RateLimit-Policy")


@pytest.fixture(autouse=True)
def two_of_each(settings):
    engine.load(DENVER)
    settings.LIMITS = dict.fromkeys(settings.LIMITS, (2, MINUTE))


def new_user(name="somebody"):
    return user_with("poller", "editor", "operator", "all stores", name=name)


@pytest.fixture
def client():
    return client_of(new_user())


def push(client, poll=POLL):
    return client.post("/api/polls", [poll], format="json")


def upload(client):
    files = {"timezones": SimpleUploadedFile("timezones.csv", FILE)}
    return client.post("/api/ingests", files, format="multipart")


def request_report(client):
    return client.post("/api/reports", {}, format="json")


def trigger_report(client):
    return client.post("/trigger_report/")


def rename(client):
    return client.patch("/api/stores/denver", {"display_name": "One"}, format="json")


def delete(client):
    return client.delete("/api/stores/late")


def statuses(send, *clients):
    return [send(client).status_code for client in clients]


def test_what_is_left_is_told_until_nothing_is(client):
    answers = [push(client) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 429, 429]
    for answer, left in zip(answers, [1, 0, 0, 0], strict=True):
        assert answer["RateLimit-Policy"] == '"pushes";q=2;w=60'
        name, rest, seconds = answer["RateLimit"].split(";")
        assert (name, rest) == ('"pushes"', f"r={left}")
        assert 1 <= int(seconds.removeprefix("t=")) <= 60
    detail = check_is_problem(answers[2], 429)["detail"]
    wait = answers[2]["Retry-After"]
    assert detail == f"a user may send 2 pushes in 60 s; try again in {wait} s"
    assert answers[2]["RateLimit"].endswith(f";t={wait}")


@pytest.mark.parametrize(
    ("send", "name", "status"),
    [
        (push, "pushes", 201),
        (upload, "uploads", 202),
        (request_report, "reports", 202),
        (trigger_report, "reports", 200),
        (rename, "changes", 200),
    ],
)
def test_each_kind_of_request_has_a_limit(client, send, name, status):
    answers = [send(client) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 429]
    for answer in answers:
        assert answer["RateLimit"].startswith(f'"{name}";')


def test_the_kinds_are_counted_separately_and_equal_kinds_together(client):
    assert statuses(push, client, client, client) == [201, 201, 429]
    assert statuses(request_report, client) == [202]
    assert statuses(trigger_report, client, client) == [200, 429]
    assert statuses(rename, client) == [200]
    assert statuses(delete, client, client) == [200, 429]


def test_the_next_window_begins_with_the_next_request(client):
    assert statuses(push, client, client, client) == [201, 201, 429]
    RequestCount.objects.update(ends_at=datetime.now(UTC) - SECOND)
    assert statuses(push, client, client, client) == [201, 201, 429]


def test_all_keys_and_sessions_of_a_user_count_together(settings):
    settings.OPEN = False
    user = new_user()
    session = APIClient()
    session.force_login(user)
    clients = [client_of(user), client_of(user), session]
    assert statuses(push, *clients) == [201, 201, 429]
    assert statuses(push, client_of(new_user("other"))) == [201]


def test_a_request_that_fails_counts(client):
    unknown = {"nothing": 1}
    found = [client.post("/api/reports", unknown, format="json") for _ in range(3)]
    assert [answer.status_code for answer in found] == [400, 400, 429]


def test_a_request_that_is_not_allowed_does_not_count():
    client = client_of(user_with("viewer"))
    answers = [push(client) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [403] * 3
    assert not any(name in answer for name in COUNTED for answer in answers)


def test_reads_have_no_limit(client):
    answers = [client.get("/api/stores") for _ in range(5)]
    answers += [client.head("/api/stores"), client.options("/api/stores")]
    assert [answer.status_code for answer in answers] == [200] * 7
    assert not any(name in answer for name in COUNTED for answer in answers)
    assert not RequestCount.objects.exists()


def test_a_limit_of_nothing_is_none(client, settings):
    settings.LIMITS |= {"pushes": (0, MINUTE)}
    answers = [push(client) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [201] * 5
    assert not any(name in answer for name in COUNTED for answer in answers)


def test_in_open_mode_nothing_is_limited():
    answers = [push(APIClient()) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [201] * 5
    assert not any(name in answer for name in COUNTED for answer in answers)


def test_a_window_has_a_fixed_length():
    user_id = new_user().pk
    times = [0, 20, 59.5, 60.5, 61]
    found = [limits.count(user_id, "pushes", NOW + at * SECOND) for at in times]
    # A window from 0 to 60 s, and one from 60.5 s.
    assert found == [(1, 60), (0, 40), (-1, 1), (1, 60), (0, 60)]


def test_a_clock_that_was_ahead_locks_nobody_out():
    user_id = new_user().pk
    for _ in range(3):
        limits.count(user_id, "pushes", NOW + HOUR)
    assert limits.count(user_id, "pushes", NOW) == (1, 60)


def test_a_clock_that_is_a_little_behind_counts_in_the_same_window():
    """Several machines may serve the same database."""
    user_id = new_user().pk
    limits.count(user_id, "pushes", NOW)
    assert limits.count(user_id, "pushes", NOW - SECOND) == (0, 61)


def test_the_counts_of_a_user_go_with_the_user():
    user = new_user()
    limits.count(user.pk, "pushes", NOW)
    user.delete()
    assert not RequestCount.objects.exists()
