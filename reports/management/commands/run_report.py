"""manage.py run_report: compute the uptime report now, in the foreground."""

import sys
from contextlib import nullcontext
from time import perf_counter

from django.core.management.base import CommandError

from reports.compute import compute_now
from reports.output import WRITERS
from restaurant_monitor.instants import instant
from restaurant_monitor.versions import DataCommand
from stores.labels import NoStores, read_label
from stores.models import UnknownStore
from stores.timeline.moments import NoFigures


class Command(DataCommand):
    help = (
        "Compute the uptime report now, store it and print it. Then print a summary to "
        "standard error."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--as-of",
            type=instant,
            metavar="ISO",
            help="the moment at which the windows end, in UTC unless it has an offset "
            "(default: the newest poll)",
        )
        parser.add_argument(
            "--output",
            default="-",
            metavar="FILE",
            help="write to this file (default: -, standard output)",
        )
        parser.add_argument(
            "--format",
            choices=WRITERS,
            default="csv",
            help="table shows only the week, wide all three windows (default: csv)",
        )
        parser.add_argument(
            "--store",
            nargs="+",
            action="extend",
            metavar="ID",
            help="only these stores",
        )
        parser.add_argument(
            "--label",
            dest="labels",
            action="append",
            type=read_label,
            metavar="NAME:VALUE",
            help="only stores with this label; can be given several times",
        )
        parser.add_argument(
            "--exclude-excused",
            action="store_true",
            help="leave out excused time (default: it counts as what was seen)",
        )

    def handle(self, as_of, output, store, labels, **options):
        began = perf_counter()
        try:
            report = compute_now(as_of, store, labels)
            with open_output(output) as file:
                write = WRITERS[options["format"]]
                write(report, file, exclude_excused=options["exclude_excused"])
                file.flush()  # before the summary, which goes to standard error
        except BrokenPipeError:
            raise
        except (NoFigures, NoStores, UnknownStore, OSError) as error:
            raise CommandError(str(error)) from error
        if options["verbosity"]:
            print_summary(report, perf_counter() - began)


def open_output(output):
    return nullcontext(sys.stdout.buffer) if output == "-" else open(output, "wb")


def print_summary(report, seconds):
    stores = f"{report.store_count:,} stores as of {report.as_of.isoformat()}"
    print(f"Report {report.report_id}", file=sys.stderr)
    print(f"{stores}, computed in {seconds:.1f} s", file=sys.stderr)
