"""Uploaded files: kept in pieces in the database until a worker loads them.

The web server and the worker share only the database.
"""

from contextlib import ExitStack, closing, contextmanager
from os import SEEK_END
from pathlib import Path
from tempfile import TemporaryFile
from threading import Event, Thread

from django.conf import settings
from django.db import connection, transaction
from tqdm.utils import CallbackIOWrapper

from restaurant_monitor.access.audit import record
from restaurant_monitor.jobs.attempts import GiveUp
from restaurant_monitor.jobs.queue import enqueue
from stores.ingest.csv_file import CsvFile, Refused
from stores.ingest.steps import examine, refuse, store, too_many_rejects
from stores.models import Chunk, Ingest

PIECE = 1 << 20
MOST_TIMES_PACKED = 20
PROGRESS_SECONDS = 0.5


@transaction.atomic
def request_ingest(uploads, **fields):
    """Queue an Ingest of uploaded files, by kind; return it."""
    names = {kind: upload.name for kind, upload in uploads.items()}
    size = sum(upload.size for upload in uploads.values())
    ingest = Ingest.objects.create(files=names, bytes_total=size, **fields)
    for kind, upload in uploads.items():
        for number, data in enumerate(upload.chunks(PIECE)):
            Chunk.objects.create(
                ingest_id=ingest.pk, kind=kind, number=number, data=data
            )
    enqueue(ingest)
    record("ingest.requested", ingest.pk, after={"files": names, "bytes_total": size})
    return ingest


def work(record):
    """Load the files of an Ingest. Do not retry if a file cannot be read.

    If the user who sent them was deactivated in the meantime, nothing is loaded.
    """
    if record.requested_by and not record.requested_by.is_active:
        raise GiveUp("the user who sent this is deactivated")
    try:
        load(record)
    except Refused as error:
        raise GiveUp(str(error)) from error


def load(record):
    """Load the files of an Ingest. Raises Refused; then nothing has changed."""
    progress = Progress(record.pk)
    with ExitStack() as stack:
        stack.enter_context(progress.saved())
        files = {}
        for kind, name in record.files.items():
            raw = stack.enter_context(spooled(record.pk, kind))
            counted = CallbackIOWrapper(progress.count, raw, "read")
            files[kind] = CsvFile(counted, Path(name), most_unpacked(raw))
        ingest(files, record, progress.log)


@transaction.atomic
def ingest(files, record, log):
    summary = examine(files, record, log)
    if reason := too_many_rejects(files, record, summary):
        refuse(files, record, summary, reason)
    else:
        store(files, record, summary, log)
    record.delete_input()


def most_unpacked(file):
    """Return how many bytes an uploaded file may have once it is unpacked.

    Some kilobytes of gzip can unpack to gigabytes. A packed file may have as many as a
    plain one, or those of any real data, which gzip makes five to ten times smaller.
    """
    packed = file.seek(0, SEEK_END)
    file.seek(0)
    return max(settings.UPLOAD_BYTES, MOST_TIMES_PACKED * packed)


@contextmanager
def spooled(ingest_id, kind):
    """Join the pieces of a file in a temporary file."""
    pieces = Chunk.objects.filter(ingest_id=ingest_id, kind=kind)
    with TemporaryFile() as file:
        for number in range(pieces.count()):
            file.write(pieces.values_list("data", flat=True).get(number=number))
        file.seek(0)
        yield file


class Progress:
    """The progress of an ingest: its step, and the number of bytes read."""

    def __init__(self, ingest_id):
        self.running = Ingest.objects.filter(pk=ingest_id, state=Ingest.State.RUNNING)
        self.step = "reading"
        self.bytes_read = 0

    def log(self, line):
        self.step = line.split()[0]

    def count(self, size):
        self.bytes_read += size

    @contextmanager
    def saved(self):
        """While open, save the progress at intervals.

        A thread does this on its own connection: until the ingest commits, nobody else
        sees what the ingest's connection writes.
        """
        is_over = Event()
        thread = Thread(target=self.save_until, args=[is_over], daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    def save_until(self, is_over):
        with closing(connection):
            while True:
                self.running.update(step=self.step, bytes_read=self.bytes_read)
                if is_over.wait(PROGRESS_SECONDS):
                    break
