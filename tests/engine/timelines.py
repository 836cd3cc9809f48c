"""The timeline of the engine and that of the reference."""

from datetime import datetime, timedelta

from stores.models import CoveredDay, OwnDay, TimelineState
from tests.support import engine, reference

MONTH = timedelta(days=31)


def covered_days(store_id):
    """The dates that the timeline covers: for all stores, and for this one alone."""
    own = OwnDay.objects.filter(store_id=store_id).values_list("day", flat=True)
    return sorted({*CoveredDay.objects.values_list("day", flat=True), *own})


def engine_timeline(data):
    found = {}
    for store_id in reference.known_stores(data):
        days = covered_days(store_id)
        found[store_id] = engine.periods(store_id, days[0], days[-1])
    return found


def reference_timeline(data, carry=reference.CARRY):
    return {
        store_id: [
            period
            for day in covered_days(store_id)
            for period in reference.timeline(data, store_id, day, day, carry)
        ]
        for store_id in reference.known_stores(data)
    }


def reference_outages(data, as_of, carry=reference.CARRY):
    """The outages of the month before as_of, by store."""
    first_day, last_day = (as_of - MONTH).date(), (as_of + timedelta(days=2)).date()
    found = {
        store_id: [
            outage
            for outage in reference.outages(
                data, store_id, as_of, first_day, last_day, carry
            )
            if outage.is_ongoing or outage.ends_at > as_of - MONTH
        ]
        for store_id in reference.known_stores(data)
    }
    return {store_id: outages for store_id, outages in found.items() if outages}


def clock_time(micros):
    """A time of day as the ingest stores it: 24:00 is 00:00."""
    return (datetime.min + micros * reference.MICROSECOND).time()


def history_from():
    return TimelineState.objects.get().history_from
