"""Who was granted some stores writes to these, and learns nothing of the others."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from restaurant_monitor.access.models import Grant
from stores.ingest.uploads import work
from stores.models import BusinessHours, Ingest, Poll, Store, StoreLabel
from tests.api.asking import check_is_problem
from tests.api.pushing import push
from tests.support import engine
from tests.support.accounts import client_of, user_with
from tests.support.reference import Data, parse_instant

pytestmark = pytest.mark.django_db
AT = parse_instant("2023-01-23 12:00:00 UTC")
STATUS, HOURS = "store_id,status,timestamp_utc", "store_id,day,start_time_local,"


@pytest.fixture(autouse=True)
def stores():
    engine.load(Data([("mine", False, AT), ("theirs", False, AT)]))


@pytest.fixture
def user():
    return user_with("poller", "operator", stores=["mine", "coming"])


def polls_of(*store_ids):
    return [
        {"store_id": i, "status": "active", "timestamp_utc": "2023-01-24 10:00:00 UTC"}
        for i in store_ids
    ]


def test_polls_of_foreign_and_unknown_stores_are_rejected_for_the_same_reason(user):
    answer = push(client_of(user), polls_of("mine", "theirs", "nobody's")).json()
    assert answer["counts"]["status"]["new"] == 1
    reason = "store that is not yours"
    assert answer["reasons"] == [{"file": "status", "reason": reason, "rejected": 2}]
    assert answer["warnings"] == []
    assert Poll.objects.filter(observed_at__day=24).get().store_id == "mine"
    assert set(Store.objects.values_list("pk", flat=True)) == {"mine", "theirs"}


def test_a_granted_store_is_created_by_its_first_poll(user):
    answer = push(client_of(user), polls_of("coming")).json()
    assert answer["counts"]["status"]["new"] == 1
    assert client_of(user).get("/api/stores/coming").status_code == 200


def test_a_store_that_has_a_granted_label_can_be_polled():
    StoreLabel.objects.create(store_id="theirs", name="region", value="west")
    answer = push(
        client_of(user_with("poller", labels=["region:west"])),
        polls_of("mine", "theirs"),
    )
    assert answer.json()["counts"]["status"]["new"] == 1
    assert Poll.objects.filter(observed_at__day=24).get().store_id == "theirs"


def upload(client, **texts):
    files = {
        kind: SimpleUploadedFile(f"{kind}.csv", text.encode())
        for kind, text in texts.items()
    }
    form = files | {"max_rejects": "100%"}
    answer = client.post("/api/ingests", form, format="multipart")
    assert answer.status_code == 202, answer.content
    return Ingest.objects.get(pk=answer.json()["ingest_id"])


def test_an_uploaded_file_changes_only_what_was_granted(user):
    hours = "store_id,day,start_time_local,end_time_local\n"
    hours += "theirs,0,09:00,12:00\nmine,0,10:00,12:00\n"
    zones = "store_id,timezone_str\ntheirs,Asia/Tokyo\nmine,Europe/Paris\n"
    ingest = upload(client_of(user), hours=hours, timezones=zones)
    work(ingest)
    assert [row.store_id for row in BusinessHours.objects.all()] == ["mine"]
    zones = dict(Store.objects.values_list("store_id", "timezone"))
    assert zones == {"mine": "Europe/Paris", "theirs": None}
    assert ingest.rejected == 2


def test_what_was_taken_away_before_the_upload_is_loaded_is_not_changed(user):
    ingest = upload(client_of(user), timezones="store_id,timezone_str\nmine,Asia/Tokyo")
    Grant.objects.filter(store_id="mine").delete()
    work(ingest)
    assert Store.objects.get(pk="mine").timezone is None


def test_warnings_say_nothing_of_known_stores():
    Store.objects.create(store_id="MINE")
    user = user_with("poller", stores=["Mine"])
    assert push(client_of(user), polls_of("Mine")).json()["warnings"] == []
    everybody = push(APIClient(), polls_of("mIne")).json()["warnings"]
    assert [warning["code"] for warning in everybody] == ["letter_case"]


@pytest.mark.parametrize("store_id", ["theirs", "nobody's"])
def test_creating_a_foreign_store_tells_nothing(user, store_id):
    answer = client_of(user).post("/api/stores", {"store_id": store_id}, format="json")
    assert check_is_problem(answer, 403)["detail"] == "this store is not yours"


def test_a_granted_store_can_be_created_once(user):
    client = client_of(user)
    body = {"store_id": "coming"}
    assert client.post("/api/stores", body, format="json").status_code == 201
    check_is_problem(client.post("/api/stores", body, format="json"), 409)


@pytest.mark.parametrize("store_id", ["theirs", "nobody's"])
def test_the_admin_tells_nothing_of_a_foreign_store(client, user, store_id):
    user.is_staff = True
    user.save()
    client.force_login(user)
    page = client.get("/admin/stores/store/add/")
    form = page.context["adminform"].form
    sent = {name: form[name].value() or "" for name in form.fields}
    sent |= {"store_id": store_id, "always_open": "on"}
    sent |= {
        f"special-{name}": value
        for name, value in form.special.management_form.initial.items()
    }
    page = client.post("/admin/stores/store/add/", sent)
    assert page.context["adminform"].form.errors == {
        "store_id": ["This store is not yours."]
    }


class TestIdempotencyKeys:
    HEADERS = {"headers": {"Idempotency-Key": "k"}}  # noqa: RUF012

    def test_each_user_has_their_own(self, user):
        other = user_with("poller", name="other", stores=["theirs"])
        first = push(client_of(user), polls_of("mine"), **self.HEADERS)
        again = push(client_of(user), polls_of("mine"), **self.HEADERS)
        theirs = push(client_of(other), polls_of("theirs"), **self.HEADERS)
        assert again.json()["ingest_id"] == first.json()["ingest_id"]
        assert again["Idempotent-Replayed"] == "true"
        assert theirs.status_code == 201
        assert "Idempotent-Replayed" not in theirs
        assert json.loads(theirs.content)["counts"]["status"]["new"] == 1


class TestIngests:
    def test_only_their_own_are_seen(self, user):
        colleague = user_with("poller", "viewer", name="colleague", stores=["mine"])
        mine = push(client_of(user), polls_of("mine", "theirs")).json()["ingest_id"]
        seen = client_of(user).get("/api/ingests").json()["results"]
        assert [ingest["ingest_id"] for ingest in seen] == [mine]
        client = client_of(colleague)
        assert client.get("/api/ingests").json()["results"] == []
        for what in ("", "/rejects"):
            assert client_of(user).get(f"/api/ingests/{mine}{what}").status_code == 200
            check_is_problem(client.get(f"/api/ingests/{mine}{what}"), 404)
        everything = user_with("viewer", "all stores", name="head office")
        assert len(client_of(everything).get("/api/ingests").json()["results"]) == 2
