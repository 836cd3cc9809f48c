"""Each change leaves exactly one entry: who did what, from what to what."""

import os
import pwd
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from reports import tasks
from reports.models import Report
from restaurant_monitor.access.audit import difference, prune_entries, record
from restaurant_monitor.access.models import ApiKey, AuditEntry
from restaurant_monitor.jobs.attempts import try_again
from restaurant_monitor.jobs.tasks import attempt
from stores import editing
from stores.hours.week import set_week
from stores.labels import set_label
from stores.models import Ingest, Poll, Store, Unsettled
from tests.access.entries import authors, changes, recorded
from tests.admin.pages import DENVER_PAGE, REPORTS, STORES, open_and_save
from tests.api.test_uploads import as_file, status_file, upload
from tests.support import engine
from tests.support.accounts import client_of, user_with
from tests.support.processes import PROJECT
from tests.support.pushes import A9, A10, PUSH
from tests.support.reference import Data

pytestmark = pytest.mark.django_db
OS_USER = pwd.getpwuid(os.geteuid()).pw_name
WHOLE_WEEK = {
    "tuesday": "closed",
    "wednesday": "closed",
    "thursday": "closed",
    "friday": "closed",
    "saturday": "closed",
    "sunday": "closed",
}
RENAMED = ("store.renamed", "denver", {"display_name": ""}, {"display_name": "Mile"})


def send(client, method, address, body=None, **headers):
    """Send JSON to the API; the answer must be no error."""
    answer = getattr(client, method)(address, body, format="json", headers=headers)
    assert answer.status_code < 300, answer.content
    return answer


