"""manage.py distribute: it refuses what is not ready, and changes nothing twice."""

from contextlib import closing, contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from reports.distribution import is_whole
from sql import distribution
from stores.health.checks import Unhealthy
from tests.support import cluster, processes, services

on_a_cluster = pytest.mark.skipif(not cluster.URL, reason="RM_CLUSTER_URL is not set")


@pytest.mark.skipif(bool(cluster.URL), reason="there is a cluster")
@pytest.mark.django_db
def test_without_citus_it_says_so():
    with pytest.raises(CommandError, match="the extension citus is not installed"):
        call_command("distribute")
    assert is_whole() == "the tables are on one server"


@pytest.fixture
def undistributed():
    """A new database of all servers of the cluster, with tables on the first one."""
    with processes.new_database(set_up=with_tables_on_one) as database_url:
        yield database_url


def with_tables_on_one(database_url):
    cluster.join(database_url)
    processes.run(database_url, "migrate", "-v", "0").check_returncode()


@on_a_cluster
class TestOnACluster:
    def test_it_keeps_the_report_and_says_where_the_shards_are(self, undistributed):
        services.fill(undistributed)
        before = services.expected_csv(undistributed)
        planned = processes.run(undistributed, "distribute", "--dry-run")
        assert "poll: spread by store_id" in planned.stdout
        assert "excused_time: copied to every server" in planned.stdout
        done = processes.run(undistributed, "distribute")
        assert (done.returncode, done.stderr) == (0, "")
        lines = done.stdout.splitlines()
        assert lines[-1].endswith("Rows, a report and the checks are as before.")
        assert sum(" shards, " in line for line in lines) >= 2
        assert services.expected_csv(undistributed) == before
        again = processes.run(undistributed, "distribute")
        assert again.stdout.splitlines()[-1] == "Nothing had to be done."

    def test_a_dry_run_changes_nothing(self, undistributed):
        first, second = (
            processes.run(undistributed, "distribute", "--dry-run") for _ in range(2)
        )
        assert first.stdout == second.stdout != "Nothing is to be done.\n"

    def test_it_needs_a_worker(self, undistributed):
        remove = "select citus_remove_node(nodename, nodeport) from pg_dist_node"
        services.execute(undistributed, f"{remove} where groupid > 0")
        done = processes.run(undistributed, "distribute")
        assert done.returncode == 1
        assert "there is no active worker" in done.stderr

    def test_it_needs_all_workers(self, undistributed):
        disable = (
            "select citus_disable_node(nodename, nodeport, true) from pg_dist_node"
        )
        services.execute(undistributed, f"{disable} where groupid = 2")
        done = processes.run(undistributed, "distribute")
        assert done.returncode == 1
        assert "workers are not active: " in done.stderr

    def test_the_doctor_names_a_table_that_is_not_in_its_place(self, own_database):
        assert "each table is in its place" in is_whole()
        with connection.cursor() as cursor:
            cursor.execute("select undistribute_table('unsettled')")
        with pytest.raises(Unhealthy, match="distribute for unsettled"):
            is_whole()

    def test_the_doctor_names_a_transaction_that_nobody_ended(
        self, own_database, monkeypatch
    ):
        monkeypatch.setattr(distribution, "LONGEST_PREPARED", "0")
        with prepared_on_a_worker(own_database), pytest.raises(Unhealthy) as raised:
            is_whole()
        host, port = cluster.nodes()[1]
        assert str(raised.value).endswith(f"nobody ended: {host}:{port}")


@contextmanager
def prepared_on_a_worker(database_url):
    """Leave a prepared transaction on the first worker, and end it."""
    database = database_url.rpartition("/")[2]
    worker = cluster.connect(database, *cluster.nodes()[1])
    with closing(worker), worker.cursor() as cursor:
        cursor.execute("begin; create table left_behind ()")
        cursor.execute("prepare transaction 'left'")
        try:
            yield
        finally:
            cursor.execute("rollback prepared 'left'")
