"""The layers: sql and restaurant_monitor below stores, stores below reports."""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import sql
from tests.support.processes import PROJECT

# The other packages that each package may import.
MAY_IMPORT = {
    "sql": set(),
    "restaurant_monitor": {"sql"},
    "stores": {"sql", "restaurant_monitor"},
    "reports": {"sql", "restaurant_monitor", "stores"},
}
RUNS_SQL = re.compile(r"(?<!super\(\))\.execute\(|\.cursor\(|RawSQL|\.raw\(|\.extra\(")
OF_REPORTS = re.compile(
    r"\b(from|join|into|update|table)\s+(report|report_row|(due_)?alert\w*|telling)\b"
)


def files(part):
    found = (PROJECT / part).rglob("*.py")
    return [path for path in found if "migrations" not in path.parts]


def module(path):
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module(path): path for part in MAY_IMPORT for path in files(part)}


def imports(path):
    """The modules of the project that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            # The import may name a module, or something in a module.
            while name and name not in MODULES:
                name = name.rpartition(".")[0]
            if name:
                yield name


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_nothing_imports_upward(part):
    above = {
        (module(path), name)
        for path in files(part)
        for name in imports(path)
        if name.split(".")[0] not in MAY_IMPORT[part] | {part}
    }
    assert not above


def test_no_files_import_each_other():
    # A package is not below its modules: `from sql import x` names the package.
    graph = {name: {*imports(path)} - {name} for name, path in MODULES.items()}
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("name", sql.names())
def test_only_files_of_reports_read_the_tables_of_reports(name):
    text = re.sub(r"--.*", "", (Path(sql.FOLDER) / f"{name}.sql").read_text())
    if not name.startswith(("report/", "checks/report/", "alerts/")):
        assert not OF_REPORTS.search(text)


@pytest.mark.parametrize("part", ["restaurant_monitor", "stores", "reports"])
def test_only_the_sql_package_runs_sql(part):
    found = {str(path) for path in files(part) if RUNS_SQL.search(path.read_text())} - {
        str(PROJECT / "restaurant_monitor/local/postgres.py")
    }
    assert not found


@pytest.mark.parametrize("name", sql.names())
def test_every_query_is_run_by_its_name(name):
    """Code may build a name from a folder and a kind of file, or run a folder."""
    source = "\n".join(path.read_text() for path in MODULES.values())
    folder = name.rpartition("/")[0]
    by_kind = ("ingest/count", "ingest/judge", "ingest/compare")
    made_up = {step: f'"{step}/{{kind}}"' for step in by_kind} | {
        "sample": "sample/{Path"
    }
    checked = f'broken("{folder}")' in source
    assert f'"{name}"' in source or made_up.get(folder, "\0") in source or checked


def test_only_the_process_that_polls_imports_what_looks_at_stores():
    """Its HTTP client takes a fifth of the start of every other process."""
    found = {
        (name, imported)
        for name, path in MODULES.items()
        for imported in imports(path)
        if imported in ("stores.polling.looks", "stores.polling.rounds")
    }
    assert found == {
        ("stores.polling.rounds", "stores.polling.looks"),
        ("stores.management.commands.poll_stores", "stores.polling.rounds"),
    }
