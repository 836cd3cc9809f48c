"""The figures of jobs for the metrics."""

from collections import namedtuple
from datetime import UTC, datetime

from django.db.models import Count, Min

from restaurant_monitor.counters.counting import Amount, add
from restaurant_monitor.jobs.models import Job

QUEUED, RUNNING = Job.State.QUEUED, Job.State.RUNNING
NAME = "job"  # of the counter: the total is in seconds

Waiting = namedtuple("Waiting", "kind queued running oldest_seconds")


def kind_of(job):
    """Return the name of a kind of job, such as `report`."""
    return job._meta.model_name


def kinds():
    return [kind_of(kind) for kind in Job.__subclasses__()]


def count_end(job, state, finished_at):
    """Count that a job ended in this state, and how long its last attempt took."""
    seconds = (finished_at - (job.started_at or finished_at)).total_seconds()
    add(Amount(NAME, seconds, kind_of(job), state))


def waiting():
    """Return the numbers of unfinished jobs of each kind.

    `oldest_seconds` is the age of the queued job that was requested first, or 0.
    """
    now = datetime.now(UTC)
    return [waiting_of(kind, now) for kind in Job.__subclasses__()]


def waiting_of(kind, now):
    rows = (
        kind.unfinished()
        .order_by()
        .values_list("state")
        .annotate(Count("pk"), Min("requested_at"))
    )
    found = {state: (count, oldest) for state, count, oldest in rows}
    queued, oldest = found.get(QUEUED, (0, now))
    running, _ = found.get(RUNNING, (0, None))
    seconds = max((now - oldest).total_seconds(), 0)
    return Waiting(kind_of(kind), queued, running, seconds)
