"""The worker brings the timeline up to date."""

from stores.ingest.staging import FILE_NAMES, KINDS
from tests.support import processes, services


def test_the_worker_processes_the_data_of_a_command(database_url, service, tmp_path):
    for kind, name in FILE_NAMES.items():
        (tmp_path / name).write_text(",".join(KINDS[kind]) + "\n")
    with (tmp_path / FILE_NAMES["status"]).open("a") as file:
        file.write("new,active,2023-03-01 12:00:00 UTC\n")
    loaded = processes.run_in_fork(database_url, "ingest_csv", tmp_path)
    loaded.check_returncode()
    services.wait_for(
        "the worker has processed all marks",
        service,
        lambda: not services.rows(database_url, "select from timeline_mark"),
    )
    answer = services.ask(service, "GET", "/api/stores/new")
    assert b'"as_of":"2023-03-01T12:00:00Z"' in answer.body
