"""The scheduled tasks of the queue."""

from django.conf import settings

from reports import prune


def prune_daily():
    """Delete what is older than the limits in the settings."""
    prune.prune(settings.KEEP_POLLS_DAYS, settings.KEEP_REPORTS_DAYS)
