"""A staff user who was granted some stores sees and changes only these in the admin."""

import pytest

from reports.compute import compute_now
from reports.models import Report
from restaurant_monitor.access.actors import Actor, acting_as
from stores.labels import set_labels
from stores.models import Ingest, Store
from tests.admin.pages import INGESTS, REPORTS, STORES
from tests.support import engine
from tests.support.accounts import user_with
from tests.support.reference import Data, parse_instant

pytestmark = pytest.mark.django_db
AT = parse_instant("2023-01-23 12:00:00 UTC")


@pytest.fixture(autouse=True)
def stores():
    zones = [("mine", "Asia/Tokyo"), ("theirs", "Europe/Paris")]
    engine.load(Data([("mine", False, AT), ("theirs", False, AT)], zones=zones))


@pytest.fixture
def user():
    return user_with("editor", "operator", stores=["mine"], is_staff=True)


@pytest.fixture
def client(client, user):
    client.force_login(user)
    return client


def acting_for(user):
    return acting_as(Actor(user.pk, user.username, "", ""))


def listed(client, address):
    """The objects in a list of the admin."""
    return list(client.get(address).context["cl"].result_list)


def test_the_list_has_only_their_stores(client):
    assert [store.pk for store in listed(client, STORES)] == ["mine"]
    assert [store.pk for store in listed(client, f"{STORES}?q=the")] == []


def test_the_filters_name_only_their_time_zones(client):
    page = client.get(STORES).text
    assert "Asia/Tokyo" in page
    assert "Europe/Paris" not in page


def test_the_suggested_labels_are_those_of_their_stores(client):
    set_labels("mine", {"region": "west"})
    set_labels("theirs", {"region": "a secret place"})
    page = client.get(STORES).text
    assert "region:west" in page
    assert "a secret place" not in page


@pytest.mark.parametrize("what", ["change", "delete", "history"])
def test_another_store_has_no_page(client, what):
    own = client.get(f"{STORES}mine/{what}/")
    other = client.get(f"{STORES}theirs/{what}/")
    unknown = client.get(f"{STORES}nobodys/{what}/")
    assert own.status_code == 200
    assert other.status_code == unknown.status_code == 302
    assert other.url == unknown.url == "/admin/"


def test_another_store_is_not_deleted(client):
    chosen = {"action": "delete_selected", "_selected_action": ["theirs", "mine"]}
    client.post(STORES, chosen | {"post": "yes"})
    assert [store.pk for store in Store.objects.all()] == ["theirs"]


def test_the_newest_report_on_the_page_of_a_store_is_one_they_may_see(client, user):
    compute_now(parse_instant("2023-01-23 10:00:00 UTC"))
    shown = compute_now(parse_instant("2023-01-23 11:00:00 UTC"))
    with acting_for(user_with("operator", name="colleague", stores=["mine"])):
        hidden = compute_now(AT, ["mine"])
    page = client.get(f"{STORES}mine/change/").text
    assert str(shown.pk) in page
    assert str(hidden.pk) not in page


def test_they_see_their_reports_and_those_of_all_stores(client, user):
    whole, foreign = compute_now(), compute_now(None, ["theirs"])
    with acting_for(user):
        own = compute_now(None, ["mine"])
    assert {report.pk for report in listed(client, REPORTS)} == {whole.pk, own.pk}
    assert client.get(f"{REPORTS}{foreign.pk}/change/").status_code == 302


def test_they_delete_only_their_own_reports(client, user):
    whole = compute_now()
    with acting_for(user):
        own = compute_now(None, ["mine"])
    assert (
        client.post(f"{REPORTS}{whole.pk}/delete/", {"post": "yes"}).status_code == 403
    )
    for report in (whole, own):
        chosen = {"action": "delete_selected", "_selected_action": [str(report.pk)]}
        client.post(REPORTS, chosen | {"post": "yes"})
    assert Report.objects.get() == whole


def test_the_number_of_all_stores_stays_hidden(client):
    report = compute_now()
    assert report.store_count == 2
    page = client.get(f"{REPORTS}{report.pk}/change/")
    assert page.context["adminform"].form.instance.rows is None
    [shown] = listed(client, REPORTS)
    assert shown.rows is None


@pytest.mark.parametrize(
    "guess", ["store_count=2", "store_count__gte=2", "requested_by=1"]
)
def test_what_stays_hidden_of_a_report_cannot_be_guessed(client, guess):
    compute_now()
    assert client.get(f"{REPORTS}?{guess}").status_code == 400
    assert len(listed(client, f"{REPORTS}?state=complete")) == 1


def test_a_requested_report_is_of_their_stores(client):
    client.post(f"{REPORTS}request/")
    assert Report.objects.get().store_ids == ["mine"]


def test_they_see_only_their_ingests(client, user):
    foreign = Ingest.objects.get()
    with acting_for(user):
        own = Ingest.objects.create(files={})
    assert [ingest.pk for ingest in listed(client, INGESTS)] == [own.pk]
    assert client.get(f"{INGESTS}{foreign.pk}/change/").status_code == 302
    assert client.get(f"{INGESTS}{foreign.pk}/rejects/").status_code == 404


def test_the_page_of_the_queue_shows_only_their_jobs(client, user):
    foreign = Ingest.objects.create(files={})
    with acting_for(user):
        own = Ingest.objects.create(files={})
    page = client.get("/admin/queue/").text
    assert str(own.pk) in page
    assert str(foreign.pk) not in page
