"""ingest_csv as a process: exit codes, terminals, memory, and two at once."""

import fcntl
import os
import pty
import re
import struct
import termios
from pathlib import Path

import pytest

from tests.ingest.rows import ZONE, summary_counts
from tests.support import processes


def content_of(database_url):
    with processes.cursor_on(database_url) as cursor:
        return processes.content(cursor)


def test_a_refused_file_ends_with_one_line_and_exit_code_1(database_url, tmp_path):
    path = tmp_path / "ragged.csv"
    path.write_text("store_id,timezone_str\nA,UTC\nB\n")
    before = content_of(database_url)
    ended = processes.run(database_url, "ingest_csv", "--timezones", path)
    assert ended.returncode == 1
    assert ended.stderr == (
        f'CommandError: {path}, line 3: missing data for column "timezone_str"; '
        "nothing was changed\n"
    )
    assert content_of(database_url) == before


def test_strict_ends_with_exit_code_1(database_url, write):
    path = write("timezones", ["A", "UTC"], ["B", "Nowhere"])
    before = content_of(database_url)
    ended = processes.run(
        database_url, "ingest_csv", "--timezones", path, "--strict", "-v", "0"
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == ("CommandError: 1 rows are invalid; nothing was changed\n")
    assert content_of(database_url) == before


def test_it_writes_plain_lines_to_a_pipe(database_url, write):
    path = write("timezones", ["plain", "UTC"], ["plain", "Nowhere"])
    ended = processes.run(database_url, "ingest_csv", "--timezones", path)
    assert (ended.returncode, ended.stderr) == (0, "")
    *lines, last = ended.stdout.splitlines()
    assert lines == [
        f"reading {path}",
        "checking the rows",
        "storing what is new",
        "                read       new   changed  already there  superseded  rejected",
        "timezones          2         1         0              0           0         1",
        f"rejected: 1 of timezones: {ZONE}",
    ]
    assert re.fullmatch(r"Ingested in \d+\.\d s\.", last)


def test_verbosity_0_writes_nothing_to_a_terminal(database_url, folder):
    assert on_a_terminal(database_url, folder, "-v", "0") == ""


def test_a_progress_bar_shows_rate_and_remaining_time_on_a_terminal(
    database_url, tmp_path
):
    path = tmp_path / "large.csv"
    row = "shown,active,2023-01-24 09:00:00," + "x" * 960
    path.write_text("store_id,status,timestamp_utc,note\n" + f"{row}\n" * 10_000)
    shown = on_a_terminal(database_url, "--status", path)
    assert re.search(r"reading:   0%\|.*\[\d\d:\d\d<\?, \?B/s\]", shown)
    assert re.search(
        r"reading: 100%\|.*9\.9\dM/9\.9\dM \[\d\d:\d\d<\d\d:\d\d, .*B/s\]", shown
    )
    assert "checking the rows" in shown


def on_a_terminal(database_url, *arguments):
    """Run an ingest to its end on a terminal; return its output."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    with processes.started(
        database_url, "ingest_csv", *arguments, stdout=its, stderr=its
    ) as process:
        os.close(its)
        shown = b"".join(iter(lambda: read_terminal(ours), b""))
    os.close(ours)
    assert process.returncode == 0
    return shown.decode()


def read_terminal(terminal):
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # Linux raises this when the other side is closed
        return b""


def test_two_ingests_at_once_take_turns(database_url, write):
    """Both wait for a third connection, so that they really overlap."""
    rows = [[f"turn{number}", "UTC"] for number in range(3)]
    path = write("timezones", *rows)
    with processes.cursor_on(database_url) as cursor:
        cursor.execute("lock table store in share row exclusive mode")
        arguments = [database_url, "ingest_csv", "--timezones", path]
        with processes.started(*arguments) as one, processes.started(*arguments) as two:
            processes.wait_for(lambda: len(processes.waiting(cursor)) == 2)
            cursor.connection.rollback()
            ended = [processes.wait_for_end(one), processes.wait_for_end(two)]
    assert [end.returncode for end in ended] == [0, 0]
    counts = sorted(summary_counts(end.stdout)["timezones"] for end in ended)
    assert counts == [[3, 0, 0, 3, 0, 0], [3, 3, 0, 0, 0, 0]]


MEASURED = """
import sys
from pathlib import Path
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
print(Path("/proc/self/status").read_text())
"""
MEGABYTE = 1_000_000


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux only")
def test_a_larger_file_needs_no_more_memory(database_url, tmp_path):
    small = peak_memory(database_url, tmp_path, MEGABYTE)
    large = peak_memory(database_url, tmp_path, 60 * MEGABYTE)
    assert large - small < 30 * MEGABYTE


def peak_memory(database_url, folder, size):
    """The peak memory of an ingest of this size, with half its rows rejected."""
    path = folder / "file.csv"
    note = "x" * 950
    good = f"memory,active,2023-01-24 09:00:00,{note}\n"
    bad = f"memory,up,2023-01-24 09:00:00,{note}\n"
    rows = (good + bad) * (size // len(good + bad))
    path.write_text("store_id,status,timestamp_utc,note\n" + rows)
    options = ["--rejects", folder / "rejects.csv", "--max-rejects", "50%", "-v", "0"]
    with processes.started(
        database_url, "ingest_csv", "--status", path, *options, script=MEASURED
    ) as process:
        ended = processes.wait_for_end(process)
    assert ended.returncode == 0, ended.stderr
    return int(re.search(r"VmHWM:\s+(\d+) kB", ended.stdout)[1]) * 1024
