"""Where people see and change probes: the page of a store, its form, the admin."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from restaurant_monitor.access.models import AuditEntry
from stores.models import PollingRound, Probe, ProbeResult, Store
from stores.polling import rounds
from tests.admin.pages import shown
from tests.pages.asking import logged_in, opened, text_of
from tests.support import engine
from tests.support.accounts import user_with
from tests.support.denver import DENVER
from tests.support.forms import form_on

pytestmark = pytest.mark.django_db
PAGE, FORM = "/stores/denver/", "/stores/denver/edit/probe/"
ADMIN = "/admin/stores/probe/"
URL = "https://store.example/"


@pytest.fixture
def denver():
    engine.load(DENVER)


def polled(**fields):
    """Let the store denver have a probe and a result of a round that has ended."""
    Probe.objects.create(store_id="denver", url=URL)
    at = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)
    found = PollingRound.objects.create(began_at=at, probes=1)
    plain = {"host": "store.example", "milliseconds": 183, "reason": ""}
    ProbeResult.objects.create(
        store_id="denver", looked_at=at, round_id=found.pk, **plain | fields
    )
    return rounds.end(found.pk)


def save(client=None, address=FORM, **changes):
    client = client or Client()
    return client.post(address, form_on(client.get(address)) | changes)


@pytest.mark.usefixtures("denver")
class TestThePageOfAStore:
    def test_a_store_without_a_probe_says_so(self):
        text = text_of(PAGE)
        assert "This service does not ask the store itself: it has no probe." in text
        assert "Add a probe" in text

    def test_it_shows_the_probe_and_that_it_waits(self):
        conditions = {"text": "open", "json_path": "/a", "json_value": "true"}
        Probe.objects.create(store_id="denver", url=URL, **conditions)
        text = text_of(PAGE)
        assert f"This service asks {URL} every 60 minutes." in text
        assert "the status code is 200-299, the answer has the text “open”" in text
        assert "its value at /a is true" in text
        assert "It has not been asked yet." in text

    def test_it_shows_the_last_result_in_the_time_of_the_store(self):
        polled(is_active=False, reason="timeout")
        assert (
            "The last result: inactive (timeout) , Mon 2026-06-01 06:30:00 "
            "(2026-06-01 12:30:00 UTC) , after 183 ms." in text_of(PAGE)
        )

    def test_it_says_what_is_no_poll(self):
        polled(is_active=None, reason="refused address")
        text = text_of(PAGE)
        assert "The last result: no poll (refused address)" in text
        assert "the address cannot be asked from here" in text

    def test_it_says_that_the_round_failed(self):
        ended = polled(is_active=False, reason="dns")
        PollingRound.objects.filter(pk=ended.pk).update(error="nobody answered")
        assert "It gave no poll: nobody answered." in text_of(PAGE)

    def test_a_store_without_figures_shows_it_too(self):
        Store.objects.create(store_id="new")
        Probe.objects.create(store_id="new", url=URL)
        assert f"This service asks {URL}" in text_of("/stores/new/")

    def test_who_may_not_see_or_change_probes_does_not(self, settings):
        polled(is_active=True)
        viewer = logged_in(settings, "viewer", "all stores")
        page = opened(PAGE, viewer)
        assert URL in page.text
        assert FORM not in page.text
        assert viewer.get(FORM).status_code == 403
        assert viewer.post(FORM, {"url": URL}).status_code == 403


@pytest.mark.usefixtures("denver")
class TestTheForm:
    def test_it_adds_changes_and_removes_a_probe(self):
        assert save(url=URL).status_code == 302
        assert Probe.objects.get().status_codes == "200-299"
        changes = {"json_path": "/a", "json_value": "open", "interval_minutes": "15"}
        assert save(**changes).status_code == 302
        probe = Probe.objects.get()
        assert (probe.url, probe.json_value, probe.interval_minutes) == (
            *(URL, '"open"'),
            15,
        )
        client = Client()
        assert save(client, remove="yes").url == PAGE
        assert "Probe: removed." in text_of(PAGE, client)
        assert not Probe.objects.exists()
        assert AuditEntry.objects.filter(action="probe.changed").count() == 3

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"url": ""}, "This field is required."),
            ({"url": "ftp://store.example/"}, "url is not an http or https address"),
            ({"status_codes": "fine"}, "status_codes is not like 200-299,404."),
            ({"json_path": "a", "json_value": "1"}, "json_path does not begin with /."),
            ({"json_path": "/a"}, "json_path and json_value need each other."),
            ({"interval_minutes": "1"}, "greater than or equal to 5"),
        ],
    )
    def test_what_is_wrong_is_said_beside_the_field(self, changes, reason):
        page = save(**{"url": URL} | changes)
        assert page.status_code == 400
        assert reason in shown(page)
        assert not Probe.objects.exists()

    def test_the_edits_of_others_are_not_overwritten(self):
        save(url=URL)
        page = Client().get(FORM)
        Probe.objects.update(text="open")
        answer = Client().post(FORM, form_on(page) | {"interval_minutes": "30"})
        assert answer.status_code == 409
        assert Probe.objects.get().interval_minutes == 60

    def test_a_foreign_store_is_not_found(self, settings):
        editor = logged_in(settings, "editor", stores=["late"])
        assert editor.get(FORM).status_code == 404
        assert editor.post(FORM, {"url": URL}).status_code == 404
        assert not Probe.objects.exists()

    def test_the_limit_of_changes_holds(self, settings):
        settings.LIMITS = settings.LIMITS | {
            "changes": (1, settings.LIMITS["changes"][1])
        }
        editor = logged_in(settings, "editor", "all stores")
        assert save(editor, url=URL).status_code == 302
        assert save(editor, url=f"{URL}2").status_code == 429


def save_in_admin(client, address, **changes):
    form = client.get(address).context["adminform"].form
    sent = {field.html_name: field.value() or "" for field in form}
    return client.post(address, sent | changes)


@pytest.mark.usefixtures("denver")
class TestTheAdmin:
    @pytest.fixture
    def editor(self, settings):
        settings.OPEN = False
        user = user_with("editor", stores=["denver"], is_staff=True)
        client = Client()
        client.force_login(user)
        return client

    def test_a_probe_is_added_changed_and_removed(self, editor):
        new = {"store_id": "denver", "url": URL, "json_path": "/a", "json_value": "b"}
        assert save_in_admin(editor, f"{ADMIN}add/", **new).status_code == 302
        assert Probe.objects.get().json_value == '"b"'
        page = f"{ADMIN}denver/change/"
        assert save_in_admin(editor, page, text="open").status_code == 302
        assert Probe.objects.get().text == "open"
        assert editor.post(f"{ADMIN}denver/delete/", {"post": "yes"}).status_code == 302
        assert not Probe.objects.exists()
        entries = AuditEntry.objects.filter(action="probe.changed")
        assert [entry.username for entry in entries] == ["somebody"] * 3

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"url": "http://a:b@store.example/"}, "url is not an http or https"),
            ({"status_codes": "20"}, "status_codes is not like 200-299,404"),
            ({"interval_minutes": "1"}, "interval_minutes is not from 5 to 1440"),
            ({"json_value": "1"}, "json_path and json_value need each other"),
            ({"store_id": "late"}, "There is no such store."),
            ({"store_id": "nobody"}, "There is no such store."),
        ],
    )
    def test_what_is_wrong_is_not_saved(self, editor, changes, reason):
        new = {"store_id": "denver", "url": URL} | changes
        page = save_in_admin(editor, f"{ADMIN}add/", **new)
        assert page.status_code == 200
        assert reason in shown(page)
        assert not Probe.objects.exists()

    def test_it_lists_the_probes_that_a_user_sees(self, editor):
        polled(is_active=False, reason="dns")
        Probe.objects.create(store_id="late", url="https://foreign.example/")
        page = editor.get(ADMIN)
        assert URL in page.text
        assert "foreign.example" not in page.text
        assert editor.get(f"{ADMIN}late/change/").status_code == 302
        assert "2026-06-01 12:30:00 UTC: dns" in shown(
            editor.get(f"{ADMIN}denver/change/")
        )

    def test_rounds_are_shown_read_only_to_who_sees_all_stores(self, editor, settings):
        ended = polled(is_active=False, reason="dns")
        listed = "/admin/stores/pollinground/"
        assert "0 polling rounds" in shown(editor.get(listed))
        every = logged_in(settings, "viewer", "all stores", name="all", is_staff=True)
        assert "1 polling round" in shown(every.get(listed))
        page = every.get(f"{listed}{ended.pk}/change/")
        assert "Results by reason: dns: 1" in shown(page)
        assert every.get(f"{listed}add/").status_code == 403
        assert every.post(f"{listed}{ended.pk}/delete/").status_code == 403


def test_an_ingest_of_a_round_is_named(denver):
    polled(is_active=True)
    page = text_of("/ingests/", shown="polled")
    assert "a round of polling" in page
    assert "a round of polling" not in text_of("/ingests/", shown="files")
    assert "a round of polling" not in text_of("/ingests/", shown="pushes")
