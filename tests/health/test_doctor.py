"""manage.py doctor: what is wrong with an installation, and what to do."""

import os
import re
import subprocess
import sys
from collections import namedtuple
from contextlib import closing
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from restaurant_monitor.local import postgres
from stores.health import installation
from stores.models import PollingRound, Probe, Store, Unsettled
from tests.support import engine, processes, services
from tests.support.denver import DENVER

LINE = re.compile(r"(ok|problem|unknown) +(\w+): (.+)")
CHECKS = [
    *("disk", "temporary_files", "database", "version", "encoding", "settings"),
    *("connections", "clock", "migrations", "worker", "oldest_job", "newest_poll"),
    *("unsettled", "marks", "polling", "cluster", "alerts", "channels", "messages"),
]
Usage = namedtuple("Usage", "total used free")


def read(text):
    """Return what was printed, by check: how it is, and the text."""
    matches = [LINE.fullmatch(line) for line in text.splitlines()]
    assert all(matches), text
    return {found[2]: (found[1], found[3]) for found in matches}


@pytest.fixture
def doctor(capsys):
    """Return what the doctor says about one check; it must be the only problem."""

    def examine(name=None):
        if name is None:
            call_command("doctor")
        else:
            with pytest.raises(CommandError, match=r"1 problem\b"):
                call_command("doctor")
        found = read(capsys.readouterr().out)
        problems = [key for key, (state, _) in found.items() if state == "problem"]
        assert problems == [name] * (name is not None)
        return found if name is None else found[name][1]

    return examine


@pytest.mark.usefixtures("worker")
@pytest.mark.django_db
class TestDoctor:
    def test_all_is_well(self, doctor):
        found = doctor()
        assert [*found] == CHECKS
        assert found["database"][1].startswith("PostgreSQL 1")
        assert found["marks"][1] == "the timeline is up to date"

    def test_no_worker(self, doctor):
        connection.cursor().execute("delete from heartbeat")
        assert "Start manage.py work" in doctor("worker")

    def test_pending_migrations(self, doctor):
        MigrationRecorder(connection).record_unapplied("reports", "0001_initial")
        assert "run manage.py migrate" in doctor("migrations")

    def test_polling(self, doctor):
        assert doctor()["polling"][1] == "no store has a probe"
        Probe.objects.create(store_id="a", url="https://store.example/")
        text = "1 stores are due to be polled, and there was no round yet."
        assert doctor("polling").startswith(text)
        now = datetime.now(UTC)
        new = PollingRound.objects.create(began_at=now - timedelta(minutes=9))
        assert doctor()["polling"][1].startswith("the last round began 0:09:0")
        new.state, new.error = "failed", "11 of 12 hosts failed"
        new.save()
        text = "the last round of polling failed: 11 of 12 hosts failed."
        assert doctor("polling").startswith(text)
        new.state, new.began_at = "complete", now - timedelta(minutes=11)
        new.save()
        assert "due to be polled, and the last round began 0:11:0" in doctor("polling")

    def test_unsettled_stores(self, doctor):
        for store_id in ("b", "a", "c", "d"):
            Unsettled.objects.create(store_id=store_id, missing="hours")
        Unsettled.objects.create(store_id="a", missing="timezone")
        text = doctor("unsettled")
        assert text.startswith("4 stores, such as a, b, c, ")
        assert "admin" in text

    def test_an_old_poll_is_a_problem_if_a_limit_is_set(self, doctor, settings):
        seen_at = datetime.now(UTC) - timedelta(hours=3)
        Store.objects.create(store_id="a", last_seen_at=seen_at)
        assert doctor()["newest_poll"][1].startswith("the newest poll is 3:00:0")
        settings.READY_POLL_MINUTES = 60
        assert "READY_POLL_MINUTES is 60" in doctor("newest_poll")

    def test_marks_are_no_problem(self, doctor):
        engine.load(DENVER)
        state, text = doctor()["marks"]
        assert state == "ok"
        assert re.match(r"\d+ changes wait", text)

    @pytest.mark.parametrize(
        ("ahead", "words"), [(-3600, "1:00:00 behind"), (3600, "1:00:00 ahead of")]
    )
    def test_another_clock_than_the_database(self, doctor, monkeypatch, ahead, words):
        fake = datetime.now(UTC) + timedelta(seconds=ahead)
        monkeypatch.setattr(installation, "utc_now", lambda: fake)
        assert f"is {words} the database's" in doctor("clock")

    def test_an_old_server(self, doctor, monkeypatch):
        monkeypatch.setattr(installation, "OLDEST_POSTGRESQL", 99)
        assert "99 or newer" in doctor("version")

    def test_few_connections(self, doctor, monkeypatch):
        monkeypatch.setattr(installation, "CONNECTIONS", 1000)
        assert "max_connections" in doctor("connections")

    def test_little_free_disk(self, doctor, monkeypatch):
        monkeypatch.delenv("DATABASE_URL", raising=False)
        folder = str(postgres.LOCAL)
        usage = installation.disk_usage

        def almost_full(path):
            return Usage(10**9, 10**9, 10**6) if str(path) == folder else usage(path)

        monkeypatch.setattr(installation, "disk_usage", almost_full)
        text = doctor("disk")
        assert folder in text
        assert "0.0 GB" in text

    def test_the_disk_of_another_server_is_unknown(self, doctor, monkeypatch):
        monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/x")
        assert doctor()["disk"][0] == "unknown"

    def test_no_room_for_an_upload(self, doctor, settings):
        settings.UPLOAD_BYTES = 1 << 60
        assert "TMPDIR" in doctor("temporary_files")


