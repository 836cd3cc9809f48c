"""What lets the tables of stores be on several servers, each with some of the stores.

Each rule names the files that break it, so that no further one does unseen.
"""

import re

import pytest
from django.db import connection

import sql

# On the server of their store.
OF_STORES = {
    *("store", "store_label", "unsettled", "business_hours", "special_hours"),
    *("special_hours_before", "poll", "probe", "probe_result", "outage"),
    *("timeline", "timeline_mark", "timeline_store_day", "report_row"),
}
# A copy of these few rows is on each server.
EVERYWHERE = {
    *("timeline_day", "uptime_target", "excused_time"),
    *("access_grant", "auth_user_groups"),
}
# On one server, with all else of Django and its packages.
CENTRAL = {
    *("alert", "alert_channel", "alert_message", "alert_rule", "alert_rule_channels"),
    *("alert_state", "api_key", "audit_entry", "counter", "heartbeat", "request_count"),
    *("ingest", "ingest_chunk", "ingest_reject", "polling_round", "timeline_state"),
    *("report", "report_schedule", "report_schedule_channels", "special_hours_change"),
}
OF_PACKAGES = re.compile("auth|axes|django")
# These read both kinds of tables. Most work on few rows of the central one.
READ_BOTH = {
    *("alerts/describe_tellings", "alerts/find_silent", "alerts/find_tellings"),
    *("alerts/find_together", "alerts/follow_outages", "alerts/follow_silence"),
    *("alerts/gather_chosen", "alerts/gather_ongoing", "alerts/list"),
    *("alerts/open_days", "polling/witnesses", "report/newest_of_store"),
    *("special_hours/changes", "timeline/current", "timeline/find_due_days"),
    *("timeline/newest_poll", "timeline/recall_newest_poll", "timeline/work"),
}
# Their windows are over sums of all stores, over rows of a file, over stores that have
# the same sessions, or over those that a lateral joins to one store.
WINDOWS_ACROSS_STORES = {
    *("rollup/by_label_and_day", "special_hours/preview", "targets/budgets"),
    *("polling/judge_file", "timeline/expand_sessions", "timeline/cut_periods"),
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
    assert tables == (OF_STORES | EVERYWHERE | CENTRAL) - {"auth_user_groups"}


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
    found = {n for n in sql.names() if read(n) & OF_STORES and read(n) & CENTRAL}
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
