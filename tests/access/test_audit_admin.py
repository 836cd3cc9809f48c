"""The audit log in the admin: read-only, for users who see all stores."""

import html
import re

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from restaurant_monitor.access.actors import WORKER, acting_as, actor_for, command
from restaurant_monitor.access.audit import ACTIONS, record
from restaurant_monitor.access.models import AuditEntry
from tests.admin.pages import DENVER_PAGE, shown
from tests.support.browser import needs_chromium, opened
from tests.support.processes import PROJECT

pytestmark = pytest.mark.django_db
LIST = "/admin/access/auditentry/"
LONGEST = "4f2a8c1e-9d3b-4e7a-8b6c-1a2d3e4f5a6b-and-on-to-64-characters-now"


@pytest.fixture
def three(alice):
    with acting_as(actor_for(alice)._replace(key="rm_12345678", address="192.0.2.17")):
        names = {"display_name": ""}, {"display_name": "<b>Mile & High"}
        record("store.renamed", "denver", *names)
    with acting_as(command("prune")):
        record("data.pruned", "polls", after={"deleted": 1234})
    with acting_as(WORKER):
        record("ingest.ended", LONGEST, after={"files": {"status": "ü.csv"}})
    return list(AuditEntry.objects.order_by("entry_id"))


def subjects(client, **asked):
    page = client.get(LIST, asked)
    assert page.status_code == 200
    return [entry.subject for entry in page.context["cl"].result_list]


def test_the_list_shows_who_did_what_the_newest_first(in_admin, three):
    text = shown(in_admin.get(LIST))
    at = f"{three[0].at:%Y-%m-%d %H:%M:%S}"
    assert (
        f"{at} alice (key rm_12345678) store.renamed denver "
        "display name: none → &lt;b&gt;Mile &amp; High"
    ) in text
    assert "data.pruned polls deleted: 1234" in text
    assert subjects(in_admin) == [LONGEST, "polls", "denver"]


def test_it_is_filtered_by_user_and_action(in_admin, three):
    assert subjects(in_admin, user="alice") == ["denver"]
    assert subjects(in_admin, user="manage.py") == ["polls"]
    assert subjects(in_admin, user="the worker") == [LONGEST]
    assert subjects(in_admin, user="open mode") == []
    assert subjects(in_admin, done="ingest.ended") == [LONGEST]
    assert subjects(in_admin, done="data.pruned", user="alice") == []


def test_it_is_searched_by_the_beginning_of_a_subject(in_admin, three):
    assert subjects(in_admin, q="den") == ["denver"]
    assert subjects(in_admin, q="enver") == []


def test_a_page_shows_both_values(in_admin, three):
    first, _, last = three
    text = shown(in_admin.get(f"{LIST}{first.pk}/change/"))
    assert "what before after display name none &lt;b&gt;Mile &amp; High" in text
    assert "192.0.2.17" in text
    text = shown(in_admin.get(f"{LIST}{last.pk}/change/"))
    assert "files {&quot;status&quot;: &quot;ü.csv&quot;}" in text


def test_nobody_changes_it(in_admin, three):
    address = f"{LIST}{three[0].pk}/"
    page = in_admin.get(f"{address}change/")
    assert 'name="_save"' not in page.text
    assert "deletelink" not in page.text
    assert in_admin.post(f"{address}change/", {}).status_code == 403
    assert in_admin.post(f"{address}delete/", {"post": "yes"}).status_code == 403
    assert in_admin.post(f"{LIST}add/", {}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [three[0].pk]}
    in_admin.post(LIST, chosen | {"post": "yes"})
    assert AuditEntry.objects.count() == 3


@pytest.mark.parametrize(("may", "status"), [("see_all", 200), ("view_store", 403)])
def test_who_sees_all_stores_sees_it(client, three, may, status):
    user = User.objects.create_user("someone", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename=may))
    client.force_login(user)
    assert client.get(LIST).status_code == status
    page = client.get(f"{LIST}{three[0].pk}/change/")
    assert page.status_code == status
    assert (LIST in client.get("/admin/").text) == (status == 200)


@pytest.mark.usefixtures("denver")
def test_a_store_links_to_its_own_entries(in_admin, three):
    page = in_admin.get(DENVER_PAGE).text
    [link] = re.findall(rf'href="({LIST}\?[^"]*)"', page)
    found = in_admin.get(html.unescape(link)).context["cl"].result_list
    assert [entry.subject for entry in found] == ["denver"]


@pytest.mark.parametrize("address", [LIST, f"{LIST}?q=den&user=alice", "PAGE"])
def test_it_makes_few_queries_however_many_entries_there_are(in_admin, three, address):
    def count():
        page = f"{LIST}{three[0].pk}/change/" if address == "PAGE" else address
        with CaptureQueriesContext(connection) as queries:
            assert in_admin.get(page).status_code == 200
        return len(queries)

    in_admin.get(LIST)
    few = count()
    AuditEntry.objects.bulk_create(
        AuditEntry(username=f"u{n}", action="store.moved", subject=f"denver {n}")
        for n in range(500)
    )
    assert count() == few <= 5


@needs_chromium
def test_the_list_shows_all_columns(in_admin, three):
    hidden = """() => {
        const list = document.querySelector(".results").getBoundingClientRect();
        const cells = [...document.querySelectorAll("#result_list th, td")];
        return cells
            .filter((cell) => cell.getBoundingClientRect().right > list.right + 1)
            .map((cell) => cell.innerText);
    }"""
    days = ["monday", "tuesday", "wednesday", "thursday"]
    with acting_as(command("ingest_csv")):
        record(
            "special_hours.changed",
            "x" * 64,
            dict.fromkeys(days, "closed"),
            dict.fromkeys(days, "09:00-12:00"),
        )
    with opened(in_admin.get(LIST).text, width=1280) as page:
        assert page.evaluate(hidden) == []


def test_every_action_of_the_code_is_in_the_filter_and_in_the_documentation():
    text = (PROJECT / "docs/operations.md").read_text()
    for action in ACTIONS:
        assert f"`{action}`" in text
    used = set()
    for part in ("restaurant_monitor", "stores", "reports"):
        for path in (PROJECT / part).rglob("*.py"):
            calls = r'(?:record|record_all|change)\(\s*(?:\w+, )?"([\w.]+)"'
            used |= {*re.findall(calls, path.read_text())}
    assert used <= {*ACTIONS}
    assert "store.moved" in used
