"""What all tests share."""

import pytest

# Their assertions, too, shall say what was and what should have been.
for name in ("support", "admin", "api", "engine", "ingest", "service"):
    pytest.register_assert_rewrite(f"tests.{name}")

from tests.support import processes  # noqa: E402
from tests.support import service as svc  # noqa: E402


@pytest.fixture(scope="session")
def empty_database():
    """A database with empty tables, to make copies of."""
    with processes.new_database() as database_url:
        yield database_url


@pytest.fixture(scope="session")
def filled_database(empty_database):
    """A database with the sample data and an up-to-date timeline, to make copies of."""
    with processes.new_database(like=empty_database) as database_url:
        svc.fill(database_url)
        yield database_url


@pytest.fixture(scope="session")
def expected(filled_database):
    """What a report of the sample data says."""
    return svc.expected_csv(filled_database)
