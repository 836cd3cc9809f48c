"""An edit in the admin does not wait long for a running ingest."""

from contextlib import contextmanager
from datetime import time
from functools import partial

import pytest

from stores.models import Store
from tests.admin.pages import DENVER_PAGE, STORES, form_on, shown, week_of_denver
from tests.support import processes

pytestmark = pytest.mark.usefixtures("own_database")
BUSY = "an ingest is running; try again when it has ended"
CHANGED = {"monday": "10:00-12:00", "display_name": "Mile High", "_continue": "1"}


@pytest.fixture
def ingest_running(own_database):
    """Holds the lock that every ingest holds until its end."""
    return partial(running, own_database)


@contextmanager
def running(own_database):
    with processes.cursor_on(own_database) as cursor:
        cursor.execute("lock table store in share row exclusive mode")
        yield


@pytest.fixture(autouse=True)
def short(own_database, settings):
    settings.LOCK_SECONDS = 0.05


@pytest.mark.usefixtures("denver")
class TestWaiting:
    def test_a_store_is_not_saved_and_the_page_keeps_what_was_typed(
        self, admin_client, ingest_running
    ):
        before = week_of_denver()
        sent = form_on(admin_client.get(DENVER_PAGE)) | CHANGED
        with ingest_running():
            page = admin_client.post(DENVER_PAGE, sent)
        assert page.status_code == 503
        assert int(page["Retry-After"]) > 0
        assert BUSY in shown(page)
        assert 'value="10:00-12:00"' in page.text
        assert 'value="Mile High"' in page.text
        assert week_of_denver() == before
        assert Store.objects.get(pk="denver").display_name == ""

        assert admin_client.post(DENVER_PAGE, sent).status_code == 302
        assert week_of_denver()[0] == (0, time(10), time(12))
        assert BUSY not in shown(admin_client.get(DENVER_PAGE))

    def test_a_new_store_is_not_saved(self, admin_client, ingest_running):
        page = admin_client.get(f"{STORES}add/")
        sent = form_on(page) | {"store_id": "new"}
        with ingest_running():
            page = admin_client.post(f"{STORES}add/", sent)
        assert page.status_code == 503
        assert BUSY in shown(page)
        assert not Store.objects.filter(pk="new").exists()

    def test_a_store_is_not_deleted(self, admin_client, ingest_running):
        address = f"{STORES}denver/delete/"
        with ingest_running():
            answer = admin_client.post(address, {"post": "yes"})
        assert (answer.status_code, answer.url) == (302, address)
        assert BUSY in shown(admin_client.get(address))
        assert Store.objects.filter(pk="denver").exists()

    def test_selected_stores_are_not_deleted(self, admin_client, ingest_running):
        chosen = {"action": "delete_selected", "_selected_action": ["denver"]}
        with ingest_running():
            answer = admin_client.post(f"{STORES}?q=den", chosen | {"post": "yes"})
        assert (answer.status_code, answer.url) == (302, f"{STORES}?q=den")
        assert BUSY in shown(admin_client.get(STORES))
        assert Store.objects.filter(pk="denver").exists()
