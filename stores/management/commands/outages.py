"""manage.py outages: list the outages of stores."""

from django.core.management.base import CommandError

from restaurant_monitor.instants import instant
from restaurant_monitor.versions import DataCommand
from stores.labels import read_label
from stores.models import UnknownStore
from stores.timeline.moments import NoFigures
from stores.timeline.outages import outages

LINE = "{:<20}  {:<20}  {:>10}  {}"


class Command(DataCommand):
    help = (
        "List the outages that touch a time range, as seen at the newest poll: start "
        "and end in UTC, hours of downtime in business hours, store."
    )

    def add_arguments(self, parser):
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
            "--from",
            dest="since",
            type=instant,
            metavar="ISO",
            help="in UTC unless it has an offset (default: a week before --to)",
        )
        parser.add_argument(
            "--to",
            dest="until",
            type=instant,
            metavar="ISO",
            help="in UTC unless it has an offset (default: the newest poll)",
        )

    def handle(self, since, until, store, labels, **options):
        if since and until and since >= until:
            raise CommandError("--from must be before --to")
        self.stdout.write(LINE.format("from (UTC)", "to (UTC)", "hours down", "store"))
        self.count = 0
        try:
            for outage in outages(since, until, store_ids=store, labels=labels):
                self.stdout.write(line(outage))
                self.count += 1
        except (NoFigures, UnknownStore) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{self.count:,} outages")


def line(outage):
    end = "ongoing" if outage.is_ongoing else f"{outage.ends_at:%Y-%m-%d %H:%M:%S}"
    hours = outage.down.total_seconds() / 3600
    start = f"{outage.starts_at:%Y-%m-%d %H:%M:%S}"
    return LINE.format(start, end, f"{hours:.2f}", outage.store_id)
