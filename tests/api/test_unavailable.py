"""Which errors of the database are a 503, and which are errors of the program."""

import logging

import pytest
from django.db import OperationalError, connection

from tests.api.asking import check_is_problem

in_database = pytest.mark.django_db
LOSE = "select pg_terminate_backend(pg_backend_pid())"
RAISE = "do $$ begin raise exception 'x' using errcode = '{}'; end $$"


def fail_with(monkeypatch, statement):
    """Let the endpoint of a store run a statement that fails."""

    def fail(*_):
        with connection.cursor() as cursor:
            cursor.execute(statement)

    monkeypatch.setattr("stores.scope.find", fail)


@in_database
@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("set local statement_timeout = 1; select pg_sleep(9)", "too long"),
        (RAISE.format("55P03"), "another change"),
        (RAISE.format("53100"), "disk space"),
        (RAISE.format("53200"), "memory"),
        (RAISE.format("53300"), "connections"),
        (RAISE.format("57P03"), "cannot be reached"),
        (RAISE.format("58030"), "cannot be reached"),
        (RAISE.format("08006"), "cannot be reached"),
    ],
)
def test_the_database_is_not_available(client, monkeypatch, caplog, statement, reason):
    fail_with(monkeypatch, statement)
    response = client.get("/api/stores/1")
    assert reason in check_is_problem(response, 503)["detail"]
    assert int(response["Retry-After"]) > 0
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is None
    assert record.getMessage().startswith("GET /api/stores/1 503 in ")
    assert "\n" not in record.getMessage()


@in_database
@pytest.mark.parametrize(
    "statement",
    [
        "select 1 / 0",
        "select nothing",
        "select 'a'::int",
        RAISE.format("40P01"),  # a deadlock
        RAISE.format("40001"),  # a serialization failure
        RAISE.format("23505"),
        RAISE.format("XX000"),
    ],
)
def test_the_program_is_wrong(client, monkeypatch, caplog, statement):
    fail_with(monkeypatch, statement)
    check_is_problem(client.get("/api/stores/1"), 500)
    [record] = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert record.exc_info


@in_database
def test_a_closed_cursor_of_an_open_connection_is_an_error_of_the_program(
    client, monkeypatch
):
    def fail(*_):
        with connection.cursor() as cursor:
            pass
        cursor.execute("select 1")

    monkeypatch.setattr("stores.scope.find", fail)
    check_is_problem(client.get("/api/stores/1"), 500)


@pytest.mark.usefixtures("own_database")
def test_a_lost_connection_is_the_database(client, monkeypatch):
    fail_with(monkeypatch, LOSE)
    problem = check_is_problem(client.get("/api/stores/1"), 503)
    assert "cannot be reached" in problem["detail"]


@pytest.mark.usefixtures("own_database")
def test_a_connection_that_an_earlier_error_closed_is_the_database(client, monkeypatch):
    def fail(*_):
        with connection.cursor() as cursor:
            with pytest.raises(OperationalError):
                cursor.execute(LOSE)
            cursor.execute("select 1")

    monkeypatch.setattr("stores.scope.find", fail)
    check_is_problem(client.get("/api/stores/1"), 503)
