"""A service on a database of its own."""

import pytest

from tests.support import processes
from tests.support import service as svc


@pytest.fixture(scope="module")
def database_url(filled_database):
    with processes.new_database(like=filled_database) as new_url:
        yield new_url


@pytest.fixture(scope="module")
def service(database_url):
    with svc.serving(database_url) as started:
        yield started
