"""A round of polling: look at what is due, keep the results, hand over the polls.

Results are kept as they come. When the round ends, one transaction decides on it and
hands its polls to the ingest. So a round that lost its process has lost nothing that it
saw: the next one ends it first.
"""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F

import sql
from restaurant_monitor.jobs.attempts import held
from stores.editing import lock_writers
from stores.ingest.csv_file import CsvFile
from stores.ingest.limits import ANY_ROWS
from stores.ingest.steps import ingest
from stores.models import POLLED, Ingest, PollingRound, ProbeResult
from stores.polling.looks import OF_THE_NETWORK, look_at
from stores.timeline.refresh import refresh_if_little

LOCK = "polling"
ROUND_SECONDS = 240  # then no look begins any more; the next round asks the others
# If so many hosts fail at once, of so many, the fault is ours and not theirs.
FAILING_SHARE = 0.9
FEWEST_HOSTS = 10
WITNESSES = 20  # hosts, at most
OUR_NETWORK = (
    "{} of {} hosts failed at once by faults of the network, so the fault is probably "
    "on this side"
)

RUNNING, COMPLETE, FAILED = (
    PollingRound.State.RUNNING,
    PollingRound.State.COMPLETE,
    PollingRound.State.FAILED,
)


class AlreadyPolling(Exception):
    """Another process runs a round at this time."""


def poll(store_ids=None):
    """Run a round: look at the stores that are due, or at these ones; return it.

    Returns None if nothing is due. A round that lost its process is ended first. If
    nearly all hosts fail, others are asked too. Raises AlreadyPolling.
    """
    with held(LOCK) as is_free:
        if not is_free:
            raise AlreadyPolling("another process is polling")
        end_lost_rounds()
        now = datetime.now(UTC)
        probes = sql.rows("polling/due", now=now, store_ids=store_ids)
        if not probes:
            return None
        found = PollingRound.objects.create(began_at=now, probes=len(probes))
        look(found.pk, probes)
        ask_witnesses(found.pk)
        return end(found.pk)


def end_lost_rounds():
    """End the rounds that lost their process. Needs the lock.

    If nearly all hosts fail that such a round had asked, nobody was asked whether the
    fault is ours. So it gives no polls, however few they are, and its stores are due
    again.
    """
    lost = PollingRound.objects.filter(state=RUNNING).order_by("began_at")
    for round_id in lost.values_list("pk", flat=True):
        with transaction.atomic():
            if end(round_id, fewest_hosts=1).state == FAILED:
                ProbeResult.objects.filter(round_id=round_id).delete()


def look(round_id, probes):
    """Look at stores, and keep each result soon after it came."""
    for batch in look_at(probes, settings.PROBE_NETWORKS, ROUND_SECONDS):
        ProbeResult.objects.bulk_create(
            ProbeResult(round_id=round_id, **looked._asdict()) for looked in batch
        )


def ask_witnesses(round_id):
    """If nearly all hosts fail, look at stores of others, before their time.

    If they answer, our network is well, and the hosts that failed are down.
    """
    if not seems_ours(summed(round_id)):
        return
    asked = {"round_id": round_id, "of_the_network": OF_THE_NETWORK}
    witnesses = sql.rows("polling/witnesses", limit=WITNESSES, **asked)
    look(round_id, witnesses)
    said = ProbeResult.objects.filter(
        round_id=round_id, store_id__in=[witness.store_id for witness in witnesses]
    )
    PollingRound.objects.filter(pk=round_id).update(
        probes=F("probes") + len(witnesses),
        witnesses=len(witnesses),
        answering=said.exclude(reason__in=OF_THE_NETWORK).count(),
    )


def summed(round_id):
    return sql.one(
        "polling/sum_round", round_id=round_id, of_the_network=OF_THE_NETWORK
    )


def seems_ours(found):
    return 0 < found.hosts * FAILING_SHARE <= found.failing_hosts


def is_well(ended):
    """Return if the witnesses of a round show that our network is well."""
    return ended.witnesses - ended.answering < ended.witnesses * FAILING_SHARE


@transaction.atomic
def end(round_id, fewest_hosts=FEWEST_HOSTS):
    """Decide on a running round, and hand over its polls, once; return the round.

    If nearly all hosts failed at once, they are enough, and no witnesses contradict, it
    gives no polls.
    """
    lock_writers()  # so no store is deleted now: its poll would create it again
    [ended] = PollingRound.objects.select_for_update().filter(pk=round_id)
    if ended.state != RUNNING:
        return ended
    found = summed(round_id)
    ended.active, ended.inactive = found.active, found.inactive
    ended.refused, ended.ended_at = found.refused, datetime.now(UTC)
    ended.state = COMPLETE
    is_ours = seems_ours(found) and not is_well(ended)
    if is_ours and found.hosts >= fewest_hosts:
        ended.state = FAILED
        ended.error = OUR_NETWORK.format(found.failing_hosts, found.hosts)
    elif found.active + found.inactive:
        ended.ingest_id = hand_over(round_id)
        transaction.on_commit(refresh_if_little)
    ended.save()
    return ended


def hand_over(round_id):
    """Load the polls of a round as pushed ones are loaded; return the ingest's id."""
    record = Ingest(max_rejects=ANY_ROWS)
    ingest({"status": polls_file(round_id)}, record=record)
    return record.pk


def polls_file(round_id):
    """Return the polls of a round as a CsvFile."""
    text = BytesIO()
    sql.copy_out(
        "polling/hand_over", text, round_id=round_id, of_the_network=OF_THE_NETWORK
    )
    text.seek(0)
    return CsvFile(text, Path(POLLED["status"]))
