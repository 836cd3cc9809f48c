"""What is taken away while a request waits, or a file, counts when it is their turn."""

from contextlib import contextmanager
from unittest.mock import patch

import pytest
from django.test import Client

from restaurant_monitor.access.models import Grant
from restaurant_monitor.jobs.attempts import attempt
from stores import editing
from stores.models import BusinessHours, Ingest, SpecialHours, Store, StoreLabel
from tests.access.test_foreign_stores import upload
from tests.admin.pages import STORES, form_on
from tests.api.asking import check_is_problem
from tests.support import engine
from tests.support.accounts import client_of, user_with
from tests.support.reference import Data, parse_instant

pytestmark = pytest.mark.django_db
AT = parse_instant("2023-01-23 12:00:00 UTC")
HOURS = {"start_time_local": "09:00", "end_time_local": "12:00"}
STORE = "/api/stores/mine"
DELETE = {"action": "delete_selected", "_selected_action": ["mine"], "post": "yes"}
LABEL = {"action": "set_label", "name": "region", "value": "east", "apply": "1"}


@pytest.fixture(autouse=True)
def mine():
    engine.load(Data([("mine", False, AT)], zones=[("mine", "Asia/Tokyo")]))
    StoreLabel.objects.create(store_id="mine", name="region", value="west")


@pytest.fixture
def user():
    return user_with("editor", "operator", stores=["mine"], is_staff=True)


@contextmanager
def grant_taken_while_waiting(user):
    """Whoever waits for other writers loses the grant meanwhile."""
    wait, taken = editing.lock_writers, []

    def wait_long():
        wait()
        taken.append(Grant.objects.filter(user=user).delete())

    with patch.object(editing, "lock_writers", wait_long):
        yield
    assert taken


def check_nothing_changed():
    store = Store.objects.get()
    assert (store.display_name, store.timezone) == ("", "Asia/Tokyo")
    labels = StoreLabel.objects.values_list("name", "value")
    assert list(labels) == [("region", "west")]
    assert not BusinessHours.objects.exists()
    assert not SpecialHours.objects.exists()


@pytest.mark.parametrize(
    ("method", "address", "body"),
    [
        ("patch", STORE, {"display_name": "x", "timezone": "Europe/Paris"}),
        ("delete", STORE, None),
        ("put", f"{STORE}/labels", {"labels": {"region": "east"}}),
        ("put", f"{STORE}/hours", {"hours": [{"day": 0} | HOURS]}),
        ("put", f"{STORE}/special-hours/2023-01-01", {"hours": [HOURS]}),
    ],
)
def test_a_change_that_waited_is_not_made(user, method, address, body):
    client = client_of(user)
    with grant_taken_while_waiting(user):
        answer = getattr(client, method)(address, body, format="json")
    assert check_is_problem(answer, 404)["detail"] == "there is no store 'mine'"
    check_nothing_changed()


class TestAdmin:
    @pytest.fixture
    def browser(self, user):
        found = Client()
        found.force_login(user)
        return found

    def test_a_page_that_waited_is_not_saved(self, browser, user):
        address = f"{STORES}mine/change/"
        names = {"display_name": "x", "labels": "region: east"}
        sent = form_on(browser.get(address)) | names
        with grant_taken_while_waiting(user):
            assert browser.post(address, sent).url == "/admin/"
        check_nothing_changed()

    def test_a_store_is_not_deleted(self, browser, user):
        with grant_taken_while_waiting(user):
            answer = browser.post(f"{STORES}mine/delete/", {"post": "yes"})
        assert answer.url == "/admin/"
        check_nothing_changed()

    @pytest.mark.parametrize("sent", [DELETE, LABEL], ids=lambda sent: sent["action"])
    def test_an_action_does_nothing(self, browser, user, sent):
        with grant_taken_while_waiting(user):
            browser.post(STORES, sent | {"_selected_action": ["mine"]})
        check_nothing_changed()


def test_the_upload_of_a_deactivated_user_is_not_loaded(user):
    zones = "store_id,timezone_str\nmine,Europe/Paris"
    ingest = upload(client_of(user), timezones=zones)
    user.is_active = False
    user.save()
    attempt(Ingest, ingest.pk)
    ingest.refresh_from_db()
    assert (ingest.state, ingest.error) == (
        Ingest.State.FAILED,
        "the user who sent this is deactivated",
    )
    check_nothing_changed()
