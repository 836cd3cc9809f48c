"""The worker keeps the process that polls running, as long as a store has a probe."""

import pytest

from tests.polling.servers import serving
from tests.support import services


@pytest.fixture(scope="module")
def shop():
    with serving() as servers:
        yield servers


@pytest.fixture(scope="module")
def worker(database_url):
    with services.working(database_url, PROBE_NETWORKS="127.0.0.0/8") as started:
        yield started


def pollers(worker):
    return services.running(worker, "poll_stores")


def add_probe(database_url, store_id, url):
    services.execute(
        database_url,
        "insert into probe values (%s, %s, '200-299', '', '', '', '', 5)",
        *(store_id, url),
    )


def has_poll(database_url, store_id):
    query = "select is_active from poll where store_id = %s and observed_at > %s"
    return services.rows(database_url, query, store_id, "2026-01-01") == [(True,)]


def test_it_polls_and_is_replaced_and_ends(worker, database_url, shop):
    [(first,), (second,)] = services.rows(
        database_url, "select store_id from store order by store_id limit 2"
    )
    assert not pollers(worker)  # there is nothing to poll
    add_probe(database_url, first, shop.url("/ok"))
    services.wait_for("a poll", worker, lambda: has_poll(database_url, first))
    [process] = pollers(worker)
    services.kill([process])
    add_probe(database_url, second, shop.url("/ok"))
    services.wait_for("the next", worker, lambda: has_poll(database_url, second))
    worker.process.terminate()
    worker.process.wait(services.TIMEOUT_SECONDS)
    assert not pollers(worker)
