"""Which arguments and files ingest_csv accepts, and which it refuses."""

import gzip
import os
import sys
from datetime import date

import pytest
from django.core.management import CommandError

from stores.ingest.staging import FILE_NAMES
from stores.models import SpecialHours
from tests.ingest.rows import all_content, ingest, known_ids, special, summary_counts

in_database = pytest.mark.django_db
NO_FILE = (
    "give a folder, or any of --status, --hours, --timezones, --special, --labels, "
    "--names"
)


@in_database
@pytest.mark.parametrize("broken", FILE_NAMES)
def test_one_refused_file_refuses_the_whole_ingest(folder, broken):
    with (folder / FILE_NAMES[broken]).open("a") as file:
        file.write("A\n")
    before = all_content()
    with pytest.raises(CommandError, match=f"{FILE_NAMES[broken]}, line "):
        ingest(folder)
    assert all_content() == before


@in_database
def test_an_ingest_works_after_a_refused_one(write, folder):
    """Even in the same transaction, as here: no temporary table is left."""
    path = folder / FILE_NAMES["timezones"]
    path.write_text("store_id,timezone_str\nA,UTC,1\n")
    with pytest.raises(CommandError):
        ingest(folder)
    write("timezones", ["A", "UTC"])
    ingest(folder)
    assert known_ids() == ["A", "B", "E"]


@in_database
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], NO_FILE),
        (
            ["{folder}", "--status", "{folder}/store_status.csv"],
            NO_FILE,
        ),
        (
            ["{folder}/none"],
            "{folder}/none has neither of store_status.csv and store_status.csv.gz",
        ),
        (
            ["{folder}/timezones.csv"],
            "{folder}/timezones.csv has neither of store_status.csv and "
            "store_status.csv.gz",
        ),
    ],
)
def test_says_what_is_wrong_with_the_arguments(folder, arguments, message):
    with pytest.raises(CommandError) as refused:
        ingest(*(argument.format(folder=folder) for argument in arguments))
    assert str(refused.value) == message.format(folder=folder)


@in_database
def test_a_folder_must_have_exactly_one_of_each_file(folder):
    zones = folder / "timezones.csv"
    packed = folder / "timezones.csv.gz"
    packed.write_bytes(b"")
    with pytest.raises(CommandError) as refused:
        ingest(folder)
    assert str(refused.value) == (
        f"{folder} has both of timezones.csv and timezones.csv.gz"
    )
    packed.unlink()
    zones.unlink()
    with pytest.raises(CommandError) as refused:
        ingest(folder)
    assert str(refused.value) == (
        f"{folder} has neither of timezones.csv and timezones.csv.gz"
    )


@in_database
def test_a_folder_without_special_hours_is_accepted_and_prints_none(folder, capsys):
    path = folder / FILE_NAMES["special"]
    path.unlink()
    ingest(folder, verbosity=1)
    output = capsys.readouterr().out
    assert list(summary_counts(output)) == ["status", "hours", "timezones"]
    assert "special_hours.csv" not in output
    assert not SpecialHours.objects.exists()
    path.write_text("")
    (folder / f"{path.name}.gz").write_bytes(b"")
    with pytest.raises(CommandError) as refused:
        ingest(folder)
    assert str(refused.value) == (
        f"{folder} has both of special_hours.csv and special_hours.csv.gz"
    )


@in_database
def test_a_folder_may_have_special_hours_in_gzip(folder):
    path = folder / FILE_NAMES["special"]
    (folder / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    ingest(folder)
    assert special("E") == {date(2023, 1, 25): []}


@in_database
def test_an_impossible_path_is_a_command_error():
    with pytest.raises(CommandError, match="File name too long"):
        ingest("x" * 5000)


@in_database
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are in UTF-8")
def test_a_file_may_have_any_name(write):
    path = write("timezones", ["A", "UTC"], name=os.fsdecode(b"caf\xe9.csv"))
    ingest("--timezones", path)
    assert known_ids() == ["A"]


@in_database
def test_verbosity_0_is_silent(folder, capsys):
    ingest(folder)
    assert capsys.readouterr() == ("", "")
