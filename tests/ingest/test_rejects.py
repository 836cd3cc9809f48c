"""The file of rows rejected, and strict ingests, which allow none."""

from pathlib import Path

import pytest
from django.core.management import CommandError

from stores.ingest.staging import FILE_NAMES
from tests.ingest.rows import (
    DATE,
    END,
    STATUS,
    all_content,
    ingest,
    known_ids,
    read_csv,
    summary_counts,
)

in_database = pytest.mark.django_db


@in_database
def test_the_rejects_file_has_each_row_set_aside_with_its_place(write, folder):
    rejects = folder / "rejects.csv"
    status = folder / FILE_NAMES["status"]
    status.write_text(
        "note,timestamp_utc,status,store_id\n"
        '"two\nlines",2023-01-24 09:00:00,active,A\n'
        '"two\nlines, and ""quotes"" é",2023-01-24 09:00:00, Awake ,A\n'
        ",,,\n"
    )
    ingest(folder, "--rejects", rejects)
    assert rejects.read_text(encoding="utf-8").splitlines() == [
        "file,record,reason,row",
        f'{status},2,{STATUS},"[""two\\nlines, and \\""quotes\\"" é"", '
        '""2023-01-24 09:00:00"", "" Awake "", ""A""]"',
        f'{status},3,empty store_id,"[null, null, null, null]"',
        f'{folder}/menu_hours.csv,4,{END},"[""C"", ""1"", ""08:00"", ""24:01""]"',
        f'{folder}/special_hours.csv,6,{DATE},"[""E"", ""2023-02-30"", null, null]"',
    ]


@in_database
def test_the_rejects_file_has_no_rows_when_none_is_set_aside(write, tmp_path):
    rejects = tmp_path / "rejects.csv"
    rejects.write_text("of,an,earlier,ingest\n1,2,3,4\n")
    ingest("--timezones", write("timezones", ["A", "UTC"]), "--rejects", rejects)
    assert read_csv(rejects) == []


@in_database
def test_the_rejects_file_may_not_be_an_input_file(write):
    path = write("timezones", ["A", "UTC"], ["B", "Nowhere"])
    before = path.read_bytes()
    with pytest.raises(CommandError):
        ingest("--timezones", path, "--rejects", path)
    assert path.read_bytes() == before
    assert known_ids() == []


@in_database
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux only")
def test_an_unwritable_rejects_file_refuses_the_whole_ingest(write):
    path = write("timezones", ["A", "UTC"], ["B", "Nowhere"])
    with pytest.raises(CommandError, match="No space left on device"):
        ingest("--timezones", path, "--rejects", "/dev/full")
    assert known_ids() == []


@in_database
def test_strict_refuses_the_whole_ingest_for_one_bad_row(folder, capsys):
    before, rejects = all_content(), folder / "rejects.csv"
    with pytest.raises(CommandError) as refused:
        ingest(folder, "--strict", "--rejects", rejects, verbosity=1)
    assert str(refused.value) == "3 rows are invalid; nothing was changed"
    assert all_content() == before
    output = capsys.readouterr().out
    assert summary_counts(output)["status"][-1] == 1
    assert f"rejected: 1 of hours: {END}" in output
    assert [row["reason"] for row in read_csv(rejects)] == [STATUS, END, DATE]


@in_database
def test_strict_loads_files_without_bad_rows(write):
    ingest("--strict", "--timezones", write("timezones", ["A", "UTC"], ["A", "UTC"]))
    assert known_ids() == ["A"]
