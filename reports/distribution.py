"""Spreads the tables of stores over the servers of a cluster, and proves the result."""

from io import BytesIO

from django.db import connection, transaction

import sql
from reports.compute import compute_now
from reports.output import write_csv
from sql import distribution
from sql.distribution import CannotDistribute
from stores.editing import lock_writers
from stores.health.checks import Unhealthy
from stores.ingest.staging import KINDS, POLL_COLUMNS
from stores.polling.loading import COLUMNS
from stores.timeline.check import broken, check
from stores.timeline.moments import NoFigures
from stores.timeline.refresh import refresh, refreshing

STAGING = {
    **{f"{kind}_file": columns for kind, columns in KINDS.items()},
    "status_file": POLL_COLUMNS,
    "probe_file": COLUMNS,
}


def plan():
    """Return what `distribute` would do, in lines. Raises CannotDistribute."""
    distribution.refuse_unready()
    spread, everywhere = distribution.missing()
    return [f"{table}: spread by store_id" for table in spread] + [
        f"{table}: copied to every server" for table in everywhere
    ]


def is_whole():
    """Check, for the doctor, that the cluster is ready. Raises Unhealthy."""
    if not connection.is_cluster:
        return "the tables are on one server"
    if problems := distribution.problems(STAGING):
        raise Unhealthy("; ".join(problems))
    return "all servers of the cluster are active, and each table is in its place"


def distribute():
    """Spread the tables, in one transaction; return the tables that changed.

    Waits for a running ingest and refresh, and locks them out. Rows, the bytes of a
    report and the checks must then be as before. Raises CannotDistribute, and then
    nothing has changed.
    """
    distribution.refuse_unready()
    with transaction.atomic():
        lock_writers()
        with refreshing():
            changed = spread_unchanged()
    connection.close()  # the next one finds out by itself
    return changed


def spread_unchanged():
    as_of = newest_moment()
    before = counts(), report(as_of)
    changed = distribution.distribute(STAGING)
    if changed:
        refuse_difference(before, (counts(), report(as_of)))
    return changed


def newest_moment():
    """Bring the timeline up to date; return its moment, or None without polls."""
    try:
        return refresh()
    except NoFigures:
        return None


def counts():
    tables = [*sql.cluster.SPREAD, *sql.cluster.EVERYWHERE]
    return {table: sql.count(table) for table in tables}


def report(as_of):
    """Return the CSV of a report, which is not kept."""
    if as_of is None:
        return b""
    file = BytesIO()
    with transaction.atomic():
        write_csv(compute_now(as_of), file)
        transaction.set_rollback(True)
    return file.getvalue()


def refuse_difference(before, after):
    (rows_before, report_before), (rows_after, report_after) = before, after
    lost = [t for t in rows_before if rows_before[t] != rows_after[t]]
    if lost:
        raise CannotDistribute(f"the number of rows differs: {', '.join(lost)}")
    if report_before != report_after:
        raise CannotDistribute("a report differs from that of before")
    if found := check() | broken("checks/report"):
        raise CannotDistribute(f"checks found errors: {', '.join(found)}")
