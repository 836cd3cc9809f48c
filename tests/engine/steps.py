"""Processes that pause before a statement, so that a test can act just then."""

from subprocess import PIPE

from tests.support import processes, reference
from tests.support.reference import HOUR

# Before it runs a statement (each, or only those named), it prints its name and waits
# for a character. The name is its file in sql/, the action and table of the ORM, or
# its text.
STEP_BY_STEP = """
import os
import re
import sys
import django
django.setup()
import sql
from django.db.backends.signals import connection_created
from django.test import Client
from reports.compute import compute
from reports.models import Report, ReportRow
from stores.timeline.refresh import refresh

FILES = {sql.text(name): name for name in sql.names()}
FILES |= {sql.cluster.adapted(text): name for text, name in FILES.items()}
ORM = re.compile('(SELECT|DELETE|UPDATE).*?(?:FROM|UPDATE) "(\\\\w+)"', re.DOTALL)

def name_of(statement):
    if found := ORM.match(statement.replace("UPDATE", "UPDATE UPDATE", 1)):
        return f"{found[1].lower()} {found[2]}"
    return FILES.get(statement, " ".join(str(statement).split()))

def step(execute, statement, *arguments):
    name = name_of(statement)
    if name in (sys.argv[1:] or [name]):
        os.write(sys.stdout.fileno(), f"{name}\\n".encode())  # in one go
        os.read(sys.stdin.fileno(), 1)
    return execute(statement, *arguments)

def watch(connection, **_):
    connection.execute_wrappers.append(step)

connection_created.connect(watch)
"""
REFRESH = STEP_BY_STEP + "refresh()"
REPORT = (
    STEP_BY_STEP
    + """
report = Report.objects.create(state="running")
compute(report)
for row in ReportRow.objects.filter(report_id=report.pk).order_by("store_id"):
    print(row.store_id, row.up_week + row.down_week + row.unobserved_week)
"""
)
READ = (
    STEP_BY_STEP
    + """
from concurrent.futures import ThreadPoolExecutor
from tests.support.processes import BEARER

def answer(path):
    found = Client(SERVER_NAME="127.0.0.1", headers=BEARER).get(path)
    return f"{found.status_code} {found.content.decode()}"

paths = [argument for argument in sys.argv if argument.startswith("/")]
with ThreadPoolExecutor(len(paths)) as pool:
    print(*pool.map(answer, paths), sep="\\n")
"""
)
ALWAYS = [("1", weekday, 0, 24 * HOUR) for weekday in range(7)]


def at(text):
    return reference.parse_instant(f"2023-01-{text} UTC")


def output_while(action, database_url, *steps, script, more=()):
    """Run a script; call `action` while it pauses before these statements."""
    arguments = [*steps, *more]
    with processes.started(
        database_url, *arguments, script=script, stdin=PIPE
    ) as process:
        reached = [process.stdout.readline().strip() for _ in steps]
        assert sorted(reached) == sorted(steps)
        action()
        print(end="." * len(steps), file=process.stdin, flush=True)
        done = processes.wait_for_end(process)
    assert done.returncode == 0, done.stderr
    return done.stdout


def do_nothing():
    pass


# Open for one hour a day, and for eight.
SHORT = [("1", weekday, 9 * HOUR, 10 * HOUR) for weekday in range(7)]
LONG = [("1", weekday, 9 * HOUR, 17 * HOUR) for weekday in range(7)]
