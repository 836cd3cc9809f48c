"""manage.py set_channel: make or change a channel of alerts."""

import sys
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from reports.alerts.models import AlertChannel
from reports.alerts.rules import set_channel
from reports.management.refusing import refused
from restaurant_monitor.versions import DataCommand

Kind = AlertChannel.Kind
# The options that each kind has.
OPTIONS = {
    Kind.MAIL: ["to"],
    Kind.WEBHOOK: ["url", "secret_file"],
    Kind.APPRISE: ["secret_file"],
}


class Command(DataCommand):
    help = (
        "Make a channel of alerts, or change the one with this name. What is not given "
        "stays as it is. A new webhook without a secret gets one, which is shown once."
    )

    def add_arguments(self, parser):
        parser.add_argument("name", help="the name of the channel")
        parser.add_argument(
            "--kind", choices=Kind.values, help="needed for a new channel"
        )
        parser.add_argument(
            "--to",
            action="append",
            metavar="ADDRESS",
            help="of mail: an address; it can be given several times",
        )
        parser.add_argument("--url", help="of a webhook: where messages go")
        parser.add_argument(
            "--secret-file",
            metavar="FILE",
            help="a file with the secret of a webhook (whsec_ and 24 to 64 bytes in "
            "base64), or with the URL of a chat or push service as apprise has it; - "
            "is the standard input",
        )

    def handle(self, name, kind, **options):
        channel = AlertChannel.objects.filter(name=name).first()
        channel = channel or AlertChannel(name=name, kind=kind or "")
        kind = kind or channel.kind
        if not kind:
            raise CommandError("--kind: a new channel needs one")
        refuse_others(kind, options)
        try:
            secret = set_channel(channel, {"kind": kind} | fields_of(options))
        except ValidationError as error:
            names = {"address": "--to" if kind == Kind.MAIL else "--url"}
            names |= {"secret": "--secret-file", "name": "the name"}
            raise refused(error, names) from error
        self.stdout.write(f"Set the channel {name}.")
        if secret:
            self.stdout.write(secret)
            self.stderr.write("This secret is shown only now. The receiver needs it.")


def refuse_others(kind, options):
    """Raise CommandError if an option is given that channels of a kind do not have."""
    for option in ("to", "url", "secret_file"):
        if options[option] and option not in OPTIONS[kind]:
            text = f"--{option.replace('_', '-')}"
            raise CommandError(f"{text} is not for a channel of the kind {kind}")


def fields_of(options):
    """Return the fields of a channel that are given."""
    found = {}
    if options["to"] or options["url"]:
        found["address"] = ", ".join(options["to"] or [options["url"]])
    if options["secret_file"]:
        found["secret"] = read_secret(options["secret_file"])
    return found


def read_secret(name):
    """Return the text of a file. On the command line, other users could see it."""
    try:
        return (sys.stdin.read() if name == "-" else Path(name).read_text()).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"--secret-file: {error}") from error
