"""/metrics, in the text format of Prometheus."""

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO

import pytest
from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics

from reports.models import Report
from restaurant_monitor.jobs.models import Heartbeat
from restaurant_monitor.jobs.tasks import attempt
from stores.models import Ingest, Store
from tests.support import engine
from tests.support.denver import DENVER
from tests.support.processes import PROJECT

TOKEN = "a-token-of-the-tests"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def token(settings):
    settings.METRICS_TOKEN = TOKEN


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """A context that ends as a commit does, although the test never commits."""
    return partial(django_capture_on_commit_callbacks, execute=True)


def scrape(client, **headers):
    answer = client.get(
        "/metrics", headers={"authorization": f"Bearer {TOKEN}", **headers}
    )
    assert answer.status_code == 200
    return answer


def samples(client):
    """Return the values by name and labels."""
    families = parser.text_string_to_metric_families(scrape(client).content.decode())
    found = {}
    for sample in (sample for family in families for sample in family.samples):
        labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
        assert sample.name.startswith("restaurant_monitor_")
        found[sample.name.removeprefix("restaurant_monitor_"), labels] = sample.value
    return found


class TestAccess:
    @pytest.mark.parametrize("sent", [None, "Bearer", "Bearer wrong", f"Basic {TOKEN}"])
    def test_it_needs_the_token(self, client, sent):
        headers = {} if sent is None else {"authorization": sent}
        answer = client.get("/metrics", headers=headers)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == 'Bearer realm="metrics"'
        assert answer["Content-Type"] == "application/problem+json"
        assert b"restaurant_monitor_" not in answer.content

    def test_without_a_token_in_the_settings_nobody_gets_in(self, client, settings):
        settings.METRICS_TOKEN = ""
        for sent in ("Bearer ", f"Bearer {TOKEN}"):
            answer = client.get("/metrics", headers={"authorization": sent})
            assert answer.status_code == 403
            assert "METRICS_TOKEN" in answer.json()["detail"]

    def test_a_token_of_any_characters_is_compared(self, client):
        answer = client.get("/metrics", headers={"authorization": "Bearer ä"})
        assert answer.status_code == 401


class TestFigures:
    @pytest.mark.usefixtures("few_stores")
    def test_stores_by_status(self, client):
        """At 12:00 UTC on a Monday.

        `up` and `down` are open and were seen. `closed` closes at this instant.
        `unseen` is open and has no poll. `far` is in Chicago, where it is 06:00.
        """
        found = samples(client)
        counts = {"up": 1, "down": 1, "unobserved": 1, "closed": 2}
        for status, count in counts.items():
            assert found["stores", f"status={status}"] == count
        assert found["timeline_marks", ""] == 0
        assert found["stores_unsettled", ""] == 0

    def test_an_empty_database_has_figures(self, client):
        found = samples(client)
        assert found["stores", "status=up"] == 0
        assert ("newest_poll_timestamp_seconds", "") not in found
        assert found["jobs", "kind=report,state=queued"] == 0
        assert found["oldest_waiting_job_age_seconds", "kind=ingest"] == 0

    def test_marks_wait_until_a_refresh(self, client, committed):
        engine.load(DENVER)
        # Both stores are new, and have a mark for that at least.
        assert samples(client)["timeline_marks", ""] >= 2
        with committed():
            engine.figures()
        found = samples(client)
        assert found["timeline_marks", ""] == 0
        assert found["timeline_refresh_duration_seconds_count", ""] == 1
        assert found["timeline_refresh_duration_seconds_sum", ""] > 0

    def test_the_newest_poll(self, client):
        engine.load(DENVER)
        newest = datetime(2023, 1, 23, 20, tzinfo=UTC).timestamp()
        assert samples(client)["newest_poll_timestamp_seconds", ""] == newest

    def test_the_rows_of_ingests_by_what_happened_to_them(self, client, committed):
        for _ in range(2):
            with committed():
                engine.load(DENVER)
        found = samples(client)
        rows = {
            "new": 3,
            "changed": 0,
            "already_there": 3,
            "superseded": 0,
            "rejected": 0,
        }
        for outcome, count in rows.items():
            key = "ingest_rows_total", f"file=status,outcome={outcome}"
            assert found[key] == count
        # Two rows of time zones in each of the two ingests.
        assert found["ingest_rows_total", "file=timezones,outcome=new"] == 2
        assert found["ingest_rows_total", "file=timezones,outcome=already_there"] == 2

    def test_jobs_that_wait_and_run(self, client):
        now = datetime.now(UTC)
        for minutes in (1, 5):
            Report.objects.create(requested_at=now - timedelta(minutes=minutes))
        Report.objects.create(state="running", requested_at=now - timedelta(hours=1))
        found = samples(client)
        assert found["jobs", "kind=report,state=queued"] == 2
        assert found["jobs", "kind=report,state=running"] == 1
        assert found["jobs", "kind=ingest,state=queued"] == 0
        age = found["oldest_waiting_job_age_seconds", "kind=report"]
        assert 300 <= age < 360

    def test_jobs_that_ended(self, client, committed):
        with committed():
            engine.load(DENVER)
        for store_ids in (None, ["nowhere"]):
            report = Report.objects.create(store_ids=store_ids)
            with committed():
                attempt("reports.Report", str(report.pk))
        found = samples(client)
        for labels, count in {
            "kind=report,state=complete": 1,
            "kind=report,state=failed": 1,
            "kind=ingest,state=complete": 1,
        }.items():
            assert found["job_duration_seconds_count", labels] == count
            assert found["job_duration_seconds_sum", labels] > 0

    def test_a_refused_upload_is_an_ingest_that_failed(self, client, committed):
        file = BytesIO(b"store_id,timezone_str\n" + b"a,Mars/Phobos\n" * 20)
        file.name = "timezones.csv"
        made = client.post("/api/ingests", {"timezones": file}).json()
        with committed():
            attempt("stores.Ingest", made["ingest_id"])
        assert Ingest.objects.get().state == "failed"
        found = samples(client)
        key = "job_duration_seconds_count", "kind=ingest,state=failed"
        assert found[key] == 1
        assert found["ingest_rows_total", "file=timezones,outcome=rejected"] == 20

    @pytest.mark.usefixtures("worker")
    def test_the_worker_and_the_database(self, client):
        found = samples(client)
        assert found["database_up", ""] == 1
        assert found["worker_alive", ""] == 1
        assert found["database_size_bytes", ""] > 1_000_000

    def test_an_unsettled_store(self, client):
        Store.objects.create(store_id="a")
        Store.objects.get().unsettled.create(missing="hours")
        assert samples(client)["stores_unsettled", ""] == 1


def test_the_documentation_lists_all_metrics(client):
    """It has the names as Prometheus stores them, with _total, _count and _sum."""
    text = (PROJECT / "docs" / "operations.md").read_text()
    listed = re.findall(r"^\| `(restaurant_monitor_\w+)", text, re.MULTILINE)
    Heartbeat.objects.create(seen_at=datetime.now(UTC))
    Store.objects.create(store_id="a", last_seen_at=datetime.now(UTC))
    shown = {f"restaurant_monitor_{name}" for name, _ in samples(client)}
    families = {re.sub("_(count|sum)$", "", name) for name in shown}
    assert sorted(listed) == sorted(families)


def test_it_speaks_openmetrics(client):
    accept = "application/openmetrics-text; version=1.0.0"
    answer = scrape(client, accept=accept)
    assert answer["Content-Type"].startswith("application/openmetrics-text")
    families = openmetrics.text_string_to_metric_families(answer.content.decode())
    assert "restaurant_monitor_stores" in {family.name for family in families}
