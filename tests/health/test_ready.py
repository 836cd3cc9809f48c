"""/livez and /readyz, without a service."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from reports.models import Report
from stores.models import Store

CHECKS = ["database", "migrations", "worker", "oldest_job", "newest_poll"]


def ago(**length):
    return datetime.now(UTC) - timedelta(**length)


def failed(client):
    """Return what /readyz says about the checks that fail."""
    answer = client.get("/readyz")
    content = answer.json()
    if answer.status_code == 200:
        assert [*content["checks"]] == CHECKS
        return {}
    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert content["status"] == 503
    assert content["title"] == "Service Unavailable"
    return {
        name: check["detail"]
        for name, check in content["checks"].items()
        if not check["ok"]
    }


def test_livez_needs_no_database(client):
    # Without the mark django_db, a test may not use the database.
    answer = client.get("/livez")
    assert answer.status_code == 200
    assert answer.content == b"ok\n"


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
@pytest.mark.django_db
def test_probes_may_use_any_host_name(client, path):
    """A container is probed by its address."""
    answer = client.get(path, headers={"host": "10.1.2.3:8000"})
    assert answer.status_code != 400


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_they_only_read(client, path):
    answer = client.post(path)
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD"


@pytest.mark.django_db
class TestReady:
    @pytest.mark.usefixtures("worker")
    def test_it_is_ready_with_a_worker(self, client):
        assert failed(client) == {}

    def test_it_needs_a_worker(self, client):
        assert [*failed(client)] == ["worker"]

    @pytest.mark.usefixtures("worker")
    def test_it_names_pending_migrations(self, client):
        """The other checks may need the missing tables, so they do not run."""
        MigrationRecorder(connection).record_unapplied("stores", "0001_initial")
        found = client.get("/readyz").json()
        assert "checks" in found
        assert [*found["checks"]] == ["database", "migrations"]
        assert "stores.0001_initial" in found["checks"]["migrations"]["detail"]
        assert found["detail"].startswith("migrations: ")

    @pytest.mark.usefixtures("worker")
    def test_no_job_may_wait_too_long(self, client, settings):
        settings.READY_JOB_MINUTES = 10
        Report.objects.create(requested_at=ago(minutes=9))
        Report.objects.create(requested_at=ago(hours=1), state="running")
        assert failed(client) == {}
        Report.objects.create(requested_at=ago(minutes=11))
        assert "report" in failed(client)["oldest_job"]

    @pytest.mark.usefixtures("worker")
    def test_the_newest_poll_may_be_too_old(self, client, settings):
        """The age is of the newest poll that is not ahead of the clock."""
        Store.objects.create(store_id="one", last_seen_at=ago(hours=3))
        Store.objects.create(store_id="fast clock", last_seen_at=ago(hours=-3))
        assert failed(client) == {}
        settings.READY_POLL_MINUTES = 200
        assert failed(client) == {}
        settings.READY_POLL_MINUTES = 179
        assert [*failed(client)] == ["newest_poll"]

    @pytest.mark.usefixtures("worker")
    def test_without_any_poll_it_is_ready(self, client, settings):
        settings.READY_POLL_MINUTES = 1
        assert failed(client) == {}
