"""Two owners with random grants see exactly their part of every answer.

What they may see is worked out here from the grants and labels. Each answer is compared
with the same part of the answer that an unlimited user gets.
"""

import csv
import io
from collections import Counter

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from reports.compute import compute_now
from restaurant_monitor.access.models import Grant
from stores.models import Store, StoreLabel
from tests.support import engine
from tests.support.accounts import client_of, user_with
from tests.support.processes import PROJECT

pytestmark = pytest.mark.django_db
generated = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
REGIONS, BRANDS = ["west", "east", "north"], ["pizza", "sushi"]
OF_A_STORE = ["", "/uptime", "/timeline", "/polls", "/outages", "/hours"]
SECONDS = [
    f"{kind}_seconds" for kind in ("business", "up", "down", "unobserved", "excused")
]
LISTS = [
    "/api/stores?label=region:west&label=brand:pizza&label=brand:sushi",
    "/api/outages?label=region:east",
    "/api/stores?page_size=7",
    "/api/stores?search=8&order=-last_seen_at",
    "/api/stores?status=down",
    "/api/outages?page_size=50",
    "/api/outages?ongoing=true&at_least_seconds=600",
]


@st.composite
def chains(draw):
    """Labels by store number, and for each of two owners the granted things."""
    labels = draw(
        st.lists(
            st.tuples(
                st.sampled_from([None, *REGIONS]), st.sampled_from([None, *BRANDS])
            ),
            min_size=12,
            max_size=12,
        )
    )
    grant = st.one_of(
        st.integers(0, 13),  # the last two are unknown stores
        st.sampled_from(REGIONS).map(lambda value: ("region", value)),
        st.sampled_from(BRANDS).map(lambda value: ("brand", value)),
    )
    grants = st.lists(st.tuples(grant, st.booleans()), max_size=4, unique=True)
    return labels, draw(st.tuples(grants, grants))


@pytest.fixture
def store_ids():
    engine.load_folder(PROJECT / "fixtures")
    compute_now()
    return list(Store.objects.values_list("pk", flat=True))


@pytest.fixture
def uptimes(store_ids):
    """The seconds of the last week of each store, as an unlimited user gets them."""
    client = APIClient()
    answers = {i: client.get(f"/api/stores/{i}/uptime").json() for i in store_ids}
    return {i: [answer[n] for n in SECONDS] for i, answer in answers.items()}


def give(user, group, grants, store_ids):
    """Give a user these things, directly or by a group."""
    for what, by_group in grants:
        whose = {"group": group} if by_group else {"user": user}
        if isinstance(what, int):
            name = [*store_ids[:12], "unknown", "nowhere"][what]
            Grant.objects.create(store_id=name, **whose)
        else:
            name, value = what
            Grant.objects.create(label_name=name, label_value=value, **whose)


def visible(grants, labels, store_ids):
    """Work out which stores these grants make visible."""
    wanted = {what for what, _ in grants}
    return {
        store_id
        for number, store_id in enumerate(store_ids)
        if number < 12
        and (
            number in wanted
            or ("region", labels[number][0]) in wanted
            or ("brand", labels[number][1]) in wanted
        )
    }


def set_labels(labels, store_ids):
    StoreLabel.objects.all().delete()  # those of the sample data
    StoreLabel.objects.bulk_create(
        StoreLabel(store_id=store_id, name=name, value=value)
        for store_id, values in zip(store_ids, labels, strict=False)
        for name, value in zip(["region", "brand"], values, strict=True)
        if value
    )


def rows_of(client, address):
    """Return all rows of a list, page after page."""
    rows = []
    while address:
        answer = client.get(address)
        assert answer.status_code == 200, answer.content
        rows += answer.json()["results"]
        address = answer.json()["next"]
    return rows


def rows_of_csv(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text)))


def without_link(answer):
    """Return the content. The signature of a link to the next page has a time in it."""
    return {name: value for name, value in answer.json().items() if name != "next"}


def check_sees(client, unlimited, seen, store_ids):
    """Check each answer against the same part of the unlimited one."""
    report = unlimited.get("/api/reports").json()["results"][0]["report_id"]
    for address in [*LISTS, f"/api/reports/{report}/rows?order=-down&page_size=9"]:
        expected = [r for r in rows_of(unlimited, address) if r["store_id"] in seen]
        assert rows_of(client, address) == expected
    for address in (f"/api/download/{report}", f"/api/get_report?report_id={report}"):
        rows = rows_of_csv(unlimited, address)
        assert rows_of_csv(client, address) == [
            row for row in rows if row["store_id"] in seen
        ]
    for store_id in store_ids[::3]:
        for what in OF_A_STORE:
            answer = client.get(f"/api/stores/{store_id}{what}")
            if store_id in seen:
                full = unlimited.get(f"/api/stores/{store_id}{what}")
                assert without_link(answer) == without_link(full)
            else:
                assert answer.status_code == 404


def check_sums(client, labels, seen, store_ids, uptimes):
    """Check the roll-up and the counts of labels against sums worked out here."""
    regions = Counter(
        region
        for store_id, (region, _) in zip(store_ids, labels, strict=False)
        if region and store_id in seen
    )
    listed = client.get("/api/labels?name=region").json()["results"]
    assert {row["value"]: row["stores"] for row in listed} == regions
    found = client.get("/api/uptime?group_by=label:region").json()
    total = [sum(column) for column in zip(*(uptimes[i] for i in seen), strict=True)]
    assert [found[name] for name in SECONDS] == pytest.approx(total or [0] * 5)
    groups = {group["value"]: group["stores"] for group in found["groups"]}
    unlabelled = len(seen) - regions.total()
    assert groups == regions | ({None: unlabelled} if unlabelled else {})


def check_admin(user, seen):
    """Check that the list of stores in the admin has exactly these."""
    browser = Client()
    browser.force_login(
        user, backend="restaurant_monitor.access.passwords.PasswordBackend"
    )
    listed = browser.get("/admin/stores/store/").context["cl"].result_list
    assert {store.pk for store in listed} == seen


def check_push(client, may_write, store_ids):
    """Check that polls of exactly these are stored, and all others are rejected."""
    ids = [*store_ids, "unknown", "nowhere"]
    polls = [
        {"store_id": i, "status": "active", "timestamp_utc": "2023-01-25 12:00:00"}
        for i in ids
    ]
    with engine.rolled_back():
        ingest = client.post("/api/polls", polls, format="json").json()
        rejects = client.get(f"/api/ingests/{ingest['ingest_id']}/rejects?page_size=99")
        rejected = [row["fields"][0] for row in rejects.json()["results"]]
    assert rejected == [i for i in ids if i not in may_write]


@generated
@given(chain=chains())
def test_each_owner_sees_exactly_their_stores(store_ids, uptimes, chain):
    labels, both = chain
    unlimited = APIClient()
    with engine.rolled_back():
        set_labels(labels, store_ids)
        for name, grants in zip(["one", "other"], both, strict=True):
            user = user_with("viewer", "poller", name=name, is_staff=True)
            group = Group.objects.create(name=f"those of {name}")
            user.groups.add(group)
            give(user, group, grants, store_ids)
            seen = visible(grants, labels, store_ids)
            client = client_of(user)
            check_sees(client, unlimited, seen, store_ids)
            check_sums(client, labels, seen, store_ids, uptimes)
            check_admin(user, seen)
            unknown = {12: "unknown", 13: "nowhere"}
            granted = {unknown[what] for what, _ in grants if what in unknown}
            check_push(client, seen | granted, store_ids)
