"""manage.py prune: forget old polls, old reports and old ingests."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from reports.retention import prune


class Command(BaseCommand):
    help = (
        "Delete old polls with their part of the timeline, and old reports and records "
        "of ingests. The figures of what is kept do not change; a report that would "
        "reach further back is refused. The worker does the same once a day."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--polls",
            type=int,
            default=settings.KEEP_POLLS_DAYS,
            metavar="DAYS",
            help="keep those of so many days before the newest poll, at least "
            "(default: KEEP_POLLS_DAYS, or all)",
        )
        parser.add_argument(
            "--reports",
            type=int,
            default=settings.KEEP_REPORTS_DAYS,
            metavar="DAYS",
            help="keep those asked for in the last so many days, ingests as well "
            "(default: KEEP_REPORTS_DAYS, or all)",
        )

    def handle(self, polls, reports, **options):
        try:
            gone = prune(polls, reports)
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            "Deleted {:,} polls, {:,} reports and {:,} ingests.".format(*gone)
        )
