"""manage.py set_rule: make or change a rule of alerts."""

from argparse import BooleanOptionalAction

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from reports.alerts.models import AlertChannel, AlertRule
from reports.alerts.rules import changing, set_rule
from reports.management.refusing import refused
from restaurant_monitor.instants import instant
from restaurant_monitor.versions import DataCommand
from stores.labels import read_label

NUMBERS = ["minutes", "stores", "quiet_minutes", "remind_hours"]
# What is given as it is in the rule.
FIELDS = [
    *("kind", "label_name", "percent", "tells_end", "muted_until"),
    *NUMBERS,
]


def help_of(name):
    return AlertRule._meta.get_field(name).help_text


class Command(DataCommand):
    help = (
        "Make a rule of alerts, or change the one with this name. What is not given "
        "stays as it is. docs/alerts.md says what the options mean."
    )

    def add_arguments(self, parser):
        parser.add_argument("name", help="the name of the rule")
        parser.add_argument(
            "--kind",
            choices=AlertRule.Kind.values,
            help="of a new rule; by default down",
        )
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--store", metavar="ID", help="only this store")
        which.add_argument(
            "--label",
            action="append",
            type=read_label,
            metavar="NAME:VALUE",
            help="only stores with this label; it can be given several times",
        )
        which.add_argument(
            "--all-stores", action="store_true", help="no store and no labels"
        )
        parser.add_argument("--label-name", metavar="NAME", help=help_of("label_name"))
        parser.add_argument("--percent", help=help_of("percent"))
        for name in NUMBERS:
            option = f"--{name.replace('_', '-')}"
            parser.add_argument(option, type=int, metavar="N", help=help_of(name))
        parser.add_argument(
            "--channel",
            action="append",
            metavar="NAME",
            help="tell this channel; it can be given several times",
        )
        parser.add_argument(
            "--tells-end", action=BooleanOptionalAction, help=help_of("tells_end")
        )
        parser.add_argument(
            "--muted-until", type=instant, metavar="ISO", help=help_of("muted_until")
        )

    def handle(self, name, **options):
        fields = fields_of(options)
        try:
            with changing():
                rule = AlertRule.objects.filter(name=name).first()
                set_rule(rule or AlertRule(name=name), fields)
        except ValidationError as error:
            names = {"store_id": "--store", "labels": "--label", "name": "the name"}
            raise refused(error, names) from error
        self.stdout.write(f"Set the rule {name}.")


def fields_of(options):
    """Return the fields of a rule that are given. 0 hours: it does not remind."""
    found = {name: options[name] for name in FIELDS if options[name] is not None}
    if found.get("remind_hours") == 0:
        found["remind_hours"] = None
    if options["store"] or options["label"] or options["all_stores"]:
        found |= {"store_id": options["store"], "labels": options["label"] or []}
    if options["channel"]:
        found["channels"] = [channel_of(name) for name in options["channel"]]
    return found


def channel_of(name):
    """Return the AlertChannel with a name; raise CommandError."""
    for channel in AlertChannel.objects.filter(name=name):
        return channel
    raise CommandError(
        f"--channel: there is no channel {name}. Make it with set_channel."
    )