@pytest.mark.usefixtures("denver")
class TestStores:
    @pytest.mark.parametrize("client", ["by_key", "by_session"])
    def test_changes_by_the_api(self, request, client):
        client, address = request.getfixturevalue(client), "/api/stores/denver"
        week = {"hours": [{"day": 0, "start_time_local": "10:00"}]}
        week["hours"][0]["end_time_local"] = "24:00"
        closed, open_late = {"hours": []}, {"hours": [week["hours"][0].copy()]}
        del open_late["hours"][0]["day"]
        with recorded() as found:
            send(client, "post", "/api/stores", {"store_id": "new", "timezone": "UTC"})
            send(client, "patch", address, {"display_name": "Mile"})
            send(client, "patch", address, {"timezone": None})
            send(client, "put", f"{address}/hours", week)
            send(client, "put", f"{address}/special-hours/2023-12-25", closed)
            send(client, "put", f"{address}/special-hours/2023-12-25", open_late)
            send(client, "delete", f"{address}/special-hours/2023-12-25")
            send(client, "delete", address)
        special, day = "special_hours.changed", "2023-12-25"
        assert changes(found) == [
            ("store.created", "new", None, {"display_name": "", "timezone": "UTC"}),
            RENAMED,
            (
                "store.moved",
                "denver",
                {"timezone": "America/Denver"},
                {"timezone": None},
            ),
            (
                "hours.changed",
                "denver",
                {"monday": "09:00-12:00"},
                {"monday": "10:00-24:00"},
            ),
            (special, "denver", {day: None}, {day: "closed"}),
            (special, "denver", {day: "closed"}, {day: "10:00-24:00"}),
            (special, "denver", {day: "10:00-24:00"}, {day: None}),
            (
                "store.deleted",
                "denver",
                {"display_name": "Mile", "timezone": None},
                None,
            ),
        ]
        assert authors(found) == ["alice"] * 8

    def test_changes_of_labels(self, by_key):
        address, west = "/api/stores/denver/labels", {"labels": {"region": "west"}}
        with recorded() as found:
            send(by_key, "put", address, west)
            send(by_key, "put", address, west)  # changes nothing
            set_label(["denver", "late"], "region", "east")
            set_label(["denver"], "region", "east")  # changes nothing
            set_label(["denver", "late"], "region", "")
        action, no_region = "labels.changed", {"region": None}
        west, east = {"region": "west"}, {"region": "east"}
        assert changes(found) == [
            (action, "denver", {}, west),
            (action, "denver", west, east),
            (action, "late", no_region, east),
            (action, "denver", east, no_region),
            (action, "late", east, no_region),
        ]

    def test_one_request_with_two_changes_leaves_two_entries(self, by_key):
        body = {"display_name": "Mile", "timezone": "UTC"}
        with recorded() as found:
            send(by_key, "patch", "/api/stores/denver", body)
        assert [entry.action for entry in found] == ["store.renamed", "store.moved"]
        assert found[0].request_id == found[1].request_id != ""

    def test_changes_in_the_admin(self, in_admin):
        new = {"store_id": "new", "display_name": "New", "timezone": ""}
        with recorded() as found:
            open_and_save(in_admin, DENVER_PAGE, display_name="Mile", monday="")
            open_and_save(
                in_admin,
                DENVER_PAGE,
                **{"monday": "", "always_open": "on"},
                **{"special-0-date": "2023-12-25", "special-0-shifts": "closed"},
            )
            open_and_save(in_admin, f"{STORES}add/", **new)
            in_admin.post(f"{STORES}denver/delete/", {"post": "yes"})
        day = "2023-12-25"
        assert changes(found) == [
            (
                "hours.changed",
                "denver",
                {"always_open": False, "monday": "09:00-12:00"} | WHOLE_WEEK,
                {"always_open": True},
            ),
            ("special_hours.changed", "denver", {day: None}, {day: "closed"}),
            ("store.created", "new", None, {"display_name": "New", "timezone": None}),
            (
                "store.deleted",
                "denver",
                {"display_name": "", "timezone": "America/Denver"},
                None,
            ),
        ]
        assert authors(found) == ["alice"] * 4

    def test_hours_that_nobody_knew_have_no_before(self):
        Unsettled.objects.create(store_id="late", missing="hours")
        with recorded() as found:
            set_week("late", [])
        assert changes(found) == [
            ("hours.changed", "late", None, {"always_open": True})
        ]

    def test_deleting_many_stores_is_one_statement(self):
        ids = [f"store {n}" for n in range(100)]
        Store.objects.bulk_create(Store(store_id=store_id) for store_id in ids)
        with recorded() as found, CaptureQueriesContext(connection) as queries:
            editing.delete([*ids, "nowhere"])
        inserts = [q for q in queries if 'INSERT INTO "audit_entry"' in q["sql"]]
        assert len(inserts) == 1
        assert sorted(entry.subject for entry in found) == sorted(ids)

    def test_what_changes_nothing_leaves_no_entry(self, by_key):
        address = "/api/stores/denver"
        monday = {"day": 0, "start_time_local": "09:00", "end_time_local": "12:00"}
        with recorded() as found:
            send(by_key, "patch", address, {"timezone": "America/Denver"})
            send(by_key, "patch", address, {"display_name": ""})
            send(by_key, "put", f"{address}/hours", {"hours": [monday]})
            send(by_key, "delete", f"{address}/special-hours/2023-12-25")
        assert found == []

    def test_what_is_refused_leaves_no_entry(self, by_key, alice):
        viewer = client_of(user_with("viewer", "all stores", name="viewer"))
        address, body = "/api/stores/denver", {"display_name": "Mile"}

        def status(client, address, **headers):
            answer = client.patch(address, body, format="json", headers=headers)
            return answer.status_code

        with recorded() as found:
            assert status(by_key, address, **{"If-Match": '"other"'}) == 412
            assert status(viewer, address) == 403
            assert status(by_key, "/api/stores/nowhere") == 404
            again = by_key.post("/api/stores", {"store_id": "denver"}, format="json")
            assert again.status_code == 409
        assert found == []

    def test_what_is_rolled_back_leaves_no_entry(self):
        with recorded() as found, transaction.atomic():
            editing.rename("denver", "Mile")
            transaction.set_rollback(True)
        assert found == []
        assert Store.objects.get(pk="denver").display_name == ""


@pytest.mark.usefixtures("denver")
class TestWho:
    def entry_of(self, client, **headers):
        with recorded() as found:
            body = {"display_name": "Mile"}
            send(client, "patch", "/api/stores/denver", body, **headers)
        [entry] = found
        assert changes(found) == [RENAMED]
        return entry

    def test_a_key(self, by_key, alice):
        entry = self.entry_of(by_key, **{"X-Request-ID": "a-request"})
        assert (entry.user_id, entry.username) == (alice.pk, "alice")
        assert entry.key == ApiKey.objects.get().prefix
        assert (entry.address, entry.request_id) == ("127.0.0.1", "a-request")
        assert abs(entry.at - datetime.now(UTC)) < timedelta(minutes=1)

    def test_a_session(self, by_session, alice):
        entry = self.entry_of(by_session)
        assert (entry.user_id, entry.username, entry.key) == (alice.pk, "alice", "")

    def test_open_mode(self):
        entry = self.entry_of(APIClient())
        assert (entry.user_id, entry.username, entry.key) == (None, "open mode", "")
        assert entry.address == "127.0.0.1"

    def test_the_entry_stays_when_the_user_is_deleted(self, by_key, alice):
        entry = self.entry_of(by_key)
        alice.delete()
        assert AuditEntry.objects.get(pk=entry.pk).username == "alice"

    def test_a_command(self):
        with recorded() as found:
            call_command("ingest_csv", PROJECT / "fixtures", verbosity=0)
            call_command("run_report", output=os.devnull, verbosity=0)
        assert [entry.action for entry in found] == [
            "ingest.ended",
            "report.requested",
        ]
        assert authors(found) == [
            f"manage.py ingest_csv ({OS_USER})",
            f"manage.py run_report ({OS_USER})",
        ]
        assert {(entry.user_id, entry.address) for entry in found} == {(None, "")}


