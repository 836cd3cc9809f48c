"""What the queue runs by schedule."""

from django.conf import settings

from reports import prune


def prune_daily():
    """Delete what is older than the settings say."""
    prune.prune(settings.KEEP_POLLS_DAYS, settings.KEEP_REPORTS_DAYS)
