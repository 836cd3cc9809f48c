"""manage.py api_key: make, list and revoke API keys."""

from datetime import UTC, datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from restaurant_monitor.access import accounts
from restaurant_monitor.access.keys import refuse_odd_name
from restaurant_monitor.access.models import ApiKey
from restaurant_monitor.instants import instant
from restaurant_monitor.versions import DataCommand

COLUMNS = ["prefix", "user", "name", "ends (UTC)", "last used (UTC)", "revoked (UTC)"]


class Command(DataCommand):
    help = (
        "Make an API key for a user and print it. It is shown only once. With --list, "
        "list all keys. With --revoke, let nobody use a key any more."
    )

    def add_arguments(self, parser):
        parser.add_argument("user", nargs="?", help="a username")
        parser.add_argument(
            "name", nargs="?", help="what uses the key, such as poller-west"
        )
        parser.add_argument(
            "--ends-at", type=instant, metavar="ISO", help="refuse the key from then on"
        )
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--list", action="store_true", help="list all keys")
        what.add_argument(
            "--revoke", metavar="PREFIX", help="revoke the key that begins so"
        )

    def handle(self, user, name, ends_at, revoke, **options):
        if options["list"] or revoke:
            if user or ends_at:
                raise CommandError("--list and --revoke need nothing else")
            self.list() if options["list"] else self.revoke(revoke)
        elif user and name:
            self.make(user, name, ends_at)
        else:
            raise CommandError("name a user and what uses the key")

    def make(self, username, name, ends_at):
        try:
            refuse_odd_name(name)
        except ValidationError as error:
            raise CommandError(error.message) from error
        if ends_at is not None and ends_at <= datetime.now(UTC):
            raise CommandError("--ends-at is not in the future")
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"there is no user {username}")
        _, text = accounts.make_key(None, user, name, ends_at)
        self.stdout.write(text)
        self.stderr.write("This is shown only now. Keep it in a safe place.")

    def list(self):
        keys = ApiKey.objects.select_related("user")
        rows = [COLUMNS, *map(cells, keys)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            padded = map(str.ljust, row, widths)
            self.stdout.write("  ".join(padded).rstrip())

    def revoke(self, prefix):
        key = ApiKey.objects.filter(prefix=prefix).select_related("user").first()
        if key is None:
            raise CommandError(f"there is no API key with the prefix {prefix}")
        accounts.revoke_key(None, key)
        self.stdout.write(f"{key.name} of {key.user} is revoked.")


def cells(key):
    moments = (key.ends_at, key.last_used_at, key.revoked_at)
    return [key.prefix, key.user.username, key.name, *map(as_text, moments)]


def as_text(moment):
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "never"
