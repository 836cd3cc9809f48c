"""The lines of the log about the attempts of jobs."""

import logging
from contextlib import contextmanager
from time import perf_counter

from restaurant_monitor.jobs.figures import kind_of
from restaurant_monitor.logs import logged_as

logger = logging.getLogger("restaurant_monitor.jobs")


@contextmanager
def logged(job):
    """Log an attempt's begin and end; while open, all lines have the job's ids.

    The end has the state that the job is in by then; it is `deleted` if the job is
    gone, and `queued` if the attempt failed and another one follows.
    """
    fields = {"job_kind": kind_of(job), "attempt": job.attempts}
    name = f"{fields['job_kind']} {job.pk}"
    with logged_as(job.request_id, str(job.pk)):
        began = perf_counter()
        logger.info("%s: attempt %s begins", name, job.attempts, extra=fields)
        try:
            yield
        finally:
            seconds = perf_counter() - began
            fields |= {"duration_seconds": round(seconds, 6), **end_of(job)}
            line = f"{name}: {fields['state']} after {seconds:.3f} s"
            if fields["error"]:
                line += f": {' '.join(fields['error'].split())}"
            logger.info(line, extra=fields)


def end_of(job):
    """Return the state and the error of a job as they are in the database."""
    found = type(job).objects.filter(pk=job.pk).values("state", "error").first()
    return found or {"state": "deleted", "error": ""}
