"""Rounds: who is due, what becomes a poll, and what is no downtime."""

from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

import sql
from restaurant_monitor.access.models import AuditEntry
from stores import editing
from stores.models import Ingest, Poll, PollingRound, Probe, ProbeResult, Store
from stores.polling import rounds
from stores.polling.looks import Looked
from stores.polling.prune import prune_rounds
from tests.polling.looking import LOOPBACK
from tests.polling.servers import serving

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ANYWHERE = [f"127.0.0.{n}" for n in range(2, 14)]
COMPLETE, FAILED = PollingRound.State.COMPLETE, PollingRound.State.FAILED


@pytest.fixture(autouse=True)
def allowed(settings):
    settings.PROBE_NETWORKS = LOOPBACK


def add(store_id, url, **fields):
    Store.objects.get_or_create(store_id=store_id)
    return Probe.objects.create(store_id=store_id, url=url, **fields)


def result(store_id, looked_at, **fields):
    plain = {"is_active": True, "reason": "", "host": "h", "milliseconds": 1}
    fields = {"round_id": PollingRound().pk} | plain | fields
    return ProbeResult.objects.create(store_id=store_id, looked_at=looked_at, **fields)


@contextmanager
def other_connection():
    """Yield a cursor on the tests' database, in another session."""
    opened = psycopg2.connect(**connection.get_connection_params())
    with closing(opened), opened.cursor() as cursor:
        yield cursor
        # The server may notice the end of a session after the next test has begun.
        cursor.execute("select pg_advisory_unlock_all()")


def due(now, store_ids=None):
    rows = sql.rows("polling/due", now=now, store_ids=store_ids)
    return [row.store_id for row in rows]


class TestDue:
    def test_each_store_has_its_own_instant_once_in_an_interval(self):
        for n in range(60):
            add(f"{n}", "http://a.example/")
            result(f"{n}", NOON)
        minutes = {}
        for minute in range(1, 61):
            for store_id in due(NOON + minute * timedelta(minutes=1)):
                minutes.setdefault(store_id, minute)
        assert len(minutes) == 60
        assert len(set(minutes.values())) > 30
        assert minutes == {
            store_id: minute
            for minute in range(60, 0, -1)
            for store_id in due(NOON + minute * timedelta(minutes=1))
        }

    def test_a_look_lets_a_store_wait_for_its_next_instant(self):
        add("A", "http://a.example/", interval_minutes=60)
        result("A", NOON)
        first = next(
            moment
            for second in range(3601)
            if due(moment := NOON + second * timedelta(seconds=1))
        )
        result("A", first)
        assert not due(first + HOUR - timedelta(seconds=1))
        assert due(first + HOUR) == ["A"]

    def test_a_new_probe_is_due_at_once_and_before_others(self):
        add("A", "http://a.example/")
        result("A", NOON - 5 * HOUR)
        add("B", "http://b.example/")
        add("C", "http://c.example/")
        result("C", NOON - 9 * HOUR)
        assert due(NOON) == ["B", "C", "A"]

    def test_stores_that_are_named_are_due(self):
        for store_id in "AB":
            add(store_id, "http://a.example/")
            result(store_id, NOON)
        assert due(NOON, ["B"]) == ["B"]


class TestPolls:
    def test_they_take_the_door_of_pushed_polls(self, servers):
        add("up", servers.url("/ok"))
        add("down", servers.url("/503"))
        began = datetime.now(UTC)
        ended = rounds.poll()
        assert ended.state == COMPLETE
        assert (ended.probes, ended.active, ended.inactive, ended.refused) == (
            *(2, 1, 1),
            0,
        )
        polls = {poll.store_id: poll for poll in Poll.objects.all()}
        assert {i: poll.is_active for i, poll in polls.items()} == {
            "up": True,
            "down": False,
        }
        assert began <= polls["up"].observed_at <= datetime.now(UTC)
        results = dict(ProbeResult.objects.values_list("store_id", "looked_at"))
        assert {i: poll.observed_at for i, poll in polls.items()} == results
        ingest = Ingest.objects.get()
        assert ingest.pk == ended.ingest_id
        assert ingest.files == {"status": "poll_stores"}
        assert ingest.counts["status"]["new"] == 2
        assert AuditEntry.objects.get(action="ingest.ended").subject == str(ingest.pk)

    def test_they_have_the_reasons_of_their_results(self, servers):
        round_id = PollingRound.objects.create(began_at=NOON, probes=4).pk
        reasons = {"A": "", "B": "status 503", "C": "timeout", "D": "connection"}
        for store_id, reason in reasons.items():
            add(store_id, servers.url("/ok"))
            found = {"is_active": not reason, "reason": reason, "round_id": round_id}
            result(store_id, NOON, **found)
        rounds.end(round_id)
        assert dict(Poll.objects.values_list("store_id", "reason")) == {
            "A": None,
            "B": "status 503",
            "C": "connection",
            "D": "connection",
        }

    def test_a_refused_address_gives_none(self, servers, settings):
        settings.PROBE_NETWORKS = []
        add("inside", servers.url("/ok"))
        ended = rounds.poll()
        assert (ended.state, ended.refused) == (COMPLETE, 1)
        assert ProbeResult.objects.get().reason == "refused address"
        assert not Poll.objects.exists()
        assert not Ingest.objects.exists()

    def test_a_store_that_was_deleted_meanwhile_stays_deleted(self, servers):
        add("A", servers.url("/ok"))
        found = PollingRound.objects.create(began_at=NOON, probes=1)
        editing.delete(["A"])
        assert not Probe.objects.exists()
        result("A", NOON, round_id=found.pk)
        assert rounds.end(found.pk).state == COMPLETE
        assert not Store.objects.exists()
        assert not Poll.objects.exists()

    def test_deletion_takes_the_probe_and_its_results(self, servers):
        for store_id in "AB":
            add(store_id, servers.url("/ok"))
        rounds.poll()
        editing.delete(["A"])
        assert [*Probe.objects.values_list("pk", flat=True)] == ["B"]
        assert ProbeResult.objects.get().store_id == "B"


