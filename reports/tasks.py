"""The scheduled tasks of the queue."""

from django.conf import settings

from reports import prune
from restaurant_monitor.access.actors import WORKER, acting_as


@acting_as(WORKER)
def prune_daily():
    """Delete what is older than the limits in the settings."""
    prune.prune(
        settings.KEEP_POLLS_DAYS,
        settings.KEEP_REPORTS_DAYS,
        settings.KEEP_AUDIT_DAYS,
        settings.KEEP_ALERTS_DAYS,
    )
