"""manage.py explain: show how PostgreSQL runs the project's own queries."""

from collections import deque
from fnmatch import filter as matching
from os import devnull
from pathlib import Path

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction

import sql
from reports.compute import compute_now
from reports.output import WRITERS
from restaurant_monitor.versions import DataCommand
from stores.timeline.marks import mark
from stores.timeline.outages import outages


class Command(DataCommand):
    help = (
        "Run the project's queries on your data: compute the timeline from scratch, a "
        "report and the outages of its week. Show the output of EXPLAIN (ANALYZE, "
        "BUFFERS) for the named queries, and roll everything back."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "queries",
            nargs="*",
            metavar="QUERY",
            help="the name of a file in sql/, such as timeline/cut_periods or "
            "'report/*' (default: list all names)",
        )
        parser.add_argument(
            "--ingest",
            type=Path,
            metavar="DIR",
            help="first ingest the CSV files of this folder",
        )

    def handle(self, queries, ingest, **options):
        names = sql.names()
        if not queries:
            self.stdout.write("\n".join(names))
            return
        wanted = {name for query in queries for name in matching(names, query)}
        if not wanted:
            raise CommandError(f"sql/ has no file called {' or '.join(queries)}")
        with sql.explained(wanted, self.show) as shown, transaction.atomic():
            run_everything(ingest)
            transaction.set_rollback(True)
        for name in sorted(wanted - shown):
            self.stdout.write(f"{name} did not run")

    def show(self, name, plan):
        self.stdout.write(f"{self.style.SQL_KEYWORD(name)}\n{plan}\n")


def run_everything(folder):
    if folder:
        call_command("ingest_csv", folder, verbosity=0)
    mark()
    report = compute_now()
    with open(devnull, "wb") as file:
        for write in WRITERS.values():
            write(report, file)
    deque(outages(), maxlen=0)
