"""What is ingested while a refresh is under way is heard by it or by the next one."""

import csv
import io
from datetime import timedelta
from subprocess import PIPE

from tests import processes, reference
from tests.reference import HOUR, Data
from tests.strategies import write_csvs

FIRST = reference.parse_instant("2023-01-17 18:00:00 UTC")

# A refresh that names each statement before it runs it, and then waits for a line.
STEP_BY_STEP = """
import django
django.setup()
import sql
from stores import timeline

run = sql.run

def step(name, **parameters):
    print(name, flush=True)
    input()
    return run(name, **parameters)

sql.run = step
timeline.refresh()
"""


def arrival(number):
    """Polls of a known store and of a new one; some tell of a later day than others.

    The newest poll comes with a store that the refresh sees when it looks for the
    stores, and did not see when it looked for the marks.
    """
    at, store_id = FIRST + number * 5 % 13 * timedelta(hours=12), f"store {number}"
    polls = [
        ("known", number % 3 == 0, at - timedelta(days=1)),
        (store_id, number % 2 == 0, at - timedelta(hours=3)),
        (store_id, number % 2 == 1, at),
    ]
    hours = [(store_id, weekday, 9 * HOUR, 17 * HOUR) for weekday in range(7)]
    return Data(polls, hours, [(store_id, "America/Denver")])


def as_csv(rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def test_ingests_between_the_steps_of_a_refresh_are_heard(tmp_path):
    everything = Data()

    def ingest(number):
        data = arrival(number)
        write_csvs(data, tmp_path)
        processes.finished(database_url, "ingest_csv", tmp_path).check_returncode()
        everything.polls.extend(data.polls)
        everything.hours.extend(data.hours)
        everything.zones.extend(data.zones)

    with processes.new_database() as database_url:
        ingest(0)
        with processes.started(
            database_url, script=STEP_BY_STEP, stdin=PIPE
        ) as refresh:
            steps = []
            for line in refresh.stdout:
                steps.append(line.strip())
                ingest(len(steps))
                print(file=refresh.stdin, flush=True)
            assert processes.ended(refresh).returncode == 0
        assert {"timeline/gather_dates", "timeline/delete_marks"} < {*steps}
        report = processes.finished(database_url, "run_report")
        check = processes.finished(database_url, "check_timeline")
    assert report.stdout == as_csv(reference.csv_rows(reference.figures(everything)))
    assert check.returncode == 0
