"""manage.py check_timeline: check the timeline and the reports for errors."""

from django.core.management.base import CommandError

from restaurant_monitor.versions import DataCommand
from stores.timeline.check import broken, check
from stores.timeline.marks import mark
from stores.timeline.moments import NoFigures
from stores.timeline.refresh import refresh


class Command(DataCommand):
    help = (
        "Bring the timeline up to date, and run the checks in sql/checks. "
        "--from-scratch first computes the timeline again. This also applies new time "
        "zone rules of the database."
    )

    def add_arguments(self, parser):
        parser.add_argument("--from-scratch", action="store_true")

    def handle(self, from_scratch, **options):
        if from_scratch:
            mark()
        try:
            refresh()
        except NoFigures as error:
            raise CommandError(str(error)) from error
        found = check() | broken("checks/report")
        for name, rows in found.items():
            self.stdout.write(f"{name}: {len(rows):,} rows, such as {rows[0]}")
        if found:
            raise CommandError("the checks found errors")
        self.stdout.write("All checks passed.")
