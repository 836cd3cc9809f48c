"""Time ranges on generated data, and what the reference finds in them."""

from datetime import timedelta
from fractions import Fraction

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.support import reference
from tests.support.reference import MICROSECOND, ONE_DAY
from tests.support.strategies import dataset_and_as_of

WEEK = 7 * ONE_DAY
generated = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def ranges(draw):
    """A dataset, and from, to and as_of near its polls or far from them."""
    data, as_of = draw(dataset_and_as_of().filter(lambda found: found[0].polls))
    as_of = as_of or reference.newest_poll(data)
    lengths = st.integers(1, 20).map(lambda n: n * timedelta(hours=11)) | st.just(WEEK)
    waits = st.just(timedelta(0)) | st.integers(0, 10**12).map(MICROSECOND.__mul__)
    until = as_of - draw(waits)
    return data, until - draw(lengths), until, as_of


def periods_between(data, store_id, since, until):
    """The reference's timeline from since to until."""
    first, last = (reference.local_date(data, store_id, at) for at in (since, until))
    return reference.cut(
        reference.timeline(data, store_id, first - ONE_DAY, last + ONE_DAY),
        since,
        until,
    )


def printed(periods):
    """The figures of periods by the reference, in the form of the API."""
    return as_printed(reference.added_up(periods))


def as_printed(sums):
    """Figures of the reference in the form of the API."""
    observed = sums.up + sums.down
    percent = Fraction(100 * (sums.up // MICROSECOND), (observed // MICROSECOND) or 1)
    return {
        "business_seconds": (observed + sums.unobserved + sums.excused).total_seconds(),
        "up_seconds": sums.up.total_seconds(),
        "down_seconds": sums.down.total_seconds(),
        "unobserved_seconds": sums.unobserved.total_seconds(),
        "excused_seconds": sums.excused.total_seconds(),
        "uptime_percent": int(percent * 100 + Fraction(1, 2)) / 100
        if observed
        else None,
    }
