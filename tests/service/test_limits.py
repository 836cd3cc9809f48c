"""A limit holds for all processes of the web server together."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice

from tests.support import services

LIMIT = 10


def test_two_servers_together_let_through_exactly_as_many_as_the_limit(database_url):
    limit = {"REPORTS_PER_HOUR": str(LIMIT)}
    with (
        services.web_server(database_url, **limit) as one,
        services.web_server(database_url, **limit) as other,
        ThreadPoolExecutor(8) as threads,
    ):
        both = islice(cycle([one, other]), 4 * LIMIT)
        answers = list(threads.map(request_report, both))
    found = Counter(answer.status for answer in answers)
    assert found == {202: LIMIT, 429: 3 * LIMIT}
    left = sorted(answer.headers["RateLimit"].split(";")[1] for answer in answers)
    assert left == sorted([f"r={n}" for n in range(LIMIT)] + ["r=0"] * 3 * LIMIT)


def request_report(service):
    return services.ask(service, "POST", "/api/reports", {})
