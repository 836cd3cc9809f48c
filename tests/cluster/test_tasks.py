"""Statements over all stores run on all servers at once; those of one store on one."""

import re
from collections import defaultdict

import pytest
from django.db import connection

import sql
from tests.bench import engine, plans
from tests.support import cluster, processes

pytestmark = pytest.mark.skipif(not cluster.URL, reason="RM_CLUSTER_URL is not set")

TASKS = re.compile(r"Task Count: (\d+)")
OF_ALL_STORES = [
    *sql.names("checks/timeline"),
    *sql.names("ingest/apply"),
    *sql.names("ingest/mark"),
    *sql.names("retention"),
    *("ingest/compare/poll_days", "ingest/compare/polls", "report/compute"),
    *("report/csv", "report/distribution", "rollup/gather_unobserved"),
    *("timeline/add_outages", "timeline/cut_periods", "timeline/delete_due_periods"),
    *("timeline/delete_outages", "timeline/find_due_days", "timeline/find_own_days"),
    *("timeline/gather_down_periods", "timeline/newest_poll_left"),
]
OF_ONE_STORE = [
    *("stores/local_times", "stores/newest_polls", "stores/set_label"),
    *("uptime/by_day", "uptime/by_weekday_hour", "uptime/cut_range", "uptime/picture"),
    *("uptime/picture_polls", "uptime/start_of_days", "uptime/status_since"),
]


@pytest.fixture(scope="module")
def tasks(django_db_blocker, tmp_path_factory):
    """The numbers of tasks in the plans of each statement, by the name of its file."""
    found = defaultdict(set)

    def show(name, plan):
        found[name] |= {int(number) for number in TASKS.findall(plan)}

    tests_name = connection.settings_dict["NAME"]
    with (
        django_db_blocker.unblock(),
        processes.new_database() as database_url,
        sql.explained([*OF_ALL_STORES, *OF_ONE_STORE], show),
    ):
        engine.use(database_url)
        plans.do_everything(lambda part: None, tmp_path_factory.mktemp("tasks"), 40, 7)
        connection.close()
        connection.settings_dict["NAME"] = tests_name
    return found


@pytest.fixture(scope="module")
def shards(django_db_blocker):
    """How many parts each table of stores has."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("show citus.shard_count")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("name", OF_ALL_STORES)
def test_a_statement_over_all_stores_is_a_task_of_each_shard(tasks, shards, name):
    assert tasks[name] == {shards}


@pytest.mark.parametrize("name", OF_ONE_STORE)
def test_a_statement_of_one_store_is_one_task(tasks, name):
    assert tasks[name] == {1}
