"""Measures the project itself, with the code of the commands and the worker."""

from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import dj_database_url
import psutil
from django.db import connection
from django.db.models import Count

from reports.compute import request_report
from reports.models import Report
from reports.output import write_csv
from restaurant_monitor.jobs.tasks import attempt
from stores.ingest.staging import FILE_NAMES
from stores.models import Poll
from stores.timeline import refresh as timeline
from stores.timeline.outages import outages
from tests.bench.rival import timed
from tests.support import processes
from tests.support.engine import load_folder

FOLDER = Path(__file__).parent
SAMPLE_SECONDS = 0.02


def use(database_url):
    """Connect to another database from now on."""
    connection.close()
    connection.settings_dict["NAME"] = dj_database_url.parse(database_url)["NAME"]


def ingest(folder):
    return timed(lambda: load_folder(folder))


def refresh():
    return timed(timeline.refresh)


def vacuum():
    """Vacuum the loaded data, as the server does by itself within minutes."""
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")


def report(path):
    """Compute a report as the worker does, write its CSV; return the seconds."""
    new_report = Report.objects.create()

    def compute():
        attempt("reports.Report", str(new_report.pk))
        with path.open("wb") as file:
            write_csv(new_report, file)

    seconds = timed(compute)
    new_report.refresh_from_db()
    if new_report.state != Report.State.COMPLETE:
        raise RuntimeError(f"the report is {new_report.state}: {new_report.error}")
    return seconds


def hour(folder):
    """Ingest and refresh one more poll of every store; return the seconds."""
    return ingest(next_hour(folder)) + refresh()


def next_hour(folder):
    """Write the status file of the hour after the newest poll; return its folder."""
    folder.mkdir(exist_ok=True)
    path = folder / FILE_NAMES["status"]
    query = (FOLDER / "next_hour.sql").read_text()
    with connection.cursor() as cursor, path.open("wb") as file:
        cursor.copy_expert(f"copy ({query}) to stdout (format csv, header)", file)
    return folder


def outages_of_a_store():
    """List the week's outages of the store with the most polls; return the seconds."""
    store_id = busiest_store()
    return timed(lambda: list(outages(store_ids=[store_id])))


def busiest_store():
    """Return the id of the store with the most polls."""
    counted = Poll.objects.values("store_id").annotate(polls=Count("observed_at"))
    return counted.order_by("-polls").values_list("store_id", flat=True)[0]


def bare_copy(path):
    """COPY the status file into a separate indexed table; return the seconds."""
    with connection.cursor() as cursor:
        cursor.execute((FOLDER / "floor_table.sql").read_text())
    return copy_more(path)


def copy_of_hour(folder):
    """COPY the polls of the next hour into that table; return the seconds."""
    return copy_more(next_hour(folder) / FILE_NAMES["status"])


def copy_more(path):
    command = "copy copied from stdin (format csv, header)"
    with connection.cursor() as cursor, path.open("rb") as file:
        return timed(lambda: cursor.copy_expert(command, file))


def queue_waits(database_url, times):
    """Let a real worker compute reports; return how long each was in the queue."""
    with processes.started(database_url, "work") as worker:
        queue_wait(request_report())  # while the worker starts
        waited = [queue_wait(request_report()) for _ in range(times)]
        worker.terminate()
    return waited


def queue_wait(new_report):
    processes.wait_for(
        lambda: Report.objects.filter(pk=new_report.pk, state="complete")
    )
    new_report.refresh_from_db()
    return (new_report.started_at - new_report.requested_at).total_seconds()


def processor_seconds(*others):
    """Return the processor time so far: of the server, this and other processes."""
    connection.ensure_connection()
    server = psutil.Process(connection.connection.info.backend_pid).parent()
    ended = server.cpu_times()
    running = [*server.children(), psutil.Process(), *map(psutil.Process, others)]
    times = [process.cpu_times() for process in running]
    return (
        sum(time.user + time.system for time in times)
        + ended.children_user
        + ended.children_system
    )


@contextmanager
def memory():
    """Measure the private memory of our processes on the server, and of this process.

    Yields a dict that has the peaks in MB afterwards. It slows down the measured code.
    """
    connection.ensure_connection()
    backend = psutil.Process(connection.connection.info.backend_pid)
    ours, peaks, done = psutil.Process(), {"server": 0.0, "ours": 0.0}, Event()
    before = private(ours)

    def watch():
        while not done.wait(SAMPLE_SECONDS):
            workers = backend.parent().children()
            helpers = [p for p in workers if "parallel worker" in title(p)]
            server = sum(private(process) for process in [backend, *helpers])
            peaks["server"] = max(peaks["server"], server)
            peaks["ours"] = max(peaks["ours"], private(ours) - before)

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield peaks
    finally:
        done.set()
        watcher.join()


def title(process):
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def private(process):
    """Return the private memory of a process in MB; 0 once it has ended."""
    try:
        held = process.memory_info()
    except psutil.NoSuchProcess:
        return 0.0
    return (held.rss - held.shared) / 1024**2