class TestIngests:
    def test_a_push_is_one_entry(self, by_key):
        with recorded() as found:
            rows = [A9, A10, A9 | {"status": "asleep"}]
            answer = send(by_key, "post", PUSH, rows)
        counts = {"read": 3, "new": 2, "rejected": 1}
        assert changes(found) == [
            (
                "ingest.ended",
                answer.json()["ingest_id"],
                None,
                {
                    "state": "complete",
                    "files": {"status": "POST /api/polls"},
                    "counts": {"status": counts},
                },
            )
        ]
        assert authors(found) == ["alice"]

    def test_a_push_that_is_sent_again_is_one_entry(self, by_key):
        with recorded() as found:
            for _ in range(2):
                send(by_key, "post", PUSH, [A9], **{"Idempotency-Key": "one"})
        assert len(found) == 1

    def test_an_upload_and_its_end_are_those_of_the_requester(self, by_key, alice):
        with recorded() as found:
            ingest_id = upload(by_key, status=status_file(A9)).json()["ingest_id"]
            attempt("stores.Ingest", ingest_id)
        requested, ended = found
        files = {"status": "store_status.csv"}
        assert requested.action == "ingest.requested"
        assert requested.after == {
            "files": files,
            "bytes_total": Ingest.objects.get().bytes_total,
        }
        assert (ended.action, ended.after["state"]) == ("ingest.ended", "complete")
        assert ended.after["counts"] == {"status": {"read": 1, "new": 1}}
        for entry in found:
            assert entry.subject == ingest_id
            assert (entry.user_id, entry.username) == (alice.pk, "alice")
            assert entry.request_id == requested.request_id != ""

    def test_an_upload_with_too_many_rejects_ends_as_failed(self, by_key):
        rows = status_file(A9 | {"status": "asleep"})
        ingest_id = upload(by_key, status=rows, strict="true").json()["ingest_id"]
        with recorded() as found:
            attempt("stores.Ingest", ingest_id)
        [entry] = found
        assert entry.after["state"] == "failed"
        assert entry.after["error"] == Ingest.objects.get().error != ""
        assert entry.username == "alice"

    def test_an_upload_that_is_no_csv_ends_as_failed(self, by_key):
        file = as_file("polls.csv", "no header\n")
        ingest_id = upload(by_key, status=file).json()["ingest_id"]
        with recorded() as found:
            attempt("stores.Ingest", ingest_id)
        error = Ingest.objects.get().error
        assert changes(found) == [
            ("ingest.ended", ingest_id, None, {"state": "failed", "error": error})
        ]
        assert authors(found) == ["alice"]

    def test_an_upload_that_is_given_up_by_the_watch_is_the_requesters(self, by_key):
        response = upload(by_key, status=status_file(A9))
        Ingest.objects.update(state="running", attempts=5)
        with recorded() as found:
            try_again(Ingest.objects.get(), "the worker died", timedelta(0))
        [entry] = found
        assert (entry.username, entry.after["state"]) == ("alice", "failed")
        assert entry.request_id == response["X-Request-ID"]

    def test_a_refused_load_of_a_command_leaves_no_entry(self, tmp_path):
        (tmp_path / "polls.csv").write_text("no header\n")
        with recorded() as found, pytest.raises(CommandError):
            call_command("ingest_csv", status=tmp_path / "polls.csv", verbosity=0)
        assert found == []


@pytest.mark.usefixtures("denver")
class TestReports:
    def test_an_equal_report_that_waits_is_no_new_entry(self, by_key):
        with recorded() as found:
            for _ in range(2):
                send(by_key, "post", "/api/reports", {"store_ids": ["denver"]})
            send(by_key, "post", "/api/trigger_report", {})
        newest = {"as_of": None, "labels": None}
        assert [(e.action, e.before, e.after) for e in found] == [
            ("report.requested", None, newest | {"stores": 1}),
            ("report.requested", None, newest | {"stores": "all"}),
        ]
        known = Report.objects.values_list("pk", flat=True)
        assert {entry.subject for entry in found} == {*map(str, known)}

    def test_a_report_that_somebody_deletes(self, by_key, in_admin):
        moment = "2023-01-23T20:00:00Z"
        asked = [moment, "2023-01-23T21:00:00Z", "2023-01-23T22:00:00Z"]
        first, *others = (
            send(by_key, "post", "/api/reports", {"as_of": m}).json()["report_id"]
            for m in asked
        )
        chosen = {"action": "delete_selected", "_selected_action": others}
        with recorded() as found:
            send(by_key, "delete", f"/api/reports/{first}")
            in_admin.post(REPORTS, chosen | {"post": "yes"})
        assert {entry.action for entry in found} == {"report.deleted"}
        assert {entry.subject for entry in found} == {first, *others}
        assert found[0].before == {"as_of": moment, "stores": "all", "labels": None}
        assert found[0].after is None
        assert not Report.objects.exists()


