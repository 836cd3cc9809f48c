"""A service with its own database."""

import pytest

from tests.support import processes, services


@pytest.fixture(scope="module")
def database_url(filled_database):
    with processes.new_database(like=filled_database) as new_url:
        yield new_url


@pytest.fixture(scope="module")
def service(database_url):
    with services.serving(database_url) as started:
        yield started
