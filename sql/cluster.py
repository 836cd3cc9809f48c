"""What differs if the tables of stores are spread over several servers, with Citus.

Everything else is the same, and so is every file of this folder. `manage.py distribute`
makes a cluster of a database; a connection finds out by the catalogue.

- Each store is on one of the workers, in all of the tables SPREAD. A copy of the
  tables EVERYWHERE is on each server. All others are CENTRAL, on the first one only.
- A work table with rows of stores is permanent there, and spread as well: a query
  cannot join a temporary table with tables of other servers. Each transaction sees its
  own rows only, since it deletes them before it commits.
- A snapshot is one of each worker. So that all are of the same moment, a reader takes
  them while no writer commits.
"""

import re

# On the server of their store.
SPREAD = [
    *("store", "store_label", "unsettled", "business_hours", "special_hours"),
    *("special_hours_before", "poll", "probe", "probe_result", "outage"),
    *("timeline", "timeline_mark", "timeline_store_day", "report_row"),
]
# A copy of these few rows is on each server.
EVERYWHERE = [
    *("timeline_day", "uptime_target", "excused_time"),
    *("access_grant", "auth_user_groups"),
]
# On one server, with all else of Django and its packages.
CENTRAL = [
    *("alert", "alert_channel", "alert_message", "alert_rule", "alert_rule_channels"),
    *("alert_state", "api_key", "audit_entry", "counter", "heartbeat", "request_count"),
    *("ingest", "ingest_chunk", "ingest_reject", "polling_round", "timeline_state"),
    *("report", "report_schedule", "report_schedule_channels", "special_hours_change"),
]
# Work tables that are spread, too.
SPREAD_WORK = [
    *("hours_row", "timezones_row", "special_row", "labels_row", "names_row"),
    *("plain_poll", "text_poll", "incoming_poll", "incoming_poll_day"),
    *("incoming_hours", "incoming_timezone", "incoming_special", "incoming_label"),
    *("incoming_name", "replaced_hours", "incoming_unsettled"),
    *("own_day", "due_day", "work_session", "reach", "down_period"),
    *("unobserved", "excused", "special_plan", "compared_store", "file_id"),
    *("ongoing_outage", "chosen_store", "open_alert"),
]
# Work tables that stay on the first server.
CENTRAL_WORK = [
    *("odd_id", "time_reading", "status_reject"),
    *("asked_day", "marked_date", "new_day", "rare_date", "uncovered_day"),
    *("range_period", "due_alert", "telling", "probe_row", "probe_change"),
    *("sample_store", "sample_zone", "sample_label"),
]
# Views of tables that are spread, or copied everywhere.
VIEWS = ["granted_store", "visible_store", "store_excused", "report_figure"]
# A work table with so many gets statistics: the last ones may be of an empty table.
MANY_ROWS = 10_000
TURN = "commit_turn"  # a table without rows, only to be locked

IS_INSTALLED = "select to_regclass('pg_catalog.pg_dist_partition') is not null"
IS_SPREAD = """
    select exists (
        select from pg_dist_partition
        where logicalrelid = to_regclass('store')
    )
"""
# A transaction has one connection to each worker, so it has one snapshot there, and
# always sees what it wrote. Two may write to the work tables at once, as no row is of
# both. Writers of the others wait for each other anyway.
ONE_CONNECTION = """
    set citus.max_adaptive_executor_pool_size = 1;
    set citus.multi_shard_modify_mode = 'sequential';
    set citus.enable_deadlock_prevention = off
"""
# The lock is held only while the snapshots are taken.
TAKE_SNAPSHOTS = f"""
    savepoint turn;
    lock table {TURN} in share mode;
    select from timeline_mark limit 1;
    rollback to savepoint turn;
    release savepoint turn
"""

MAKES_TABLE = re.compile(
    r"^create (?:temporary|unlogged) table (\w+)(?: on commit drop)? as$", re.MULTILINE
)
CTE = re.compile(r"^(\w+) as \($", re.MULTILINE)
# Stores that have labels. Planned anew in each condition, Citus may find none beside a
# table of the first server.
LABELLED = re.compile(r"^labelled as not materialized \($", re.MULTILINE)
FENCE = re.compile(r"^ *offset 0(?:  -- noqa: AM09)?$", re.MULTILINE)
READS_CENTRAL = re.compile(
    rf"\b(?<!delete )(from|join) ({'|'.join(CENTRAL + CENTRAL_WORK)})\b"
)
READS_SPREAD = re.compile(
    r"\b(from|join|into|using|update) "
    rf"({'|'.join(SPREAD + EVERYWHERE + SPREAD_WORK + VIEWS)})\b"
)


def found(cursor):
    """Prepare a new connection, if its database is a cluster; return if it is."""
    cursor.execute(IS_INSTALLED)
    if not cursor.fetchone()[0]:
        return False
    cursor.execute(IS_SPREAD)
    [is_spread] = cursor.fetchone()
    if is_spread:
        cursor.execute(ONE_CONNECTION)
    return is_spread


def work_table(statement):
    """Return the name of the spread work table that a statement makes, if it does."""
    made = MAKES_TABLE.search(statement)
    return made[1] if made and made[1] in SPREAD_WORK else None


def adapted(statement):
    """Return a statement as it runs on a cluster."""
    if work_table(statement):
        statement = MAKES_TABLE.sub(r"insert into \1", statement)
    return planned(statement)


def planned(statement):
    """Return a statement that reads tables as a cluster can plan it."""
    statement = CTE.sub(r"\1 as not materialized (", statement)
    statement = FENCE.sub("", statement).replace("select from", "select 1 from")
    if READS_CENTRAL.search(statement):
        statement = LABELLED.sub("labelled as materialized (", statement)
    if READS_SPREAD.search(statement):  # Others may need columns such as xmin.
        statement = READS_CENTRAL.sub(r"\1 (select * from \2)", statement)
    return statement


def end_transaction(cursor, filled):
    """Before a commit, empty the work tables, and wait until no reader begins."""
    for table in sorted(filled):
        cursor.execute(f"delete from {table}")  # noqa: S608
    cursor.execute(f"lock table {TURN} in row exclusive mode")
