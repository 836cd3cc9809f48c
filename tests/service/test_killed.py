"""Kills processes of the service at any time: every report still ends correctly."""

import json
import os
import random
import time
from contextlib import ExitStack
from uuid import uuid4

import pytest

from tests.support import services

RANDOM_SECONDS = 15


@pytest.fixture(scope="module")
def used_clusters():
    """The main processes of the clusters whose processes a test has killed."""
    return []


@pytest.fixture
def cluster(service, used_clusters):
    """A cluster that never replaced a process, so that the role of each is known."""
    found = services.cluster_of(service)
    if found is None or found.main in used_clusters:
        found = new_cluster(service)
    used_clusters.append(found.main)
    return found


def new_cluster(service):
    old = services.running(service, "qcluster")
    services.kill(old)

    def is_new():
        found = services.cluster_of(service)
        return found and found.main not in old and found

    return services.wait_for("there is a new cluster", service, is_new)


def check_reports_complete(service, database_url, expected, report_ids):
    """These reports and a new one complete, with one row per store."""
    report_ids = [*report_ids, services.trigger(service)]
    for report_id in report_ids:
        answer = services.result(service, report_id)
        assert answer.body == expected, services.resource(service, report_id)
    check_rows(database_url)
    services.wait_for("the service is complete", service, lambda: is_whole(service))


def check_rows(database_url):
    """A complete report has each store once; any other has no rows."""
    query = """
        select report_id, min(state), min(store_count), count(store_id),
            count(distinct store_id)
        from report full join report_row using (report_id) group by report_id
    """
    for report_id, state, promised, count, distinct in services.rows(
        database_url, query
    ):
        expected = promised if state == "complete" else 0
        assert count == distinct == expected, (report_id, state)


def is_whole(service):
    """Return whether each process runs once, and `work` watches the cluster."""
    watches, cluster = services.running(service, "work"), services.cluster_of(service)
    is_watched = cluster and [services.parent(cluster.main)] == watches
    return is_watched and services.web_processes(service)


def whole(cluster):
    return services.members(cluster)


def main(cluster):
    return [cluster.main]


def sentinel(cluster):
    return [cluster.sentinel]


def one_worker(cluster):
    return cluster.workers[:1]


def other_worker(cluster):
    return cluster.workers[1:]


def monitor(cluster):
    return [cluster.monitor]


def pusher(cluster):
    return [cluster.pusher]


@pytest.mark.parametrize("victims", [whole, main, one_worker, monitor, pusher])
def test_reports_survive_a_kill_in_a_busy_cluster(
    service, database_url, expected, cluster, victims
):
    with services.timeline_held(database_url) as cursor:
        report_ids = services.trigger_some(service, 4)
        services.wait_until_busy(service, cursor, count=2)
        services.kill(victims(cluster))
    check_reports_complete(service, database_url, expected, report_ids)


@pytest.mark.parametrize(
    "victims", [whole, sentinel, one_worker, other_worker, monitor, pusher]
)
def test_reports_survive_a_kill_in_an_idle_cluster(
    service, database_url, expected, cluster, victims
):
    services.kill(victims(cluster))
    report_ids = services.trigger_some(service, 4)
    check_reports_complete(service, database_url, expected, report_ids)


def test_a_cluster_that_hangs_is_replaced(service, database_url, expected, cluster):
    """One of the killed workers holds the queue's lock, which is never released."""
    services.result(service, services.trigger(service))  # then they wait at the queue
    services.kill(cluster.workers)
    report_id = services.trigger(service)
    check_reports_complete(service, database_url, expected, [report_id])
    assert services.cluster_of(service).main != cluster.main


def test_a_suspended_cluster_is_replaced(service, database_url, expected, cluster):
    for process in services.members(cluster):
        process.suspend()
    report_id = services.trigger(service)
    check_reports_complete(service, database_url, expected, [report_id])
    assert services.cluster_of(service).main != cluster.main


def test_reports_survive_a_kill_of_the_watching_process(
    service, database_url, expected, cluster
):
    """The orphaned cluster ends, too."""
    [watch] = services.running(service, "work")
    try:
        with services.timeline_held(database_url) as cursor:
            report_ids = services.trigger_some(service, 4)
            services.wait_until_busy(service, cursor, count=2)
            services.kill([watch])
        check_reports_complete(service, database_url, expected, report_ids)
    finally:
        services.kill(services.members(cluster))  # so that no other test fails as well


def test_reports_survive_kills_of_the_web_server(service, database_url, expected):
    with services.timeline_held(database_url) as cursor:
        report_ids = services.trigger_some(service, 2)
        services.wait_until_busy(service, cursor, count=2)
        master, workers = services.wait_for(
            "the web server is complete",
            service,
            lambda: services.web_processes(service),
        )
        services.kill(workers[:1])
        check_one_answers_again(service, report_ids)
        services.kill([master])
        check_one_answers_again(service, report_ids)
    check_reports_complete(service, database_url, expected, report_ids)


