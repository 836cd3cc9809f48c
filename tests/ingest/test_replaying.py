"""What is loaded again changes nothing."""

import pytest

from stores.models import Mark
from stores.timeline.refresh import refresh
from tests.ingest.rows import all_content, ingest

in_database = pytest.mark.django_db


def content_without_ingests():
    """All content but the records of ingests, which get a new row each time."""
    records = ("ingest", "audit_entry")
    found = all_content()
    return {table: found[table] for table in found if not table.startswith(records)}


@in_database
def test_loading_a_file_again_changes_nothing(folder):
    ingest(folder)
    assert Mark.objects.exists()
    refresh()
    assert not Mark.objects.exists()
    before = content_without_ingests()
    ingest(folder)
    assert content_without_ingests() == before


@in_database
def test_the_same_rows_in_another_order_and_shape_change_nothing(write, folder):
    ingest(folder)
    refresh()
    before = content_without_ingests()
    write("hours", ["A", "2", "00:00:00", "02:00:00.0"], [" A", " 1", "08:00", "24:00"])
    write("timezones", ["D", "Asia/Tokyo"], ["A", "America/Denver"])
    write(
        "special",
        ["A", "2023-01-25", "", ""],
        ["A ", "2023-01-24", "13:00:00", "00:00"],
        ["A", " 2023-01-24", "08:00", " 12:00"],
    )
    write(
        "status",
        ["B", "active", "2023-01-24T10:00:00Z"],
        ["A", "inactive", "2023-01-24 10:00:00.500000 UTC"],
        ["A", "active", "2023-01-24 11:00:00+02:00"],
    )
    ingest(folder)
    assert content_without_ingests() == before
