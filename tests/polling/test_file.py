"""manage.py ingest_probes: a file of probes."""

import gzip
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from stores.models import Probe, Store
from stores.polling.probes import probe_of
from tests.access.entries import authors, changes, recorded
from tests.polling.test_api import DEFAULTS

pytestmark = pytest.mark.django_db
HEADER = (
    "store_id,url,status_codes,text,not_text,json_path,json_value,interval_minutes\n"
)


@pytest.fixture(autouse=True)
def stores():
    Store.objects.bulk_create(Store(store_id=store_id) for store_id in "ABC")


@pytest.fixture
def load(tmp_path):
    def loaded(text):
        path, out = tmp_path / "probes.csv", StringIO()
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        call_command("ingest_probes", path, stdout=out, stderr=out)
        return out.getvalue()

    return loaded


def test_a_file_sets_changes_and_removes_probes(load):
    text = (
        HEADER
        + 'A,https://a.example/,"200-204, 404",open,closed,/state,on,15\n'
        + "B, https://b.example/ ,,,,,,\n"
    )
    with recorded() as entries:
        assert load(text) == "Set 2 probes and removed 0.\n"
        assert load(text) == "Set 0 probes and removed 0.\n"
    a = {
        "url": "https://a.example/",
        "status_codes": "200-204,404",
        "text": "open",
        "not_text": "closed",
        "json_path": "/state",
        "json_value": '"on"',
        "interval_minutes": 15,
    }
    b = DEFAULTS | {"url": "https://b.example/"}
    assert (probe_of("A"), probe_of("B"), probe_of("C")) == (a, b, None)
    assert changes(entries) == [
        ("probe.changed", "A", None, a),
        ("probe.changed", "B", None, b),
    ]
    assert authors(entries)[0].startswith("manage.py ingest_probes (")
    with recorded() as entries:
        assert load("url,store_id\n,A\n") == "Set 0 probes and removed 1.\n"
    assert changes(entries) == [("probe.changed", "A", a, None)]
    assert (probe_of("A"), probe_of("B")) == (None, b)


def test_a_file_may_have_few_columns_other_ones_and_be_packed(load):
    text = "Store ID;what;URL\nA;x;https://a.example/\n"
    assert "Set 1 probes" in load(gzip.compress(text.encode()))
    assert probe_of("A") == DEFAULTS | {"url": "https://a.example/"}


def test_the_later_row_of_a_store_wins(load):
    load("store_id,url\nA,https://1.example/\nA,https://2.example/\n")
    assert probe_of("A")["url"] == "https://2.example/"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("nobody,https://a.example/,,,,,,", "store that is not known"),
        (",https://a.example/,,,,,,", "store that is not known"),
        ("A,a.example,,,,,,", "url that is no http or https address"),
        ("A,http://x:y@a.example/,,,,,,", "without user name and password"),
        (f"A,http://a.example/{'x' * 1000},,,,,,", "url longer than 1000 characters"),
        ("A,http://a.example/,ok,,,,,", "status_codes that are not like 200-299,404"),
        (f"A,http://a.example/,,{'x' * 201},,,,", "longer than 200 characters"),
        ("A,http://a.example/,,a\x07b,,,,", "a control character"),
        ("A,http://a.example/,,,,a,1,", "json_path that does not begin with /"),
        ("A,http://a.example/,,,,/a,,", "json_path without json_value"),
        ("A,http://a.example/,,,,,1,", "json_value without json_path"),
        ("A,http://a.example/,,,,,,4", "interval_minutes that is no number from 5"),
        ("A,http://a.example/,,,,,,soon", "interval_minutes that is no number from 5"),
        ("A,http://a.example/,,,,,,99999", "interval_minutes that is no number"),
    ],
)
def test_an_invalid_row_is_named_and_nothing_is_loaded(load, tmp_path, row, reason):
    good = "B,https://b.example/,,,,,,\n"
    out = StringIO()
    path = tmp_path / "probes.csv"
    path.write_text(f"{HEADER}{good}{row}\n")
    with pytest.raises(CommandError, match=r"1 rows of .* nothing was changed"):
        call_command("ingest_probes", path, stderr=out)
    assert out.getvalue().startswith(f"{path}, record 2: ")
    assert reason in out.getvalue()
    assert not Probe.objects.exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("store_id,text\nA,x\n", "column url is missing"),
        ("store_id,url,URL\nA,x,y\n", "column url appears twice"),
        ("store_id,url\nA\n", "missing data for column"),
        ("", "empty"),
        (b"\xff\xfes\0t\0", "UTF-16"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(load, text, reason):
    with pytest.raises(CommandError, match=f"{reason}.*nothing was changed"):
        load(text)


def test_what_is_loaded_fulfils_the_constraints_of_the_table(load):
    """The rules of a file are those of the table."""
    load(HEADER + "A,https://a.example/,200,,,/a,[1],5\nB,http://[::1]:8/?a#b,,,,,,\n")
    for probe in Probe.objects.all():
        probe.validate_constraints()
