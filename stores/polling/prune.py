"""Deletes old rounds of polling and their results.

It does not import what looks at stores: that takes its time, and only `poll_stores`
needs it.
"""

from datetime import UTC, datetime, timedelta

from django.db import transaction

from restaurant_monitor.access.audit import record_pruned
from stores.models import PollingRound, ProbeResult

RESULTS_KEPT = timedelta(days=7)  # there are as many as polls


def prune_rounds(keep_days):
    """Delete the rounds more than `keep_days` old, and results older than a week.

    Returns how many rounds. None keeps all rounds. The polls of a round stay.
    """
    now = datetime.now(UTC)
    ProbeResult.objects.filter(looked_at__lt=now - RESULTS_KEPT).delete()
    if keep_days is None:
        return 0
    before = now - timedelta(days=keep_days)
    ended = PollingRound.objects.filter(began_at__lt=before).exclude(
        state=PollingRound.State.RUNNING
    )
    with transaction.atomic():
        rounds, _ = ended.delete()
        record_pruned("polling rounds", rounds)
    return rounds