def examined(database_url):
    done = processes.run(database_url, "doctor")
    assert "Traceback" not in done.stderr
    return done, read(done.stdout)


def test_it_works_without_a_database():
    done, found = examined("postgresql://127.0.0.1:1/nowhere")
    assert done.returncode == 1
    assert done.stderr == "CommandError: 1 problem was found\n"
    state, text = found["database"]
    assert state == "problem"
    assert "Connection refused" in text
    assert "DATABASE_URL" in text
    assert found["temporary_files"][0] == "ok"
    after = CHECKS[CHECKS.index("database") + 1 :]
    assert {found[name] for name in after} == {("unknown", "this needs the database")}


@pytest.mark.django_db
def test_another_encoding_and_no_tables():
    name = "doctor_ascii"
    with closing(psycopg2.connect(processes.url("postgres"))) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute(
                f"create database {name} template template0 encoding 'SQL_ASCII' "
                "locale 'C'"
            )
            try:
                done, found = examined(processes.url(name))
            finally:
                cursor.execute(f"drop database {name} with (force)")
    assert done.returncode == 1
    assert found["encoding"][0] == "problem"
    assert "SQL_ASCII" in found["encoding"][1]
    assert found["migrations"][0] == "problem"
    assert found["worker"] == ("unknown", "this needs the tables")


def test_dangerous_settings_of_the_server():
    with services.own_postgres() as (_, database_url):
        with closing(psycopg2.connect(database_url)) as server:
            server.autocommit = True
            for setting in ("fsync", "autovacuum"):
                server.cursor().execute(f"alter system set {setting} = off")
            server.cursor().execute("select pg_reload_conf()")
            processes.wait_for(lambda: is_off(database_url, "fsync"))
        _, found = examined(database_url)
    state, text = found["settings"]
    assert state == "problem"
    assert text.startswith("fsync and autovacuum are off")


def is_off(database_url, setting):
    [(value,)] = services.rows(database_url, f"show {setting}")
    return value == "off"


CANNOT_START = """
import runpy
import sys
from restaurant_monitor.local import postgres

def fail():
    raise postgres.EmbeddedPostgresError("the disk is full")

postgres.ensure_running = fail
sys.argv = ["manage.py", "doctor"]
runpy.run_path("manage.py", run_name="__main__")
"""


def test_an_embedded_server_that_cannot_start_is_one_clear_line():
    """The settings start it, before any command runs."""
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "-c", CANNOT_START],
        cwd=processes.PROJECT,
        env=environment,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr == "the embedded PostgreSQL: the disk is full\n"