class TestOurFault:
    def round_of(self, results):
        """End a round with these reasons, each of a host of its own."""
        found = PollingRound.objects.create(began_at=NOON, probes=len(results))
        for n, (host, reason) in enumerate(results):
            Store.objects.get_or_create(store_id=f"{n}")
            fields = {"host": host, "is_active": not reason, "reason": reason}
            result(f"{n}", NOON, round_id=found.pk, **fields)
        return rounds.end(found.pk)

    def hosts(self, failing, answering):
        kinds = ["timeout", "dns", "tls", "connection"]
        failed = [(f"bad{n}", kinds[n % 4]) for n in range(failing)]
        return failed + [(f"good{n}", "") for n in range(answering)]

    @pytest.mark.parametrize(
        ("failing", "answering", "state"),
        [
            (10, 0, FAILED),
            (9, 1, FAILED),
            (18, 2, FAILED),
            (17, 3, COMPLETE),
            (8, 2, COMPLETE),
            (9, 0, COMPLETE),  # fewer than ten hosts
            (0, 10, COMPLETE),
        ],
    )
    def test_nearly_all_of_ten_hosts_fail(self, failing, answering, state):
        ended = self.round_of(self.hosts(failing, answering))
        assert ended.state == state
        assert (Poll.objects.count() == 0) == (state == FAILED)
        assert bool(ended.error) == (state == FAILED)
        assert ended.inactive == failing

    def test_many_stores_of_one_host_are_one_host(self):
        """Their host is down. Ten others answer, so our network is well."""
        stores = [("big", "timeout")] * 200
        assert self.round_of(stores + self.hosts(0, 10)).state == COMPLETE
        assert Poll.objects.count() == 210

    def test_a_status_code_is_no_fault_of_the_network(self):
        failed = [(f"bad{n}", "status 503") for n in range(20)]
        assert self.round_of(failed).state == COMPLETE

    def test_it_says_so(self):
        assert self.round_of(self.hosts(11, 1)).error == (
            "11 of 12 hosts failed at once by faults of the network, so the fault is "
            "probably on this side"
        )

    def polled(self, path, due=1):
        """Let stores be due whose hosts fail, and others at 12 hosts not be due."""
        now = datetime.now(UTC)
        failing = [f"127.0.3.{n}" for n in range(1, due + 1)]
        with serving([*failing, *ANYWHERE]) as servers:
            for address in failing:
                add(address, servers.url("/reset", address))
            for address in ANYWHERE:
                add(address, servers.url(path, address), interval_minutes=1440)
                # It is not due for as long as this look is in the future.
                result(address, now + HOUR, host=address)
            return rounds.poll()

    @pytest.mark.parametrize("due", [1, 12])
    def test_if_others_answer_the_stores_that_fail_are_down(self, due):
        ended = self.polled("/ok", due)
        assert (ended.state, ended.probes) == (COMPLETE, due + 12)
        assert (ended.witnesses, ended.answering) == (12, 12)
        assert Poll.objects.filter(is_active=False).count() == due
        assert Poll.objects.filter(is_active=True).count() == 12

    @pytest.mark.parametrize("due", [1, 12])
    def test_if_others_fail_too_nobody_is_down(self, due):
        ended = self.polled("/reset", due)
        assert (ended.state, ended.inactive) == (FAILED, due + 12)
        assert (ended.witnesses, ended.answering) == (12, 0)
        assert not Poll.objects.exists()

    def test_each_round_of_a_long_failure_knows_it(self):
        """The other hosts answered last time, before the failure."""
        with serving(ANYWHERE) as servers:
            for address in ANYWHERE:
                add(address, servers.url("/ok", address))
            assert rounds.poll().state == COMPLETE
            servers.answers["/ok"] = b""
            for address in ANYWHERE[:3]:
                ended = rounds.poll([address])
                assert (ended.state, ended.witnesses) == (FAILED, 11)
            assert not Poll.objects.filter(is_active=False).exists()

    def test_a_status_of_a_witness_is_an_answer(self):
        assert self.polled("/503").state == COMPLETE


