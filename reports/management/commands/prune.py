"""manage.py prune: delete old polls, reports, ingests, audit entries and alerts."""

from django.conf import settings
from django.core.management.base import CommandError

from reports.prune import prune
from restaurant_monitor.versions import DataCommand


class Command(DataCommand):
    help = (
        "Delete old polls with their part of the timeline, and old reports, records of "
        "ingests, audit entries and alerts. The figures of the kept dates do not "
        "change. Reports that need deleted polls are refused. The worker does the same "
        "once a day."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--polls",
            type=int,
            default=settings.KEEP_POLLS_DAYS,
            metavar="DAYS",
            help="keep at least the polls of this many days before the newest poll "
            "(default: KEEP_POLLS_DAYS, or all)",
        )
        parser.add_argument(
            "--reports",
            type=int,
            default=settings.KEEP_REPORTS_DAYS,
            metavar="DAYS",
            help="keep the reports and records of ingests of this many days "
            "(default: KEEP_REPORTS_DAYS, or all)",
        )

        parser.add_argument(
            "--audit",
            type=int,
            default=settings.KEEP_AUDIT_DAYS,
            metavar="DAYS",
            help="keep the audit entries of this many days, and what special hours "
            "were before many were changed at once (default: KEEP_AUDIT_DAYS, or all)",
        )
        parser.add_argument(
            "--alerts",
            type=int,
            default=settings.KEEP_ALERTS_DAYS,
            metavar="DAYS",
            help="keep the alerts that ended in this many days, and the messages "
            "(default: KEEP_ALERTS_DAYS, or all)",
        )

    def handle(self, polls, reports, audit, alerts, **options):
        try:
            deleted = prune(polls, reports, audit, alerts)
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            "Deleted {:,} polls, {:,} reports, {:,} ingests, {:,} audit entries and "
            "{:,} alerts.".format(*deleted)
        )
