"""Code that meets a database of another version refuses it."""

import json

import pytest

from tests.service.answers import check_is_problem
from tests.support import processes, services

NEWER = "insert into django_migrations (app, name, applied) values (%s, %s, now())"
OLDER = "delete from django_migrations where (app, name) = (%s, %s)"
EMPTY = "drop schema public cascade; create schema public"
FUTURE, LAST = ("stores", "9999_future"), ("reports", "0001_initial")
COMMANDS = [
    ("ingest_csv", "fixtures"),
    ("run_report",),
    ("outages",),
    ("check_timeline",),
    ("prune",),
    ("explain", "run_report"),
    ("work",),
    ("serve", "--port", "0"),
]


@pytest.fixture
def database_url(empty_database):
    with processes.new_database(like=empty_database) as new_url:
        yield new_url


@pytest.mark.parametrize(
    ("statement", "migration", "message"),
    [
        (NEWER, FUTURE, "a newer version, which has the migration stores.9999_future"),
        (OLDER, LAST, "an older version, without the migration reports.0001_initial"),
        (EMPTY, (), "an older version, without access.0001_initial and "),
    ],
)
def test_commands_refuse_it(database_url, statement, migration, message):
    services.execute(database_url, statement, *migration)
    for arguments in COMMANDS:
        done = processes.run(database_url, *arguments)
        expected = f"CommandError: the database belongs to {message}"
        assert done.stderr.startswith(expected), arguments
        assert done.stderr.count("\n") == done.returncode == 1
        assert done.stdout == ""


def test_commands_say_in_one_line_that_there_is_no_database():
    for arguments in COMMANDS:
        done = processes.run("postgresql://127.0.0.1:1/none", *arguments)
        assert done.stderr.startswith("CommandError: no database: ")
        assert done.stderr.count("\n") == done.returncode == 1


def test_a_running_worker_ends(database_url):
    with services.working(database_url) as service:
        services.execute(database_url, NEWER, *FUTURE)
        assert service.process.wait(services.TIMEOUT_SECONDS) == 1
        assert services.all_processes(service) == []
        assert "9999_future" in services.log_of(service)


def test_a_running_web_server_answers_503_until_it_fits_again(database_url):
    with services.web_server(database_url) as service:
        check_is_answering(service)
        services.execute(database_url, NEWER, *FUTURE)
        answer = services.wait_for("it refuses", service, lambda: refusal(service))
        check_is_problem(answer, 503)
        assert "9999_future" in json.loads(answer.body)["detail"]
        assert answer.headers["Retry-After"]
        services.execute(database_url, OLDER, *FUTURE)
        services.wait_for("it answers", service, lambda: not refusal(service))
        check_is_answering(service)


def check_is_answering(service):
    assert services.ask(service, "GET", "/api/reports").status == 200


def refusal(service):
    answer = services.ask(service, "GET", "/api/reports")
    return answer if answer.status == 503 else None
