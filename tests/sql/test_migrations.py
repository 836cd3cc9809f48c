"""What migrations make of the data that was there before."""

import pytest

from tests.support import processes

pytestmark = pytest.mark.django_db


def test_a_migration_tells_when_stores_were_seen_that_were_there_before(empty_database):
    with processes.new_database(like=empty_database) as database_url:
        for arguments in [
            ("ingest_csv", "fixtures"),
            ("migrate", "stores", "0007"),
            ("migrate",),
        ]:
            processes.forked(database_url, *arguments).check_returncode()
        check = processes.forked(database_url, "check_timeline")
    assert (check.stdout, check.returncode) == ("Everything holds.\n", 0)
