"""Whatever of the service is killed, at whatever it does, each report ends well."""

import json
import os
import random
import time
from contextlib import ExitStack
from uuid import uuid4

import pytest

from tests.support import service as svc

RANDOM_SECONDS = 15


@pytest.fixture(scope="module")
def touched():
    """The main processes of the clusters that tests have laid hands on."""
    return []


@pytest.fixture
def cluster(service, touched):
    """A cluster of which nothing was ever replaced: its processes are known by role."""
    found = svc.cluster_of(service)
    if found is None or found.main in touched:
        found = new_cluster(service)
    touched.append(found.main)
    return found


def new_cluster(service):
    old = svc.running(service, "qcluster")
    svc.kill(old)

    def is_new():
        found = svc.cluster_of(service)
        return found and found.main not in old and found

    return svc.wait_for("there is a new cluster", service, is_new)


def check_all_is_well(service, database_url, expected, report_ids):
    """These reports and one more come out right, in one row a store."""
    report_ids = [*report_ids, svc.trigger(service)]
    for report_id in report_ids:
        answer = svc.result(service, report_id)
        assert answer.body == expected, svc.resource(service, report_id)
    check_rows(database_url)
    svc.wait_for("the service is whole", service, lambda: is_whole(service))


def check_rows(database_url):
    """A report that is complete has each store once, any other has no rows."""
    query = """
        select report_id, min(state), min(store_count), count(store_id),
            count(distinct store_id)
        from report full join report_row using (report_id) group by report_id
    """
    for report_id, state, promised, count, distinct in svc.rows(database_url, query):
        expected = promised if state == "complete" else 0
        assert count == distinct == expected, (report_id, state)


def is_whole(service):
    """Tell if all runs once, the cluster under the watch of the one there is."""
    watches, cluster = svc.running(service, "work"), svc.cluster_of(service)
    is_watched = cluster and [svc.parent(cluster.main)] == watches
    return is_watched and svc.web_of(service)


def whole(cluster):
    return svc.members(cluster)


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
def test_part_of_a_busy_cluster(service, database_url, expected, cluster, victims):
    with svc.timeline_held(database_url) as cursor:
        report_ids = [svc.trigger(service) for _ in range(4)]
        svc.wait_until_busy(service, cursor, count=2)
        svc.kill(victims(cluster))
    check_all_is_well(service, database_url, expected, report_ids)


@pytest.mark.parametrize(
    "victims", [whole, sentinel, one_worker, other_worker, monitor, pusher]
)
def test_part_of_an_idle_cluster(service, database_url, expected, cluster, victims):
    svc.kill(victims(cluster))
    report_ids = [svc.trigger(service) for _ in range(4)]
    check_all_is_well(service, database_url, expected, report_ids)


def test_a_cluster_that_hangs_is_replaced(service, database_url, expected, cluster):
    """One of the idle workers dies with the queue's lock, which nobody gets again."""
    svc.result(service, svc.trigger(service))  # from now on they wait at the queue
    svc.kill(cluster.workers)
    report_id = svc.trigger(service)
    check_all_is_well(service, database_url, expected, [report_id])
    assert svc.cluster_of(service).main != cluster.main


def test_a_cluster_that_stands_still_is_replaced(
    service, database_url, expected, cluster
):
    for process in svc.members(cluster):
        process.suspend()
    report_id = svc.trigger(service)
    check_all_is_well(service, database_url, expected, [report_id])
    assert svc.cluster_of(service).main != cluster.main


def test_the_watch(service, database_url, expected, cluster):
    """The cluster that it leaves behind does not stay."""
    [watch] = svc.running(service, "work")
    try:
        with svc.timeline_held(database_url) as cursor:
            report_ids = [svc.trigger(service) for _ in range(4)]
            svc.wait_until_busy(service, cursor, count=2)
            svc.kill([watch])
        check_all_is_well(service, database_url, expected, report_ids)
    finally:
        svc.kill(svc.members(cluster))  # so that no other test fails with this one


def test_the_web_server(service, database_url, expected):
    with svc.timeline_held(database_url) as cursor:
        report_ids = [svc.trigger(service) for _ in range(2)]
        svc.wait_until_busy(service, cursor, count=2)
        master, workers = svc.wait_for(
            "the web is whole", service, lambda: svc.web_of(service)
        )
        svc.kill(workers[:1])
        check_one_answers_again(service, report_ids)
        svc.kill([master])
        check_one_answers_again(service, report_ids)
    check_all_is_well(service, database_url, expected, report_ids)


def check_one_answers_again(service, report_ids):
    for report_id in report_ids:
        svc.wait_for(
            "the web server answers",
            service,
            lambda report_id=report_id: svc.get_report(service, report_id),
        )


