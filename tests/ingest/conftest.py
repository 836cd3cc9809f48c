"""Files to load, and databases to load them into."""

import pytest
from django.core.management import CommandError
from django.db import connection

from stores.ingest.staging import FILE_NAMES
from stores.models import Store
from tests.ingest.csv_bytes import ingest
from tests.ingest.rows import HEADERS
from tests.support import processes
from tests.support.strategies import write_csv


@pytest.fixture
def write(tmp_path):
    """Write rows as one of the files; return its path."""

    def write(kind, *rows, name=None):
        path = tmp_path / (name or FILE_NAMES[kind])
        write_csv(path, HEADERS[kind], rows)
        return path

    return write


@pytest.fixture
def folder(write, tmp_path):
    """A folder of all files, with rows of every kind."""
    write(
        "status",
        ["A", "inactive", "2023-01-24 09:00:00"],
        ["A", "active", "2023-01-24 09:00:00"],
        ["A", "inactive", "2023-01-24 10:00:00.5"],
        ["B", "active", "2023-01-24 10:00:00"],
        ["B", "unknown", "2023-01-24 10:00:00"],
    )
    write(
        "hours",
        ["A", "1", "08:00", "24:00"],
        ["A", "1", "08:00", "00:00"],
        ["A", "2", "00:00", "02:00"],
        ["C", "1", "08:00", "24:01"],
    )
    write("timezones", ["A", "UTC"], ["A", "America/Denver"], ["D", "Asia/Tokyo"])
    write(
        "special",
        ["A", "2023-01-24", "08:00", "12:00"],
        ["A", "2023-01-24", "13:00", "24:00"],
        ["A", "2023-01-24", "08:00", "12:00:00"],
        ["A", "2023-01-25", "", ""],
        ["E", "2023-01-25", "", ""],
        ["E", "2023-02-30", "", ""],
    )
    return tmp_path


@pytest.fixture(scope="module")
def database_url(empty_database):
    with processes.new_database(like=empty_database) as new_url:
        yield new_url


@pytest.fixture
def ingest_bytes(tmp_path):
    def ingest_bytes(data, kind="status", name="file.csv"):
        (tmp_path / name).write_bytes(data)
        ingest(kind, tmp_path / name)

    return ingest_bytes


@pytest.fixture
def refusal(ingest_bytes):
    """Ingest a file that must be refused; check that nothing changes; return why."""

    def refusal(data, kind="status", name="file.csv"):
        Store.objects.create(store_id="A", timezone="UTC")
        with connection.cursor() as cursor:
            before = processes.content(cursor)
            with pytest.raises(CommandError) as refused:
                ingest_bytes(data, kind, name)
            assert processes.content(cursor) == before
        return str(refused.value)

    return refusal
