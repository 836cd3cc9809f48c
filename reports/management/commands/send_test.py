"""manage.py send_test: send a test message over a channel of alerts."""

from django.core.management.base import CommandError

from reports.alerts.channels import NotSent, send_test
from reports.alerts.models import AlertChannel
from restaurant_monitor.versions import DataCommand


class Command(DataCommand):
    help = "Send a test message over a channel of alerts, once and at once."

    def add_arguments(self, parser):
        parser.add_argument("channel", help="the name of the channel")

    def handle(self, channel, **options):
        found = AlertChannel.objects.filter(name=channel).first()
        if found is None:
            raise CommandError(f"there is no channel {channel}")
        try:
            send_test(found)
        except NotSent as error:
            raise CommandError(f"not sent: {error}") from error
        self.stdout.write(f"Sent over {channel}.")
