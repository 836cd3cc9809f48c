"""manage.py distribute: spread the tables of stores over the servers of a cluster."""

from django.core.management.base import CommandError

from reports.distribution import distribute, plan
from restaurant_monitor.versions import DataCommand
from sql.distribution import CannotDistribute, shards


class Command(DataCommand):
    help = (
        "Spread the tables of stores over the workers of a Citus cluster, by store. "
        "Needs the extension citus and at least one worker. Waits for a running "
        "ingest. If anything fails, nothing changes. Run again, it only makes what a "
        "newer version needs."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--dry-run", action="store_true", help="Only say what would be done."
        )

    def handle(self, dry_run, **options):
        try:
            lines = plan()
            if dry_run:
                return self.write(lines or ["Nothing is to be done."])
            changed = distribute()
        except CannotDistribute as error:
            raise CommandError(f"{error}; nothing was changed") from error
        self.write(lines)
        for server, number, size in shards():
            self.stdout.write(f"{server}: {number:,} shards, {size / 1e6:,.1f} MB")
        self.stdout.write(
            f"Made {len(changed)} tables. Rows, a report and the checks are as before."
            if changed
            else "Nothing had to be done."
        )

    def write(self, lines):
        for line in lines:
            self.stdout.write(line)