def check_one_answers_again(service, report_ids):
    for report_id in report_ids:
        services.wait_for(
            "the web server answers",
            service,
            lambda report_id=report_id: services.get_report(service, report_id),
        )


def test_all_processes_end_when_serve_is_killed(database_url):
    with services.serving(database_url) as service:
        service.process.kill()
        services.wait_for(
            "nothing is left", service, lambda: not services.all_processes(service)
        )


# --- Reports that fail


def test_a_report_deleted_while_it_is_computed_stays_deleted(
    service, database_url, expected
):
    with services.timeline_held(database_url) as cursor:
        report_id = services.trigger(service)
        services.wait_until_busy(service, cursor)
        delete = "delete from report where report_id = %s"
        services.execute(database_url, delete, report_id)
        assert services.get_report(service, report_id).status == 404
    check_reports_complete(service, database_url, expected, [])
    assert services.get_report(service, report_id).status == 404


def test_a_report_of_an_unknown_store_fails(service, database_url, expected):
    """It has no message in the queue, so its message counts as lost."""
    report_id = str(uuid4())
    services.execute(
        database_url,
        "insert into report "
        "(report_id, state, store_ids, requested_at, attempts, error, request_id) "
        "values (%s, 'queued', '{nowhere}', now(), 0, '', '')",
        report_id,
    )
    check_failed(service, report_id, attempts=1, reason="nowhere")
    check_reports_complete(service, database_url, expected, [])


def check_failed(service, report_id, attempts, reason):
    answer = services.result(service, report_id)
    assert answer.headers.get_content_type() == "application/json"
    body = json.loads(answer.body)
    assert body.keys() == {"status", "error"}
    assert body["status"] == "Failed"
    assert reason in body["error"]
    found = services.resource(service, report_id)
    assert (found["state"], found["attempts"]) == ("failed", attempts)
    assert found["finished_at"]
    assert found["worker_alive"] is None
    assert "download" not in found["links"]
    download = services.ask(service, "GET", f"/api/download/{report_id}")
    assert download.status == 409
    assert reason in json.loads(download.body)["detail"]


def test_a_report_that_always_takes_too_long_fails(service, database_url, expected):
    with services.timeline_held(database_url):
        report_id = services.trigger(service)
        reason = f"given up after {services.ATTEMPTS} attempts: canceling statement"
        check_failed(service, report_id, services.ATTEMPTS, reason)
    check_reports_complete(service, database_url, expected, [])


def test_a_report_that_took_too_long_once_completes(service, database_url, expected):
    """It completes like any other, without an error."""
    with services.timeline_held(database_url):
        report_id = services.trigger(service)
        services.wait_for(
            "an attempt has failed",
            service,
            lambda: attempts_of(database_url, report_id) > 1,
        )
    check_reports_complete(service, database_url, expected, [report_id])
    assert services.resource(service, report_id)["error"] == ""


def test_a_report_that_kills_its_worker_fails_after_all_attempts(
    service, database_url, expected
):
    """Its attempts are counted, although each worker dies before it can report."""
    with services.timeline_held(database_url) as cursor:
        report_id = services.trigger(service)
        for attempt in range(services.ATTEMPTS):
            services.wait_for(
                f"attempt {attempt + 1} is made",
                service,
                lambda count=attempt: attempts_of(database_url, report_id) > count,
            )
            services.wait_until_busy(service, cursor)
            services.kill_cluster(service, cursor)
        reason = f"given up after {services.ATTEMPTS} attempts: the worker died"
        check_failed(service, report_id, services.ATTEMPTS, reason)
    check_reports_complete(service, database_url, expected, [])


def attempts_of(database_url, report_id):
    services.hurry(database_url)
    query = "select attempts from report where report_id = %s"
    [(attempts,)] = services.rows(database_url, query, report_id)
    return attempts


# --- At random


def test_every_report_ends_despite_random_kills(service, database_url, expected):
    seed = int(os.environ.get("SERVICE_SEED") or random.randrange(10**6))
    print(f"SERVICE_SEED={seed}")
    chance = random.Random(seed)
    report_ids = []
    deadline = time.monotonic() + RANDOM_SECONDS
    with ExitStack() as held:
        while time.monotonic() < deadline:
            held.close()
            if chance.random() < 0.7:
                held.enter_context(services.timeline_held(database_url))
            if len(report_ids) < 20:
                report_ids += services.trigger_some(service, 4)
            time.sleep(chance.uniform(0, 1.5))
            kill_at_random(service, chance)
    for report_id in report_ids:
        check_ended(service, report_id, expected)
    check_reports_complete(service, database_url, expected, [])


def kill_at_random(service, chance):
    found = services.running(service, "qcluster")
    if chance.random() < 0.2:
        services.kill(found)
    elif found:
        found.sort(key=lambda process: process.pid)
        services.kill([chance.choice(found)])
    if chance.random() < 0.1:
        services.kill(services.running(service, "work"))


def check_ended(service, report_id, expected):
    answer = services.result(service, report_id)
    if answer.body != expected:
        check_failed(service, report_id, services.ATTEMPTS, "given up after")
