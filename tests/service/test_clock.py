"""The clock of the service is set while it runs; that of PostgreSQL is not."""

import pytest

from tests.support import processes, services
from tests.support.clock import COMPILER, Clock

HOUR, DAY = 3600, 86400
pytestmark = pytest.mark.skipif(not COMPILER, reason="a C compiler is missing")


@pytest.fixture(scope="module")
def clock(tmp_path_factory):
    return Clock(tmp_path_factory.mktemp("clock"))


@pytest.fixture(scope="module")
def service(filled_database, clock):
    with (
        processes.new_database(like=filled_database) as database_url,
        services.serving(database_url, **clock.variables) as started,
    ):
        yield started


@pytest.mark.parametrize("seconds", [-HOUR, -10 * DAY, HOUR, 10 * DAY])
def test_a_cluster_that_hangs_is_replaced_whatever_the_clock_says(
    service, clock, seconds
):
    first = services.cluster_of(service)
    clock.shift(seconds)
    check_is_csv(services.result(service, services.trigger(service)))
    for process in services.members(first):
        process.suspend()
    check_is_csv(services.result(service, services.trigger(service)))
    assert services.cluster_of(service).main != first.main


def check_is_csv(answer):
    assert answer.headers.get_content_type() == "text/csv"


def test_a_worker_that_stops_is_noticed_after_the_clock_was_set_back(service, clock):
    """Its last heartbeat seems to be in the future."""
    clock.shift(0)
    check_is_csv(services.result(service, services.trigger(service)))
    [work] = services.running(service, "work")
    work.suspend()
    services.kill(services.running(service, "qcluster"))
    clock.shift(-HOUR)
    report_id = services.trigger(service)
    services.wait_for(
        "it says that no worker is alive",
        service,
        lambda: services.resource(service, report_id)["worker_alive"] is False,
    )
    work.resume()
    check_is_csv(services.result(service, report_id))
