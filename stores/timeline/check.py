"""Checks the invariants of the timeline."""

from django.db import transaction

import sql
from stores.timeline.refresh import WORK_TABLES, expand_sessions, lock_state


@transaction.atomic
def check():
    """Return the rows that break an invariant, by the name of its file.

    Empty if there are none. The timeline must be up to date.
    """
    sql.prepare_for_bulk_work()
    lock_state()
    sql.drop_temporary(*WORK_TABLES)
    sql.run("timeline/find_all_days_due")
    expand_sessions()
    return broken("checks/timeline")


def broken(folder):
    """Run the checks of a folder; return the rows of those that find any."""
    return {name: rows for name in sql.names(folder) if (rows := sql.rows(name))}
