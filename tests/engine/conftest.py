"""A separate database, and files that another process loads into it."""

import pytest

from stores.ingest.staging import FILE_NAMES
from tests.support import processes
from tests.support.reference import Data
from tests.support.strategies import write_csvs


@pytest.fixture
def database_url(empty_database):
    with processes.new_database(like=empty_database) as new_url:
        yield new_url


@pytest.fixture
def load(database_url, tmp_path):
    def load(polls, hours=(), zones=()):
        write_csvs(Data(polls, hours, zones), tmp_path)
        files = [
            f"--{kind}={tmp_path / name}"
            for kind, name in FILE_NAMES.items()
            if (tmp_path / name).exists()
        ]
        processes.run_in_fork(database_url, "ingest_csv", *files).check_returncode()

    return load
