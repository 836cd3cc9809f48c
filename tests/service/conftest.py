"""A service on a database of its own, and the report that it should give."""

import pytest

from tests.support import service as svc


@pytest.fixture(scope="module")
def database_url():
    with svc.filled_database() as new_url:
        yield new_url


@pytest.fixture(scope="module")
def service(database_url):
    with svc.serving(database_url) as started:
        yield started


@pytest.fixture(scope="module")
def expected(database_url):
    return svc.expected_csv(database_url)
