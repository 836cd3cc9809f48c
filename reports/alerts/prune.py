"""Deletes old alerts and messages. Open alerts and queued messages stay."""

from datetime import UTC, datetime, timedelta

from django.db import transaction

from reports.alerts.models import Alert, AlertMessage
from reports.alerts.rules import lock_evaluations
from restaurant_monitor.access.audit import record_pruned


@transaction.atomic
def prune_alerts(keep_days):
    """Delete alerts closed, and messages written, over `keep_days` ago.

    Returns the number of alerts.
    """
    lock_evaluations()
    before = datetime.now(UTC) - timedelta(days=keep_days)
    alerts, _ = Alert.objects.filter(closed_at__lt=before).delete()
    written = AlertMessage.objects.filter(created_at__lt=before)
    messages, _ = written.exclude(state=AlertMessage.State.QUEUED).delete()
    record_pruned("alerts", alerts)
    record_pruned("messages of alerts", messages)
    return alerts