def test_all_that_serve_started_ends_with_it(database_url):
    with svc.serving(database_url) as service:
        service.process.kill()
        svc.wait_for("nothing is left", service, lambda: not svc.family(service))


# --- Reports that come to no good end


def test_a_report_that_is_deleted_while_it_is_computed(service, database_url, expected):
    with svc.timeline_held(database_url) as cursor:
        report_id = svc.trigger(service)
        svc.wait_until_busy(service, cursor)
        delete = "delete from report where report_id = %s"
        svc.execute(database_url, delete, report_id)
        assert svc.get_report(service, report_id).status == 404
    check_all_is_well(service, database_url, expected, [])
    assert svc.get_report(service, report_id).status == 404


def test_a_report_of_an_unknown_store(service, database_url, expected):
    """Nobody put a message in the queue, so it counts as lost on the way."""
    report_id = str(uuid4())
    svc.execute(
        database_url,
        "insert into report "
        "(report_id, state, store_ids, requested_at, attempts, error) "
        "values (%s, 'queued', '{nowhere}', now(), 0, '')",
        report_id,
    )
    check_failed(service, report_id, attempts=1, reason="nowhere")
    check_all_is_well(service, database_url, expected, [])


def check_failed(service, report_id, attempts, reason):
    answer = svc.result(service, report_id)
    assert answer.headers.get_content_type() == "application/json"
    told = json.loads(answer.body)
    assert told.keys() == {"status", "error"}
    assert told["status"] == "Failed"
    assert reason in told["error"]
    found = svc.resource(service, report_id)
    assert (found["state"], found["attempts"]) == ("failed", attempts)
    assert found["finished_at"]
    assert found["worker_alive"] is None
    assert "download" not in found["links"]
    download = svc.ask(service, "GET", f"/api/download/{report_id}")
    assert download.status == 409
    assert reason in json.loads(download.body)["detail"]


def test_a_report_that_takes_too_long(service, database_url, expected):
    with svc.timeline_held(database_url):
        report_id = svc.trigger(service)
        reason = f"given up after {svc.ATTEMPTS} attempts: canceling statement"
        check_failed(service, report_id, svc.ATTEMPTS, reason)
    check_all_is_well(service, database_url, expected, [])


def test_a_report_that_took_too_long_once(service, database_url, expected):
    """In the end it is as good as any other, and bears no error."""
    with svc.timeline_held(database_url):
        report_id = svc.trigger(service)
        svc.wait_for(
            "an attempt has failed",
            service,
            lambda: svc.resource(service, report_id)["attempts"] > 1,
        )
    check_all_is_well(service, database_url, expected, [report_id])
    assert svc.resource(service, report_id)["error"] == ""


def test_a_report_that_kills_its_worker(service, database_url, expected):
    """Its attempts are counted although nobody is left to tell."""
    with svc.timeline_held(database_url) as cursor:
        report_id = svc.trigger(service)
        for attempt in range(svc.ATTEMPTS):
            svc.wait_for(
                f"attempt {attempt + 1} is made",
                service,
                lambda count=attempt: attempts_of(database_url, report_id) > count,
            )
            svc.wait_until_busy(service, cursor)
            svc.kill_cluster(service, cursor)
        reason = f"given up after {svc.ATTEMPTS} attempts: the worker died"
        check_failed(service, report_id, svc.ATTEMPTS, reason)
    check_all_is_well(service, database_url, expected, [])


def attempts_of(database_url, report_id):
    query = "select attempts from report where report_id = %s"
    [(attempts,)] = svc.rows(database_url, query, report_id)
    return attempts


# --- At random


def test_random_kills(service, database_url, expected):
    seed = int(os.environ.get("SERVICE_SEED") or random.randrange(10**6))
    print(f"SERVICE_SEED={seed}")
    chance = random.Random(seed)
    report_ids = []
    deadline = time.monotonic() + RANDOM_SECONDS
    with ExitStack() as held:
        while time.monotonic() < deadline:
            held.close()
            if chance.random() < 0.7:
                held.enter_context(svc.timeline_held(database_url))
            if len(report_ids) < 20:
                report_ids += [svc.trigger(service) for _ in range(4)]
            time.sleep(chance.uniform(0, 1.5))
            kill_at_random(service, chance)
    for report_id in report_ids:
        check_ended(service, report_id, expected)
    check_all_is_well(service, database_url, expected, [])


def kill_at_random(service, chance):
    found = svc.running(service, "qcluster")
    if chance.random() < 0.2:
        svc.kill(found)
    elif found:
        found.sort(key=lambda process: process.pid)
        svc.kill([chance.choice(found)])
    if chance.random() < 0.1:
        svc.kill(svc.running(service, "work"))


def check_ended(service, report_id, expected):
    answer = svc.result(service, report_id)
    if answer.body != expected:
        check_failed(service, report_id, svc.ATTEMPTS, "given up after")
