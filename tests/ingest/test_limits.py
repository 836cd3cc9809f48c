"""How many rows of a file may be rejected, at the edges of each limit."""

import pytest
from django.core.management import CommandError

from stores.ingest.limits import most_rejects, read_limit
from tests.ingest.rows import all_content, ingest, known_ids, read_csv, summary_counts

in_database = pytest.mark.django_db
WAY_OUT = "give another one with max_rejects or --max-rejects, such as 5% or 200"


@pytest.fixture
def zones(write):
    """Write a file of time zones with so many rows, of which the first are bad."""

    def zones(rows, bad):
        lines = [[f"bad{number}", "Nowhere"] for number in range(bad)]
        lines += [[f"good{number}", "UTC"] for number in range(rows - bad)]
        return write("timezones", *lines)

    return zones


@in_database
@pytest.mark.parametrize(
    ("rows", "bad", "options"),
    [
        (10, 10, []),  # ten rows, although all of them
        (1100, 11, []),  # 1 % exactly
        (220, 11, ["--max-rejects", "5%"]),
        (10, 10, ["--max-rejects", "0.5%"]),
        (11, 11, ["--max-rejects", "100%"]),
        (12, 11, ["--max-rejects", "11"]),
        (2, 1, ["--max-rejects", "1"]),
        (2, 0, ["--max-rejects", "0"]),
    ],
)
def test_a_file_at_its_limit_is_loaded(zones, rows, bad, options):
    ingest("--timezones", zones(rows, bad), *options)
    assert len(known_ids()) == rows - bad


@in_database
@pytest.mark.parametrize(
    ("rows", "bad", "options", "limit"),
    [
        (11, 11, [], "1% of a file's rows"),
        (1099, 11, [], "1% of a file's rows"),
        (1101, 12, [], "1% of a file's rows"),
        (219, 11, ["--max-rejects", "5%"], "5% of a file's rows"),
        (2199, 11, ["--max-rejects", "0.5 %"], "0.5% of a file's rows"),
        (1100, 11, ["--max-rejects", "10"], "10 rows of a file"),
        (1100, 2, ["--max-rejects", " 1 "], "1 rows of a file"),
    ],
)
def test_a_file_beyond_its_limit_is_refused(zones, rows, bad, options, limit):
    path, before = zones(rows, bad), all_content()
    with pytest.raises(CommandError) as refused:
        ingest("--timezones", path, *options)
    assert str(refused.value) == (
        f"{path}: {bad:,} of {rows:,} rows are rejected; the limit is {limit} "
        f"({WAY_OUT}); nothing was changed"
    )
    assert all_content() == before


@in_database
@pytest.mark.parametrize("limit", ["0", "0%", "0.0%"])
def test_a_limit_of_zero_is_strict(zones, limit):
    with pytest.raises(CommandError) as refused:
        ingest("--timezones", zones(1000, 1), "--max-rejects", limit)
    assert str(refused.value) == "1 rows are invalid; nothing was changed"


@in_database
def test_the_rows_of_each_file_are_counted_alone(zones, write):
    """Ten bad rows in each of two files, which is more than 1 % of both together."""
    weeks = write("hours", *([f"h{number}", "7", "9", "17"] for number in range(10)))
    ingest("--timezones", zones(20, 10), "--hours", weeks)
    assert len(known_ids()) == 10


@in_database
def test_a_wrong_file_refuses_the_good_ones_too_and_says_why(write, zones, capsys):
    status = write("status", *([f"s{n}", "up", "2023-01-24 09:00"] for n in range(11)))
    rejects = status.parent / "rejects.csv"
    with pytest.raises(CommandError) as refused:
        ingest(
            *("--status", status, "--timezones", zones(2, 0)),
            *("--rejects", rejects),
            verbosity=1,
        )
    assert str(refused.value).startswith(f"{status}: 11 of 11 rows are rejected; ")
    assert known_ids() == []
    output = capsys.readouterr().out
    assert summary_counts(output)["status"] == [11, 0, 0, 0, 0, 11]
    assert "rejected: 11 of status: status that is neither" in output
    assert len(read_csv(rejects)) == 11


@in_database
def test_each_file_beyond_the_limit_is_named(write, zones):
    weeks = write("hours", *([f"h{number}", "7", "9", "17"] for number in range(12)))
    path = zones(13, 13)
    with pytest.raises(CommandError) as refused:
        ingest("--timezones", path, "--hours", weeks)
    text = str(refused.value)
    assert f"{weeks}: 12 of 12 rows are rejected" in text
    assert f"{path}: 13 of 13 rows are rejected" in text


BAD_LIMITS = [
    "", "%", "-1", "+1", "1.5", "101%", "100.1%", "1e3", "1,000", "5%%", "% 5", "5 5",
    "nan%", ".5%", "5.%", "many", "none", "\u0665", "1" * 13, "1.0000001%",
]  # fmt: skip


@pytest.mark.parametrize("text", BAD_LIMITS)
def test_what_is_no_limit_is_refused_with_the_forms_it_has(zones, text):
    with pytest.raises(CommandError) as refused:
        ingest("--timezones", zones(1, 0), f"--max-rejects={text}")
    assert str(refused.value) == (
        f"Error: argument --max-rejects: {text!r} is not a limit of rejected rows: "
        "give a share such as 5%, at most 100%, or a number of rows such as 200"
    )


def test_strict_and_another_limit_exclude_each_other(zones):
    with pytest.raises(CommandError, match="not allowed with argument"):
        ingest("--timezones", zones(1, 0), "--strict", "--max-rejects", "5%")


def test_a_share_is_not_rounded():
    assert read_limit(" 2.5 % ") == "2.5%"
    assert most_rejects("2.5%", 1001) * 1000 == 25025
    assert most_rejects("1%", 999) == most_rejects("1%", 0) == 10
