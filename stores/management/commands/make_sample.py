"""manage.py make_sample: write sample data as CSV files."""

from contextlib import ExitStack
from pathlib import Path
from time import perf_counter

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

import sql
from stores.ingest.staging import FILE_NAMES

# The query of each file, by its name.
QUERIES = {
    name: f"sample/{Path(name).stem}"
    for kind, name in FILE_NAMES.items()
    if kind != "special"
}
MOST_DAYS = 19_000  # from 1970 on


class Command(BaseCommand):
    help = (
        "Write made-up polls, business hours, time zones, labels and names. The same "
        "options give the same files. The last day is 2023-01-25; 2023-01-23 "
        "has no polls."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "folder", type=Path, metavar="DIR", help="created if missing"
        )
        parser.add_argument("--stores", type=int, default=40, metavar="N")
        parser.add_argument("--days", type=int, default=8, metavar="D")
        parser.add_argument("--seed", type=int, default=1, metavar="S")
        parser.add_argument(
            "--force", action="store_true", help="overwrite existing files"
        )

    def handle(self, folder, force, verbosity, **options):
        began = perf_counter()
        self.quiet = verbosity == 0
        numbers = {name: options[name] for name in ("stores", "days", "seed")}
        check(**numbers)
        if not force:
            refuse_to_overwrite(folder)
        try:
            size = self.write_files(folder, **numbers)
        except OSError as error:
            raise CommandError(str(error)) from error
        seconds = perf_counter() - began
        self.log(f"Wrote {size / 1e6:,.1f} MB to {folder} in {seconds:.1f} s.")

    @transaction.atomic
    def write_files(self, folder, stores, days, seed):
        """Write all files; return their size. They get their final names at the end."""
        folder.mkdir(parents=True, exist_ok=True)
        sql.prepare_for_bulk_work()
        sql.drop_temporary("sample_store", "sample_zone", "sample_label")
        sql.run("sample/make_stores", stores=stores, seed=seed)
        sql.run("sample/make_zones")
        sql.run("sample/make_labels")
        with ExitStack() as stack:
            parts = {}
            for name, query in QUERIES.items():
                self.log(f"writing {name}")
                parts[name] = folder / f"{name}.part"
                stack.callback(parts[name].unlink, missing_ok=True)
                write(query, parts[name], days)
            return sum(place(part, folder / name) for name, part in parts.items())

    def log(self, line):
        if not self.quiet:
            self.stdout.write(line)


def check(stores, days, seed):
    if stores < 1:
        raise CommandError("--stores must be at least 1")
    if not 1 <= days <= MOST_DAYS:
        raise CommandError(f"--days must be from 1 to {MOST_DAYS:,}")
    if not -(2**63) <= seed < 2**63:
        raise CommandError("--seed must fit in 64 bits")


def refuse_to_overwrite(folder):
    found = [name for name in QUERIES if (folder / name).exists()]
    if found:
        raise CommandError(f"{folder} already has {', '.join(found)} (see --force)")


def write(query, path, days):
    with path.open("wb") as file:
        sql.copy_out(query, file, days=days)


def place(part, path):
    """Give a finished file its final name; return its size."""
    return part.replace(path).stat().st_size
