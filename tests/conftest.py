"""Fixtures that all tests share."""

import pytest

# Assertions in these helpers, too, must show the compared values.
for name in ("support", "admin", "api", "day", "engine", "ingest", "pages", "service"):
    pytest.register_assert_rewrite(f"tests.{name}")

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from tests.support import cluster, processes, services  # noqa: E402

# Most tests are about other things than accounts, wherever their database is.
settings.OPEN = True


if cluster.URL:

    @pytest.fixture(scope="session")
    def django_db_setup(django_db_blocker):
        """The database of most tests; it has no account."""
        with (
            django_db_blocker.unblock(),
            processes.new_database(set_up=processes.with_tables) as database_url,
        ):
            connection.close()
            connection.settings_dict["NAME"] = database_url.rpartition("/")[2]
            yield
            connection.close()


@pytest.fixture(scope="session")
def empty_database():
    """A database with empty tables. Tests make copies of it."""
    with processes.new_database() as database_url:
        yield database_url


@pytest.fixture
def own_database(empty_database, django_db_blocker):
    """A database of this test alone, with empty tables; yields its URL.

    The test is in no transaction. Other connections see what it writes.
    """
    tests_name = connection.settings_dict["NAME"]
    with (
        processes.new_database(like=empty_database) as database_url,
        django_db_blocker.unblock(),
    ):
        connection.close()
        connection.settings_dict["NAME"] = database_url.rpartition("/")[2]
        try:
            yield database_url
        finally:
            connection.close()
            connection.settings_dict["NAME"] = tests_name


@pytest.fixture(scope="session")
def filled_database(empty_database):
    """A database with the sample data and a current timeline, for copies."""
    with processes.new_database(like=empty_database) as database_url:
        services.fill(database_url)
        yield database_url


@pytest.fixture(scope="session")
def expected(filled_database):
    """The CSV of a report of the sample data."""
    return services.expected_csv(filled_database)
