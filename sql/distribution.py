"""Spreads the tables over the servers of a cluster; see sql/cluster.py."""

import re
from graphlib import TopologicalSorter

from django.db import connection

import sql
from sql.cluster import EVERYWHERE, MAKES_TABLE, SPREAD, SPREAD_WORK, TURN, planned
from sql.verbs import execute, quoted, row, value

KEY = "store_id"
WORD = re.compile(r"\b(?:from|join) (\w+)")
VIEW = re.compile(r"^create temporary view (\w+) as$", re.MULTILINE)
IS_INSTALLED = "select exists (select from pg_extension where extname = 'citus')"
# The first server is group 0.
WORKERS = """
    select
        count(*) filter (where isactive and shouldhaveshards) as ready,
        array_agg(nodename || ':' || nodeport) filter (where not isactive) as away
    from pg_dist_node
    where groupid > 0 and noderole = 'primary'
"""
CANNOT_PREPARE = """
    select array_agg(name order by name)
    from (
        select 'the first server' as name, current_setting('max_prepared_transactions')
        union all
        select w.nodename || ':' || w.nodeport, w.result
        from (
            select n.nodename, n.nodeport, r.result
            from run_command_on_workers('show max_prepared_transactions') as r
            inner join pg_dist_node as n using (nodename, nodeport)
        ) as w
    ) as s (name, allowed)
    where allowed = '0'
"""
COLUMNS = """
    select array_agg(attname || ' ' || format_type(atttypid, atttypmod) order by attnum)
    from pg_attribute
    where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped
"""
LONGEST_PREPARED = "5 minutes"  # Citus ends those whose result it knows in one
LEFT_BEHIND = """
    select array_agg(distinct n.nodename || ':' || n.nodeport)
    from run_command_on_all_nodes(
        $$
        select count(*) from pg_prepared_xacts
        where database = current_database() and prepared < now() - interval '%s'
        $$
    ) as r
    inner join pg_dist_node as n using (nodeid)
    where not r.success or r.result != '0'
"""
SHARDS = """
    select nodename || ':' || nodeport as server, count(*), sum(shard_size)::bigint
    from citus_shards
    where citus_table_type = 'distributed'
    group by nodename, nodeport
    order by nodename, nodeport
"""


class CannotDistribute(Exception):
    """The database is no cluster that is ready. The message says what is missing."""


def refuse_unready():
    """Raise CannotDistribute if Citus, a worker or a setting is missing."""
    if not value(IS_INSTALLED):
        raise CannotDistribute("the extension citus is not installed in this database")
    ready, away = row(WORKERS)
    if away:
        raise CannotDistribute(f"workers are not active: {', '.join(away)}")
    if not ready:
        raise CannotDistribute("there is no active worker; add one by citus_add_node")
    if lacking := value(CANNOT_PREPARE):
        raise CannotDistribute(
            "max_prepared_transactions is 0, so a transaction cannot be committed on "
            f"several servers: {', '.join(lacking)}"
        )


def missing():
    """Return the tables that are to be spread, and those to be copied everywhere."""
    known = "select logicalrelid::regclass::text from pg_dist_partition"
    with connection.cursor() as cursor:
        cursor.execute(f"{known} where partmethod = 'h' or repmodel = 't'")
        done = {name for (name,) in cursor.fetchall()}
    return [t for t in SPREAD if t not in done], [
        t for t in EVERYWHERE if t not in done
    ]


def distribute(staging):
    """Spread the tables of stores, and make the work tables; return what was changed.

    Changes nothing that is right already. `staging` has the columns of the tables of
    text that the files of an ingest fill. Needs a transaction.
    """
    execute("set local citus.multi_shard_modify_mode = 'sequential'")
    execute("set local client_min_messages = 'warning'")
    spread, everywhere = missing()
    for table in spread:
        spread_table(table)
    for table in everywhere:
        value("select create_reference_table(%s)", [table])
    connection.look_for_cluster()
    execute(f"create table if not exists {TURN} ()")
    work = renew_work_tables(staging)
    return [*spread, *everywhere, *work]


def spread_table(table):
    with_others = "none" if table == SPREAD[0] else SPREAD[0]
    value(
        "select create_distributed_table(%s, %s, colocate_with => %s)",
        [table, KEY, with_others],
    )


def renew_work_tables(staging):
    """Make the work tables that are missing, or whose columns were others.

    Each is first made without rows by the file that fills it.
    """
    changed = outdated_work_tables(staging)
    for table in changed:
        execute(f"drop table if exists public.{quoted(table)}")
        execute(f"create unlogged table public.{quoted(table)} (like pg_temp.{table})")
        execute(
            f"alter table public.{quoted(table)} "
            f'alter column {KEY} type text collate "C"'
        )
    execute("discard temporary")
    for table in changed:
        spread_table(table)
    return changed


def outdated_work_tables(staging):
    """Return the work tables to renew. Leaves temporary ones with their columns."""
    execute("discard temporary")
    make_empty_tables(staging)
    return [t for t in SPREAD_WORK if columns(t) != columns(f"pg_temp.{t}")]


def columns(table):
    table = table if "." in table else f"public.{table}"
    return value(COLUMNS, [table])


def make_empty_tables(staging):
    """Make all work tables as temporary ones, without rows."""
    for table, names in staging.items():
        fields = ", ".join(f"{quoted(name)} text" for name in names)
        execute(f"create temporary table {quoted(table)} ({fields})")
    for name in makers():
        statement = sql.text(name)
        parameters = dict.fromkeys(re.findall(r"%\((\w+)\)s", statement))
        with connection.cursor() as cursor:
            cursor.execute(planned(without_rows(statement)), parameters)


def without_rows(statement):
    if VIEW.search(statement):
        return statement
    as_temporary = MAKES_TABLE.sub(r"create temporary table \1 as", statement)
    return f"{as_temporary}\nwith no data"


def makers():
    """Return a file for each work table, after those whose tables it reads."""
    made = {}
    for name in sql.names():
        if found := MAKES_TABLE.search(sql.text(name)) or VIEW.search(sql.text(name)):
            made.setdefault(found[1], name)
    reads = {
        table: {*WORD.findall(sql.text(name))} & {*made} for table, name in made.items()
    }
    return [made[table] for table in TopologicalSorter(reads).static_order()]


def problems(staging):
    """Return what is wrong with a cluster, in lines."""
    found = []
    _, away = row(WORKERS)
    if away:
        found.append(f"workers are not active: {', '.join(away)}")
    if left := value(LEFT_BEHIND % LONGEST_PREPARED):
        found.append(
            "these servers do not answer, or have prepared transactions that nobody "
            f"ended: {', '.join(left)}"
        )
    spread, everywhere = missing()
    if late := spread + everywhere + outdated_work_tables(staging):
        found.append(f"run manage.py distribute for {', '.join(late)}")
    execute("discard temporary")
    return found


def shards():
    """Return rows of a worker, its number of shards, and their bytes."""
    with connection.cursor() as cursor:
        cursor.execute(SHARDS)
        return cursor.fetchall()
