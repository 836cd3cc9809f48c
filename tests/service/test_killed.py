"""Whatever of the service is killed, at whatever it does, each report ends well."""

import os
import random
import time
from contextlib import ExitStack

import pytest

from tests.service.health import check_all_is_well, check_failed
from tests.support import service as svc

RANDOM_SECONDS = 15


@pytest.fixture
def cluster(service):
    """Have the service start a new cluster, whose processes are known by role."""
    return new_cluster(service)


def new_cluster(service):
    old = svc.running(service, "qcluster")
    svc.kill(old)

    def is_new():
        found = svc.cluster_of(service)
        return found and found.main not in old and found

    return svc.wait_for("there is a new cluster", service, is_new)


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
