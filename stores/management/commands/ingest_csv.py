"""manage.py ingest_csv: load polls, hours, time zones, labels and names of stores."""

from argparse import ArgumentTypeError
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import copymode
from time import perf_counter
from uuid import uuid4

from django.core.management.base import CommandError
from django.db import DatabaseError
from tqdm import tqdm
from tqdm.utils import CallbackIOWrapper

import sql
from restaurant_monitor.versions import DataCommand
from stores.ingest import limits
from stores.ingest.csv_file import CsvFile, Refused
from stores.ingest.staging import FILE_NAMES, OPTIONAL
from stores.ingest.steps import COUNTS, RowsRejected, ingest
from stores.models import Ingest


class Command(DataCommand):
    help = (
        "Load the CSV files of a folder, or single files, in one transaction. Invalid "
        "rows are rejected and counted. If a file is broken, or too many of its rows "
        "are rejected, nothing is loaded."
    )

    def add_arguments(self, parser):
        optional = [FILE_NAMES[kind] for kind in FILE_NAMES if kind in OPTIONAL]
        parser.add_argument(
            "folder",
            nargs="?",
            type=Path,
            help=f"a folder with {', '.join(FILE_NAMES.values())}, each plain or "
            f"with .gz; {' and '.join(optional)} may be missing",
        )
        for kind in FILE_NAMES:
            parser.add_argument(f"--{kind}", type=Path, metavar="FILE")
        parser.add_argument(
            "--rejects",
            type=Path,
            metavar="FILE",
            help="write the rejected rows to FILE",
        )
        limit = parser.add_mutually_exclusive_group()
        limit.add_argument(
            "--max-rejects",
            type=limit_argument,
            default=limits.DEFAULT,
            metavar="LIMIT",
            help="load nothing if more rows of a file are rejected: a share of them or "
            f"a number, such as 5%% or 200. A share allows {limits.FEW_ROWS} rows of "
            "any file (default: %(default)s)",
        )
        limit.add_argument(
            "--strict",
            dest="max_rejects",
            action="store_const",
            const=limits.NO_ROW,
            help="load nothing if a row is rejected",
        )

    def handle(self, folder, rejects, max_rejects, verbosity, **options):
        began = perf_counter()
        self.quiet = verbosity == 0
        self.outcome = "nothing was changed"
        try:
            paths = paths_by_kind(folder, options)
            refuse_to_overwrite(paths, rejects)
            summary = self.load(paths, rejects, max_rejects)
        except RowsRejected as error:
            self.log_summary(error.summary)
            raise CommandError(f"{error}; {self.outcome}") from error
        except (Refused, OSError) as error:
            raise CommandError(f"{error}; {self.outcome}") from error
        except DatabaseError as error:
            reason = f"the database failed: {sql.reason(error)}"
            raise CommandError(f"{reason}; {self.outcome}") from error
        self.log_summary(summary)
        self.log(f"Ingested in {perf_counter() - began:.1f} s.")

    def load(self, paths, rejects, max_rejects):
        """Load the files; return the Summary. `outcome` is what an error leaves."""
        with ExitStack() as stack:
            files = self.open_all(paths, stack)
            file = stack.enter_context(placed_at_end(rejects)) if rejects else None
            summary = ingest(files, file, self.log, Ingest(max_rejects=max_rejects))
            self.outcome = "the files are loaded"
        return summary

    def open_all(self, paths, stack):
        """Open the files, with one progress bar. It is shown only in a terminal."""
        raws = {
            kind: stack.enter_context(path.open("rb")) for kind, path in paths.items()
        }
        self.bar = tqdm(
            desc="reading",
            total=sum(path.stat().st_size for path in paths.values()),
            unit="B",
            unit_scale=True,
            disable=self.quiet or None,
        )
        stack.callback(self.bar.close)
        if self.bar.disable:
            for path in paths.values():
                self.log(f"reading {path}")
        return {
            kind: CsvFile(CallbackIOWrapper(self.bar.update, raw, "read"), paths[kind])
            for kind, raw in raws.items()
        }

    def log(self, line):
        if not self.quiet:
            self.bar.close()
            self.stdout.write(line)

    def log_summary(self, summary):
        titles = [count.replace("_", " ") for count in COUNTS]
        widths = [max(10, len(title) + 2) for title in titles]
        self.log(" " * 10 + cells(titles, widths))
        for kind, counts in summary.counts.items():
            numbers = [f"{getattr(counts, count):,}" for count in COUNTS]
            self.log(f"{kind:<10}" + cells(numbers, widths))
        if summary.hours_removed:
            self.log(f"{summary.hours_removed:,} rows of earlier weeks were replaced.")
        if summary.labels_removed:
            self.log(f"{summary.labels_removed:,} earlier labels were removed.")
        for row in summary.reasons:
            self.log(f"rejected: {row.rejected:,} of {row.file}: {row.reason}")
        for warning in summary.warnings:
            self.log(f"warning: {warning['text']}")


def limit_argument(text):
    try:
        return limits.read_limit(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


@contextmanager
def placed_at_end(path):
    """Open a new binary file; let it take the place of `path` when the ingest ends.

    An error leaves `path` as it was, unless rejected rows are the error. A device or a
    pipe is written at once.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    path = path.resolve()  # of a link, the file that it points to
    new = path.with_name(f".rejects-{uuid4()}")
    try:
        with new.open("xb") as file:
            if path.exists():
                copymode(path, new)
            yield file
        new.replace(path)
    except RowsRejected:
        new.replace(path)
        raise
    finally:
        new.unlink(missing_ok=True)


def cells(texts, widths):
    return "".join(text.rjust(width) for text, width in zip(texts, widths, strict=True))


def paths_by_kind(folder, options):
    """Return the path of each file to load; raise CommandError for bad arguments."""
    named = {kind: options[kind] for kind in FILE_NAMES if options[kind]}
    if bool(named) == bool(folder):
        options = ", ".join(f"--{kind}" for kind in FILE_NAMES)
        raise CommandError(f"give a folder, or any of {options}")
    return named or paths_in(folder)


def refuse_to_overwrite(paths, rejects):
    if rejects and rejects.exists():
        for path in paths.values():
            if path.exists() and path.samefile(rejects):
                raise CommandError(f"--rejects would overwrite {path}")


def paths_in(folder):
    """Return the paths of the files of a folder, by kind."""
    paths = {
        kind: path_in(folder, name, may_miss=kind in OPTIONAL)
        for kind, name in FILE_NAMES.items()
    }
    return {kind: path for kind, path in paths.items() if path}


def path_in(folder, name, may_miss):
    """Return the path of a file, plain or in gzip; None if it may be missing."""
    found = [p for p in (folder / name, folder / f"{name}.gz") if p.exists()]
    if may_miss and not found:
        return None
    if len(found) != 1:
        problem = "both of" if found else "neither of"
        raise CommandError(f"{folder} has {problem} {name} and {name}.gz")
    return found[0]
