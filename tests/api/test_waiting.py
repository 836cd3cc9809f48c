"""An edit waits for a running ingest only as long as pushed polls do."""

import pytest

from stores import editing
from stores.hours.special_dates import special_dates
from stores.hours.week import week_of
from stores.models import Ingest, Poll, Store
from tests.api.asking import check_is_problem, client
from tests.api.stores import STORES, address
from tests.support import processes
from tests.support.pushes import A9, PUSH

pytestmark = pytest.mark.usefixtures("own_database")
SHIFT = {"start_time_local": "09:00", "end_time_local": "17:00"}
DAY = "2023-12-24"
CHANGES = [
    ("post", PUSH, A9),
    ("post", STORES, {"store_id": "2"}),
    ("patch", address("1"), {"display_name": "One"}),
    ("patch", address("1"), {"timezone": "UTC"}),
    ("delete", address("1"), None),
    ("put", address("1", "hours"), {"hours": [SHIFT | {"day": 0}]}),
    ("put", address("1", "special-hours", DAY), {"hours": [SHIFT]}),
    ("delete", address("1", "special-hours", DAY), None),
]


@pytest.fixture(autouse=True)
def store(own_database):
    Store.objects.create(store_id="1")


@pytest.fixture
def ingest_running(own_database, settings):
    """Hold the lock that every ingest holds until its end."""
    settings.LOCK_SECONDS = 0.05
    with processes.cursor_on(own_database) as cursor:
        cursor.execute("lock table store in share row exclusive mode")
        yield cursor


def send(method, path, body):
    return getattr(client, method)(path, body, format="json")


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_a_change_is_not_made_while_an_ingest_runs(ingest_running, method, path, body):
    response = send(method, path, body)
    assert "an ingest is running" in check_is_problem(response, 503)["detail"]
    assert int(response["Retry-After"]) > 0
    [store] = Store.objects.all()
    assert (store.pk, store.display_name, store.timezone) == ("1", "", None)
    assert week_of("1") == list(special_dates("1")) == []
    assert not Poll.objects.exists()
    assert not Ingest.objects.exists()

    ingest_running.connection.rollback()
    assert send(method, path, body).status_code < 300


def test_a_deletion_waits_for_a_refresh_no_longer(own_database, settings):
    settings.LOCK_SECONDS = 0.05
    with processes.cursor_on(own_database) as cursor:
        cursor.execute("select from timeline_state for update")
        check_is_problem(client.delete(address("1")), 503)
    assert Store.objects.exists()


def test_a_name_and_a_zone_are_changed_together_or_not_at_all(monkeypatch):
    """The ingest begins between the two."""

    def refuse(*_):
        raise editing.Busy("an ingest is running")

    monkeypatch.setattr(editing, "set_timezone", refuse)
    change = {"display_name": "One", "timezone": "UTC"}
    check_is_problem(send("patch", address("1"), change), 503)
    assert Store.objects.get().display_name == ""