class TestLostRounds:
    def test_what_a_killed_round_saw_is_kept_and_handed_over(
        self, servers, monkeypatch
    ):
        for store_id in "ABC":
            add(store_id, servers.url("/ok"))

        def killed(probes, networks, seconds):
            yield [Looked("A", datetime.now(UTC), True, "", "127.0.0.1", 5)]
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(rounds, "look_at", killed)
            with pytest.raises(KeyboardInterrupt):
                rounds.poll()
        assert ProbeResult.objects.get().store_id == "A"
        assert not Poll.objects.exists()
        ended = rounds.poll()
        assert Poll.objects.count() == 3
        assert ended.probes == 2  # A had its look
        lost = PollingRound.objects.exclude(pk=ended.pk).get()
        assert (lost.state, lost.probes, lost.active) == (COMPLETE, 3, 1)

    def test_a_killed_round_of_few_hosts_that_failed_gives_no_polls(self):
        """It could not ask others whether the fault is ours."""
        Store.objects.create(store_id="A")
        lost = PollingRound.objects.create(began_at=NOON, probes=9)
        failed = {"is_active": False, "reason": "dns", "round_id": lost.pk}
        result("A", NOON, **failed)
        assert rounds.poll() is None
        lost.refresh_from_db()
        assert (lost.state, lost.inactive) == (FAILED, 1)
        assert not Poll.objects.exists()

    def test_the_stores_of_a_killed_round_that_gave_no_polls_are_asked_again(
        self, servers
    ):
        now = datetime.now(UTC)
        for store_id, path in {"A": "/reset", "B": "/ok"}.items():
            add(store_id, servers.url(path))
            result(store_id, now - 2 * HOUR)
        lost = PollingRound.objects.create(began_at=now, probes=2)
        failed = {"is_active": False, "reason": "connection", "round_id": lost.pk}
        result("A", now, **failed)
        assert rounds.poll().probes == 2
        assert dict(Poll.objects.values_list("store_id", "is_active")) == {
            "A": False,
            "B": True,
        }

    def test_a_round_ends_once(self, servers):
        add("A", servers.url("/ok"))
        ended = rounds.poll()
        again = rounds.end(ended.pk)
        assert again.ended_at == ended.ended_at
        assert Ingest.objects.count() == 1

    def test_rounds_do_not_overlap(self, servers):
        add("A", servers.url("/ok"))
        with other_connection() as cursor:
            cursor.execute("select pg_advisory_lock(hashtextextended('polling', 0))")
            with pytest.raises(rounds.AlreadyPolling):
                rounds.poll()
            with pytest.raises(CommandError, match="another process is polling"):
                call_command("poll_stores", once=True)
        assert not PollingRound.objects.exists()


class TestTheCommand:
    def polled(self, *arguments):
        out = StringIO()
        call_command("poll_stores", *arguments, stdout=out)
        return out.getvalue()

    def test_it_says_what_it_found(self, servers):
        assert self.polled("--once") == "No probe is due.\n"
        add("A", servers.url("/ok"))
        add("B", servers.url("/503"))
        said = "Polled 2 of 2 stores: 1 active, 1 inactive, 0 without a poll.\n"
        assert self.polled("--once") == said
        assert self.polled("--once") == "No probe is due.\n"

    def test_it_polls_a_store_that_is_not_due(self, servers):
        add("A", servers.url("/ok"))
        add("B", servers.url("/ok"))
        self.polled("--once")
        assert "Polled 1 of 1 stores" in self.polled("--store", "B")
        with pytest.raises(CommandError, match="the store 'C' has no probe"):
            self.polled("--store", "C")

    def test_a_failed_round_is_an_error(self, servers):
        with serving(ANYWHERE) as many:
            for n, address in enumerate(ANYWHERE):
                add(f"{n}", many.url("/reset", address))
            with pytest.raises(CommandError, match="gave no polls"):
                self.polled("--once")

    def test_it_asks_the_database_as_often_whatever_the_number(self, servers):
        counts = []
        for many in (1, 3, 30):  # the first polls of all cost more
            for n in range(many):
                add(f"{many}-{n}", servers.url("/ok"))
            with CaptureQueriesContext(connection) as captured:
                rounds.poll()
            # How many batches of results come is up to the network.
            batches = 'INSERT INTO "probe_result"'
            said = [query["sql"] for query in captured]
            counts.append(len([q for q in said if batches not in q]))
        assert counts[1] == counts[2]


def test_old_rounds_are_deleted_and_their_polls_stay():
    Store.objects.create(store_id="A")
    now = datetime.now(UTC)
    old, new = (
        PollingRound.objects.create(began_at=at, probes=1)
        for at in (now - timedelta(days=9), now - timedelta(days=6))
    )
    for one in (old, new):
        result("A", one.began_at, round_id=one.pk)
        rounds.end(one.pk)
    assert prune_rounds(None) == 0
    assert ProbeResult.objects.get().round_id == new.pk  # results are kept for a week
    assert PollingRound.objects.count() == 2
    assert prune_rounds(8) == 1
    assert PollingRound.objects.get() == new
    assert Poll.objects.count() == 2
    assert AuditEntry.objects.get(action="data.pruned").subject == "polling rounds"