class TestPruning:
    def test_the_worker_leaves_one_entry_for_each_kind_of_data(self, settings):
        old = {"requested_at": datetime.now(UTC) - timedelta(days=40)}
        for _ in range(2):
            Report.objects.create(state="complete", **old)
        Ingest.objects.create(state="complete", files={}, **old)
        old_entries(1, days=400)
        with recorded() as found:
            tasks.prune_daily()
            tasks.prune_daily()
        assert changes(found) == [
            ("data.pruned", "reports", None, {"deleted": 2}),
            ("data.pruned", "ingests", None, {"deleted": 1}),
            ("data.pruned", "audit entries", None, {"deleted": 1}),
        ]
        assert authors(found) == ["the worker"] * 3

    def test_pruned_polls_are_counted(self):
        polls = [
            ("a", True, datetime(2023, 1, day, 12, tzinfo=UTC)) for day in range(1, 21)
        ]
        engine.load(Data(polls))
        with recorded() as found:
            call_command("prune", polls=8)
        assert {entry.subject for entry in found} == {"polls"}
        assert authors(found) == [f"manage.py prune ({OS_USER})"] * len(found)
        deleted = sum(entry.after["deleted"] for entry in found)
        assert deleted == 20 - Poll.objects.count() > 0

    def test_only_entries_older_than_the_limit_are_deleted(self):
        old_entries(3, days=366)
        [kept] = old_entries(1, days=364)
        assert prune_entries(365) == 3
        assert [e.pk for e in AuditEntry.objects.exclude(action="data.pruned")] == [
            kept.pk
        ]

    def test_without_a_limit_all_are_kept(self, settings):
        old_entries(2, days=4000)
        settings.KEEP_AUDIT_DAYS = None
        tasks.prune_daily()
        assert AuditEntry.objects.count() == 2


def old_entries(count, days):
    at = datetime.now(UTC) - timedelta(days=days)
    return AuditEntry.objects.bulk_create(
        AuditEntry(action="store.renamed", subject="a", at=at) for _ in range(count)
    )


class TestEntries:
    def test_an_entry_is_never_changed_or_deleted(self):
        record("store.renamed", "a", {"display_name": ""}, {"display_name": "A"})
        entry = AuditEntry.objects.get()
        entry.username = "somebody else"
        for attempted in (
            entry.save,
            entry.delete,
            AuditEntry.objects.all().delete,
            lambda: AuditEntry.objects.update(username="somebody else"),
            lambda: AuditEntry.objects.bulk_update([entry], ["username"]),
        ):
            with pytest.raises(TypeError), transaction.atomic():
                attempted()
        assert AuditEntry.objects.get().username == ""

    def test_only_what_differs_is_kept(self):
        before = {"a": 1, "b": None, "c": [1]}
        assert difference(before, {"a": 1, "b": 2, "d": 3}) == {
            "before": {"b": None, "c": [1]},
            "after": {"b": 2, "d": 3},
        }
        assert difference(before, dict(before)) is None
        assert difference(None, {}) == {"before": None, "after": {}}

    def test_values_of_python_are_written_as_in_the_api(self):
        at = datetime(2023, 1, 25, 12, 0, 0, 5, tzinfo=UTC)
        record("key.made", "a", after={"at": at, "on": date(2023, 1, 25), "t": time(9)})
        assert AuditEntry.objects.get().after == {
            "at": "2023-01-25T12:00:00.000005Z",
            "on": "2023-01-25",
            "t": "09:00:00",
        }

    @pytest.mark.usefixtures("denver")
    def test_no_secret_is_in_any_entry(self, by_key, in_admin, alice):
        text = by_key._credentials["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
        headers = {"Idempotency-Key": "a-private-key"}
        send(by_key, "post", PUSH, [A9], **headers)
        send(by_key, "post", "/api/reports", {})
        open_and_save(in_admin, DENVER_PAGE, display_name="Mile")
        assert AuditEntry.objects.count() >= 3
        for entry in AuditEntry.objects.values():
            for secret in (
                text.rpartition("_")[2],
                ApiKey.objects.get().digest,
                alice.password,
                "a-private-key",
                in_admin.session.session_key,
            ):
                assert secret not in str(entry)
