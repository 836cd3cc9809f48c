"""At 1280 px, the lists of the admin hide none of their columns."""

from datetime import UTC, datetime, timedelta

import pytest

from reports.models import Report
from restaurant_monitor.access.keys import create_key
from restaurant_monitor.access.models import ApiKey, Grant
from stores.models import Ingest, Store
from tests.admin.pages import INGESTS, REPORTS, STORES
from tests.support.accounts import user_with
from tests.support.browser import needs_chromium, opened
from tests.support.labels import label

pytestmark = [pytest.mark.django_db, needs_chromium]

AT = datetime(2023, 1, 25, 23, 59, 52, tzinfo=UTC)
TIMES = {"started_at": AT, "finished_at": AT + timedelta(seconds=119.5)}
ERROR = "canceling statement due to statement timeout in the step that cuts the periods"
FOLDER = "/srv/restaurant-monitor/exports/2023-01-25/"
FILES = {
    "status": f"{FOLDER}store_status.csv",
    "special": f"{FOLDER}{'a-very-long-name-' * 5}.csv.gz",
}
PUSHED = {"status": "POST /api/polls"}


@pytest.fixture
def rows():
    """One row of every kind, with the longest values."""
    Store.objects.create(
        store_id="1182871983617081470",
        display_name="Main Street",
        timezone="America/Argentina/Buenos_Aires",
        last_seen_at=AT,
    )
    label(**{"1182871983617081470": {"brand": "Burger Barn", "market": "Los Angeles"}})
    done = {"as_of": AT, "store_count": 14_000}
    for job in (Report(**done), Ingest(files=FILES), Ingest(files=PUSHED)):
        for state in ("complete", "failed"):
            job.pk = job._meta.pk.get_default()
            job.state, job.attempts = state, 5
            job.error = ERROR if state == "failed" else ""
            job.rejected = 1_234_567
            for name, value in TIMES.items():
                setattr(job, name, value)
            job.save(force_insert=True)


HIDDEN = """() => {
    const list = document.querySelector(".results").getBoundingClientRect();
    const cells = [...document.querySelectorAll("#result_list th, #result_list td")];
    return cells
        .filter((cell) => cell.getBoundingClientRect().right > list.right + 1)
        .map((cell) => cell.innerText);
}"""
NARROWEST = """() => Math.min(
    ...[...document.querySelectorAll("td.field-error_begins")]
        .map((cell) => cell.clientWidth)
)"""


@pytest.mark.parametrize("address", [REPORTS, INGESTS])
def test_a_list_shows_all_columns(admin_client, rows, address):
    with opened(admin_client.get(address).text, width=1280) as page:
        assert page.evaluate(HIDDEN) == []
        assert page.evaluate(NARROWEST) >= 100


@pytest.mark.parametrize(
    "address", ["/admin/auth/user/", "/admin/access/grant/", "/admin/access/apikey/"]
)
def test_a_list_of_accounts_shows_all_columns(admin_client, address):
    user = user_with(
        *("viewer", "editor", "operator", "all stores"),
        name="a.long.name.of.somebody",
        email="a.long.name.of.somebody@restaurants.example.com",
        last_login=AT,
    )
    Grant.objects.create(user=user, label_name="region", label_value="north-west")
    key, _ = create_key(user, "the poller of all stores in the west", AT)
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=AT, revoked_at=AT)
    with opened(admin_client.get(address).text, width=1280) as page:
        assert page.evaluate(HIDDEN) == []


def test_the_list_of_stores_shows_all_columns(admin_client, rows):
    with opened(admin_client.get(STORES).text, width=1280) as page:
        assert page.evaluate(HIDDEN) == []
