"""The `sql` package, the only code that runs raw SQL."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

import sql

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of query files instead of that of the project."""
    monkeypatch.setattr(sql, "FOLDER", tmp_path)
    sql.text.cache_clear()
    yield tmp_path
    sql.text.cache_clear()


def test_parameters_are_bound_and_never_become_sql(folder):
    (folder / "echo.sql").write_text("select :'said'::text as said")
    said = "'; drop table store; --"
    assert sql.one("echo", said=said).said == said


def test_percent_signs_and_casts_are_not_changed(folder):
    (folder / "signs.sql").write_text(
        "select 7 % 4 as rest, 'a%s%%' like 'a\\%%' as alike, '1'::integer as one"
    )
    assert sql.one("signs") == (3, True, 1)
    assert sql.one("signs", unused=1) == (3, True, 1)


def test_lists_are_arrays_and_none_is_null(folder):
    (folder / "values.sql").write_text(
        "select cardinality(:'ids'::text[]) as count, "
        ":'nothing'::text[] is null as none"
    )
    assert sql.one("values", ids=["a", "b,c", '"'], nothing=None) == (3, True)


def test_a_missing_parameter_is_an_error(folder):
    (folder / "echo.sql").write_text("select :'said'::text as said")
    with pytest.raises(KeyError):
        sql.one("echo")


def test_one_requires_exactly_one_row(folder):
    (folder / "two.sql").write_text("select generate_series(1, 2) as n")
    with pytest.raises(ValueError, match="too many values"):
        sql.one("two")


def test_stream_yields_rows_by_column_name(folder):
    (folder / "many.sql").write_text("select generate_series(1, 5000) as n")
    assert sum(row.n for row in sql.stream("many")) == 12_502_500


def test_it_copies_in_and_out(folder):
    (folder / "back.sql").write_text("select b, a from drawer where a != :'a'")
    sql.create_staging("drawer", ["a", "b"])
    sql.copy_in("drawer", ["a", "b"], BytesIO(b'1,"x, y"\n2,\n3,z\n'))
    out = BytesIO()
    sql.copy_out("back", out, a="3")
    assert out.getvalue() == b'b,a\n"x, y",1\n,2\n'


def test_names_of_staging_tables_and_columns_are_quoted():
    columns = ['odd" column', "select"]
    sql.create_staging('odd" table', columns)
    sql.copy_in('odd" table', columns, BytesIO(b"1,2\n"))


def test_explained_shows_plans_and_still_does_the_work(folder):
    (folder / "make.sql").write_text("create temporary table made as select 1 as n")
    (folder / "read.sql").write_text("select n from made")
    plans = {}
    with sql.explained(["make", "read"], plans.__setitem__) as shown:
        sql.run("make")
        assert sql.rows("read") == [(1,)]
    assert shown == {"make", "read"}
    assert "Seq Scan on made" in plans["read"]


def test_explained_runs_statements_without_a_plan(folder):
    (folder / "lock.sql").write_text("-- Plans\nlock table store in share mode")
    plans = {}
    with sql.explained(["lock"], plans.__setitem__):
        sql.run("lock")
    assert plans == {"lock": "(has no plan)"}


class TestKeyBuiltLast:
    @pytest.fixture(autouse=True)
    def filled(self, folder):
        """A table with a key, and ways to write to it and to look at its key."""
        (folder / "make.sql").write_text(
            "create temporary table filled "
            "(a text, b int, c int, primary key (a, b) include (c))"
        )
        (folder / "add.sql").write_text("insert into filled values ('x', :'b', 0)")
        (folder / "count.sql").write_text("select count(*) as n from filled")
        (folder / "key.sql").write_text(
            "select pg_get_indexdef(indexrelid) as key from pg_index "
            "where indrelid = 'filled'::regclass and indisprimary"
        )
        sql.run("make")

    def test_an_empty_table_gets_its_key_back(self):
        before = sql.one("key")
        with sql.key_built_last("filled"):
            assert sql.rows("key") == []
            sql.run("add", b=1)
            sql.run("add", b=2)
        assert sql.one("key") == before
        assert sql.one("count").n == 2

    def test_rows_that_break_the_key_are_refused_at_the_end(self):
        def add_twice():
            with transaction.atomic(), sql.key_built_last("filled"):
                sql.run("add", b=1)
                sql.run("add", b=1)

        with pytest.raises(IntegrityError, match="could not create unique index"):
            add_twice()
        assert sql.one("count").n == 0
        assert "INCLUDE (c)" in sql.one("key").key

    def test_a_table_with_rows_keeps_rows_and_key(self):
        sql.run("add", b=1)
        before = sql.one("key")
        with sql.key_built_last("filled"):
            assert sql.one("key") == before
            sql.run("add", b=2)
        assert sql.one("count").n == 2


@pytest.mark.parametrize("name", sql.names())
def test_every_file_begins_with_its_purpose_and_is_one_statement(name):
    source = (Path(sql.FOLDER) / f"{name}.sql").read_text()
    assert source.startswith("-- ")
    assert ";" not in re.sub(r"--.*", "", source)


def test_an_error_in_a_file_is_not_swallowed(folder):
    (folder / "wrong.sql").write_text("select from nowhere")
    with pytest.raises(ProgrammingError, match="nowhere"):
        sql.run("wrong")
