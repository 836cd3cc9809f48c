"""The timeline of the engine and that of the reference."""

from datetime import datetime

from stores.models import CoveredDay, TimelineState
from tests.support import engine, reference


def covered_days():
    return list(CoveredDay.objects.order_by("day").values_list("day", flat=True))


def engine_timeline(data):
    days = covered_days()
    return {
        store_id: engine.periods(store_id, days[0], days[-1])
        for store_id in reference.known_stores(data)
    }


def reference_timeline(data, carry=reference.CARRY):
    days = covered_days()
    return {
        store_id: [
            period
            for day in days
            for period in reference.timeline(data, store_id, day, day, carry)
        ]
        for store_id in reference.known_stores(data)
    }


def clock_time(micros):
    """A time of day as the ingest stores it: 24:00 is 00:00."""
    return (datetime.min + micros * reference.MICROSECOND).time()


def history_from():
    return TimelineState.objects.get().history_from
