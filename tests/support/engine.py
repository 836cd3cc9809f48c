"""Runs the engine as its commands do, and reads the results."""

from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction

from reports.compute import compute_now
from reports.models import ReportRow
from stores.ingest.csv_file import CsvFile
from stores.ingest.staging import FILE_NAMES
from stores.ingest.steps import ingest
from stores.models import Period
from stores.timeline.outages import outages
from tests.support import reference
from tests.support.strategies import write_csvs


@contextmanager
def rolled_back():
    """Roll back all changes to the database at the end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def load_folder(folder, **options):
    """Ingest the files that exist in a folder."""
    paths = {kind: Path(folder) / name for kind, name in FILE_NAMES.items()}
    with ExitStack() as stack:
        files = {
            kind: CsvFile(stack.enter_context(path.open("rb")), path)
            for kind, path in paths.items()
            if path.exists()
        }
        return ingest(files, **options)


def load(data, **options):
    """Write a dataset to files and ingest them."""
    with TemporaryDirectory() as folder:
        write_csvs(data, folder)
        return load_folder(folder, **options)


def figures(as_of=None):
    """Compute a report; return its figures in the form of the reference."""
    rows = ReportRow.objects.filter(report_id=compute_now(as_of).report_id)
    return {
        row.store_id: {
            window: reference.Figures(
                *(
                    getattr(row, f"{kind}_{window}")
                    for kind in ("up", "down", "unobserved")
                )
            )
            for window in reference.WINDOWS
        }
        for row in rows.order_by("store_id")
    }


def periods(store_id, first_day, last_day):
    """Return the store's timeline on the local dates, both included."""
    found = Period.objects.filter(store_id=store_id, day__range=(first_day, last_day))
    return [
        reference.Period(p.day, p.starts_at, p.ends_at, p.is_up)
        for p in found.order_by("ends_at")
    ]


def outages_by_store(**options):
    found = {}
    for row in outages(**options):
        outage = reference.Outage(row.starts_at, row.ends_at, row.down, row.is_ongoing)
        found.setdefault(row.store_id, []).append(outage)
    return found
