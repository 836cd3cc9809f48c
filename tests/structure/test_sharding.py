"""What lets the tables of stores be on several servers, each with some of the stores.

Each rule names the files that break it, so that no further one does unseen.
"""

import re

import pytest
from django.db import connection

import sql
from sql.cluster import (
    CENTRAL,
    CENTRAL_WORK,
    EVERYWHERE,
    MAKES_TABLE,
    SPREAD,
    SPREAD_WORK,
    VIEWS,
    adapted,
)

OF_STORES = {*SPREAD}
OF_PACKAGES = re.compile("auth|axes|django")
# These read both kinds of tables. Most work on few rows of the central one.
READ_BOTH = {
    *("alerts/describe_tellings", "alerts/find_silent", "alerts/find_tellings"),
    *("alerts/find_together", "alerts/follow_outages", "alerts/follow_silence"),
    *("alerts/gather_chosen", "alerts/gather_ongoing", "alerts/list"),
    *("alerts/open_days", "polling/witnesses", "report/newest_of_store"),
    *("special_hours/changes", "timeline/current", "timeline/find_due_days"),
    *("timeline/newest_poll", "timeline/work"),
}
# Their windows are over sums of all stores, over rows of a file, over stores that have
# the same sessions, or over those that a lateral joins to one store.
WINDOWS_ACROSS_STORES = {
    *("rollup/by_label_and_day", "special_hours/preview", "targets/budgets"),
    *("polling/judge_file", "timeline/expand_sessions", "timeline/cut_periods"),
}
# Alerts by the outages of their stores, dates by those that are asked for, and probes
# by a file of them.
CHANGE_BY_ROWS_ELSEWHERE = {
    *("alerts/follow_outages", "alerts/follow_silence", "timeline/release_own_days"),
    "polling/remove_probes",
}
KEYS = """
    select r.relname,
        array(
            select a.attname::text
            from pg_attribute as a
            where a.attrelid = r.oid and a.attnum = any(i.indkey)
        )
    from pg_index as i
    inner join pg_class as r on i.indrelid = r.oid
    where i.indisunique and r.relname = any(%s)
"""


@pytest.mark.django_db
def test_each_table_has_its_place():
    tables = {t for t in connection.introspection.table_names() if not is_of_package(t)}
    assert tables == {*SPREAD, *EVERYWHERE, *CENTRAL} - {"auth_user_groups"}


def test_each_work_table_has_its_place():
    made = {found[1] for n in sql.names() if (found := MAKES_TABLE.search(sql.text(n)))}
    assert made == {*SPREAD_WORK, *CENTRAL_WORK}


@pytest.mark.django_db
def test_each_view_of_tables_of_stores_is_known():
    with connection.cursor() as cursor:
        views = connection.introspection.get_table_list(cursor)
    assert {*VIEWS} == {view.name for view in views if view.type == "v"}


def is_of_package(table):
    return OF_PACKAGES.match(table)


@pytest.mark.django_db
def test_each_key_of_the_tables_of_stores_has_the_store():
    with connection.cursor() as cursor:
        cursor.execute(KEYS, [sorted(OF_STORES)])
        keys = cursor.fetchall()
    assert {table for table, _ in keys} == OF_STORES
    assert [table for table, columns in keys if "store_id" not in columns] == []


def test_only_known_files_read_tables_of_stores_and_central_ones():
    found = {n for n in sql.names() if read(n) & OF_STORES and read(n) & {*CENTRAL}}
    assert found == READ_BOTH


def read(name):
    """The words that may be tables in a file."""
    return set(re.findall(r"\b(?:from|join|into|update|using)\s+(\w+)", code(name)))


def code(name):
    return re.sub(r"--.*", "", sql.text(name))


def test_windows_are_over_one_store():
    found = {
        name
        for name in sql.names()
        if read(name) & OF_STORES
        and any(
            not re.search(r"partition\s+by[^)]*store_id", window)
            for window in re.findall(r"\bover\s*\(([^()]*(?:\([^()]*\))*)", code(name))
        )
    }
    assert found == WINDOWS_ACROSS_STORES


@pytest.mark.parametrize("name", sql.names())
def test_no_file_asks_for_the_size_of_a_table_or_truncates_one(name):
    """A table that is spread over servers has no size on the first one."""
    assert not re.search(r"pg_\w*relation_size|\btruncate\b", code(name))


@pytest.mark.parametrize("name", sql.names())
def test_no_offset_is_left_on_a_cluster(name):
    """It keeps PostgreSQL from merging a subquery, and Citus from sending it."""
    assert "offset" not in re.sub(r"--.*", "", adapted(sql.text(name)))


def test_no_file_reads_the_place_of_rows_on_several_servers():
    """A place in a table is not unique there. One file numbers the rows of a CSV."""
    found = {n for n in sql.names() if re.search(r"\b(ctid|xmin)\b", code(n))}
    of_stores = {n for n in found if read(n) & {*SPREAD, *EVERYWHERE}}
    assert of_stores == {"polling/judge_file"}


def test_only_known_files_change_a_table_by_one_that_lies_elsewhere():
    """PostgreSQL's servers cannot join them; only few rows may be sent there."""
    central, of_stores = {*CENTRAL, *CENTRAL_WORK}, {*SPREAD, *SPREAD_WORK}
    found = set()
    for name in sql.names():
        if changed := re.search(r"^(?:update|delete from) (\w+)", code(name), re.M):
            others = of_stores if changed[1] in central else central
            if read(name) & others:
                found.add(name)
    assert found == CHANGE_BY_ROWS_ELSEWHERE
