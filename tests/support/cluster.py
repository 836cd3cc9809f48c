"""Makes databases for tests, on the server at hand or on all servers of a cluster.

RM_CLUSTER_URL names a database of a Citus cluster, on its first server. Then all tests
run there. They make databases of their own.
"""

import os
from contextlib import ExitStack, closing, contextmanager

import psycopg2
from django.db import connection

URL = os.environ.get("RM_CLUSTER_URL")
NODES = "select nodename, nodeport from pg_dist_node order by groupid"
ALONE = [(None, None)]


def connect(database, host=None, port=None):
    """Connect to a database, by default on the first server. Each command commits."""
    part = connection.settings_dict
    opened = psycopg2.connect(
        dbname=database,
        host=host or part["HOST"],
        port=port or part["PORT"],
        user=part["USER"],
        password=part["PASSWORD"],
    )
    opened.autocommit = True
    return opened


def nodes():
    """Return the host and port of each server of the cluster, the first one first."""
    if not URL:
        return ALONE
    with closing(psycopg2.connect(URL)) as first, first.cursor() as cursor:
        cursor.execute(NODES)
        return cursor.fetchall()


def run(database, command, node=(None, None)):
    with closing(connect(database, *node)) as opened, opened.cursor() as cursor:
        cursor.execute(command)


@contextmanager
def created(name, template):
    """Create a database on each server, and drop it at the end."""
    with ExitStack() as stack:
        for node in nodes():
            disconnect(template, node)
            run("postgres", f"create database {name} template {template}", node)
            drop = f"drop database if exists {name} with (force)"
            stack.callback(run, "postgres", drop, node)
        yield


def disconnect(template, node):
    """End the connections that the servers of a cluster keep among themselves."""
    if URL:
        find = "select pg_terminate_backend(pid) from pg_stat_activity"
        run("postgres", f"{find} where datname = '{template}'", node)


def join(database_url):
    """Make a cluster of a new database, if there is one."""
    if not URL:
        return
    database = database_url.rpartition("/")[2]
    first, *workers = nodes()
    for node in nodes():
        run(database, "create extension citus", node)
    host, port = first
    run(database, f"select citus_set_coordinator_host('{host}', {port})")
    for host, port in workers:
        run(database, f"select citus_add_node('{host}', {port})")
