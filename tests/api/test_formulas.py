"""No cell of a CSV is a formula: neither in the API nor in a file of a command."""

import csv
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from reports.compute import compute_now
from reports.output import write_csv
from stores.models import Store
from tests.api.asking import cells
from tests.api.pushing import push
from tests.api.test_uploads import as_file, loaded
from tests.support.pushes import A9, CSV, as_csv

pytestmark = pytest.mark.django_db
FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(1)",
    "\tplain",
    "\rplain",
    "\nplain",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(1)",
    " =1+1",
    "\u00a0\u3000 -1",
    "\u200b=1+1",
    "\u200f@SUM(1)",
    "\u2060+1",
    "\ufeff=1+1",
    "\ufeff \u200d\uff1d1+1",
]
TEXTS = [
    "a=1",
    "1-1",
    "'=1",
    " plain",
    "\u200bplain",
    "\u2014",
    "\uff21",
    "(-1)",
    "a\r=1",
]
# In the order of their bytes. The contract accepts all of them.
IDS = ["a=1", "\u200b=1", "\ufeff-1", "\uff1d1", "\uff21"]
SAFE_IDS = [IDS[0], "'\u200b=1", "'\ufeff-1", "'\uff1d1", IDS[4]]


@pytest.mark.parametrize("name", FORMULAS)
def test_a_name_that_may_run_gets_an_apostrophe(client, name):
    Store.objects.create(store_id="A", display_name=name)
    assert name_in(client) == f"'{name}"


@pytest.mark.parametrize("name", TEXTS)
def test_any_other_name_stays_as_it_is(client, name):
    Store.objects.create(store_id="A", display_name=name)
    assert name_in(client) == name


def name_in(client):
    titles, row = cells(client.get("/api/stores", headers={"accept": CSV}))
    return row[titles.index("display_name")]


@pytest.fixture
def odd_ids(client):
    rows = [A9 | {"store_id": store_id} for store_id in IDS]
    assert push(client, rows).json()["rejected"] == 0


def test_an_id_that_may_run_gets_an_apostrophe_in_lists(client, odd_ids):
    _, *rows = cells(client.get("/api/stores", headers={"accept": CSV}))
    assert [row[0] for row in rows] == SAFE_IDS
    found = client.get("/api/stores").json()["results"]
    assert [store["store_id"] for store in found] == IDS


def test_an_id_that_may_run_gets_an_apostrophe_in_the_report(client, odd_ids):
    file = BytesIO()
    write_csv(compute_now(), file)
    _, *rows = csv.reader(StringIO(file.getvalue().decode(), newline=""))
    assert [row[0] for row in rows] == SAFE_IDS


@pytest.mark.parametrize("name", ["=cmd|' C calc'!A0", "\uff1dcmd", " @x"])
def test_a_files_name_that_may_run_gets_an_apostrophe(client, name):
    text = as_csv(A9, A9 | {"status": "asleep"})
    found = loaded(client, status=as_file(name, text))
    assert found["files"] == {"status": name}
    response = client.get(found["links"]["rejects"], headers={"accept": CSV})
    [row] = csv.DictReader(StringIO(response.getvalue().decode()))
    assert row["file"] == f"'{name}"


def test_ingest_csv_writes_no_formula(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "=x.csv").write_text(as_csv(A9, A9 | {"status": "asleep"}))
    out = Path("out.csv")
    call_command("ingest_csv", status=Path("=x.csv"), rejects=out, verbosity=0)
    [row] = csv.DictReader(StringIO(out.read_text(), newline=""))
    assert row["file"] == "'=x.csv"
