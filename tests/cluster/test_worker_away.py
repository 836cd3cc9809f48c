"""An ingest whose worker goes away in the middle stores nothing, and says so."""

from subprocess import PIPE

import pytest

from tests.engine.steps import STEP_BY_STEP
from tests.support import cluster, processes, services

pytestmark = pytest.mark.skipif(not cluster.URL, reason="RM_CLUSTER_URL is not set")

INGEST = (
    STEP_BY_STEP
    + """
from django.core.management import execute_from_command_line

execute_from_command_line(["manage.py", "ingest_csv", *sys.argv[2:]])
"""
)
ROWS = """
    select
        (select count(*) from store), (select count(*) from poll),
        (select count(*) from timeline_mark), (select count(*) from incoming_poll)
"""


@pytest.fixture
def files(tmp_path):
    """The options that name a file of 60 polls, of stores on all servers."""
    polls = [f"{n},active,2023-01-25 12:{n:02}:00 UTC\n" for n in range(60)]
    hours = "store_id,day,start_time_local,end_time_local\n1,0,09:00,17:00\n"
    for name, text in {
        "status": f"store_id,status,timestamp_utc\n{''.join(polls)}",
        "hours": hours,
        "timezones": "store_id,timezone_str\n1,UTC\n",
    }.items():
        (tmp_path / name).write_text(text)
    return [f"--{p.name}={p}" for p in sorted(tmp_path.iterdir())]


@pytest.mark.parametrize("step", ["ingest/mark/new_stores", "ingest/apply/last_seen"])
def test_an_ingest_without_a_worker_stores_nothing(own_database, files, step):
    before = services.rows(own_database, ROWS)
    with processes.started(
        own_database, step, *files, script=INGEST, stdin=PIPE
    ) as process:
        assert f"{step}\n" in process.stdout  # reads as far as this line
        cluster.disconnect(own_database.rpartition("/")[2], cluster.nodes()[1])
        print(end=".", file=process.stdin, flush=True)
        failed = processes.wait_for_end(process)
    assert failed.returncode == 1
    assert "nothing was changed" in failed.stderr
    assert services.rows(own_database, ROWS) == before
    again = processes.run(own_database, "ingest_csv", *files)
    assert again.returncode == 0
    assert services.rows(own_database, ROWS) == [(60, 60, 60, 0)]
