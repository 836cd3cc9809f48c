"""Deletes old records of ingests. The data that they loaded stays."""

from datetime import UTC, datetime, timedelta

from django.db import transaction

from restaurant_monitor.access.audit import record_pruned
from stores.models import Ingest, Reject


@transaction.atomic
def prune_ingests(keep_days):
    """Delete the ingests requested more than `keep_days` ago; return their number.

    Their counts, and their rejected rows, are deleted too.
    """
    before = datetime.now(UTC) - timedelta(days=keep_days)
    ended = Ingest.objects.filter(
        requested_at__lt=before, state__in=[Ingest.State.COMPLETE, Ingest.State.FAILED]
    )
    ingest_ids = list(ended.values_list("pk", flat=True))
    Ingest.objects.filter(pk__in=ingest_ids).delete()
    Reject.objects.filter(ingest_id__in=ingest_ids).delete()
    record_pruned("ingests", len(ingest_ids))
    return len(ingest_ids)
