"""The figures of /metrics. docs/operations.md lists them."""

from datetime import UTC, datetime
from itertools import product

from django.db import InterfaceError, OperationalError, connection
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    SummaryMetricFamily,
)

import sql
from restaurant_monitor.counters.models import Counter
from restaurant_monitor.jobs import figures as jobs
from restaurant_monitor.jobs.models import Job
from restaurant_monitor.jobs.queue import last_heartbeat
from restaurant_monitor.jobs.recovery import is_worker_alive
from stores.api.stores import STATUSES
from stores.health import more
from stores.ingest.staging import KINDS
from stores.ingest.steps import OUTCOMES, ROWS
from stores.models import TimelineState
from stores.timeline.moments import newest_moment
from stores.timeline.refresh import REFRESH

ENDED = [Job.State.COMPLETE, Job.State.FAILED]
NOTHING = Counter(times=0, total=0)


class Collector:
    """Reads the figures anew for each answer, for prometheus-client."""

    def collect(self):
        """Yield all metrics; without a database, only that it is down."""
        try:
            found = [*of_jobs(), *of_stores(), *of_counters()]
            found += [family for figures in more.FIGURES for family in figures()]
        except (OperationalError, InterfaceError):
            connection.close()
            found = []
        yield gauge("database_up", "Whether the database answers.", bool(found))
        yield from found


def gauge(name, text, value):
    return GaugeMetricFamily(f"restaurant_monitor_{name}", text, value=value)


def gauges(name, text, label, values):
    """Return a gauge with a label, whose values are given by the label's."""
    family = GaugeMetricFamily(f"restaurant_monitor_{name}", text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def of_jobs():
    waiting = jobs.waiting()
    family = GaugeMetricFamily(
        "restaurant_monitor_jobs", "Unfinished jobs.", labels=["kind", "state"]
    )
    for one in waiting:
        family.add_metric([one.kind, "queued"], one.queued)
        family.add_metric([one.kind, "running"], one.running)
    yield family
    yield gauges(
        "oldest_waiting_job_age_seconds",
        "How long the oldest queued job has waited; 0 if none waits.",
        "kind",
        {one.kind: one.oldest_seconds for one in waiting},
    )
    yield gauge("worker_alive", "Whether a worker is alive.", is_worker_alive())
    if seen_at := last_heartbeat():
        yield gauge(
            "worker_heartbeat_timestamp_seconds",
            "When the queue last processed a message.",
            seen_at.timestamp(),
        )


def of_stores():
    now = datetime.now(UTC)
    state = TimelineState.objects.get()
    as_of = newest_moment(state.newest_poll_at)
    found = sql.one("stores/count_by_status", as_of=as_of, viewer=None)
    by_status = {name: getattr(found, name) for name in STATUSES}
    text = "Stores by their status at the newest poll, as the timeline has it."
    yield gauges("stores", text, "status", by_status)
    found = sql.one("health/figures")
    text = "Stores whose hours or time zone nobody knows."
    yield gauge("stores_unsettled", text, found.unsettled)
    text = "Changes that wait for a refresh of the timeline."
    yield gauge("timeline_marks", text, found.marks)
    yield gauge("database_size_bytes", "Size of the database.", found.database_bytes)
    if newest := sql.one("health/newest_poll", now=now).newest_poll_at:
        text = "When the newest poll was made, leaving out those ahead of the clock."
        yield gauge("newest_poll_timestamp_seconds", text, newest.timestamp())


def of_counters():
    counted = {(c.name, c.kind, c.outcome): c for c in Counter.objects.all()}
    rows = CounterMetricFamily(
        "restaurant_monitor_ingest_rows",
        "Rows of ingests and pushes, by what happened to them.",
        labels=["file", "outcome"],
    )
    for key in product(KINDS, OUTCOMES):
        rows.add_metric(key, counted.get((ROWS, *key), NOTHING).total)
    yield rows
    ended = SummaryMetricFamily(
        "restaurant_monitor_job_duration_seconds",
        "How long the last attempt of each ended job took.",
        labels=["kind", "state"],
    )
    for key in product(jobs.kinds(), ENDED):
        found = counted.get((jobs.NAME, *key), NOTHING)
        ended.add_metric(key, found.times, found.total)
    yield ended
    refreshes = counted.get((REFRESH, "", ""), NOTHING)
    yield SummaryMetricFamily(
        "restaurant_monitor_timeline_refresh_duration_seconds",
        "How long the refreshes of the timeline took.",
        count_value=refreshes.times,
        sum_value=refreshes.total,
    )
