"""`make plans` writes the plans of all queries."""

import subprocess
import sys

import pytest

import sql
from tests.support.processes import PROJECT

pytestmark = pytest.mark.django_db


def test_make_plans_explains_every_query(tmp_path):
    path = tmp_path / "plans.txt"
    size = ["--stores", "30", "--days", "4"]
    command = [sys.executable, "-m", "tests.bench.plans", *size, "--output", path]
    subprocess.run(command, cwd=PROJECT, check=True)
    lines = path.read_text().splitlines()
    assert set(sql.names()) <= set(lines)
    assert lines[-1] == "Did not run: none"
