"""Files that are uploaded: kept in pieces in the database until a worker loads them.

Web server and worker share nothing else. One upload is loaded at a time, so that there
is a worker left for reports.
"""

from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from threading import Event, Thread

from django.db import connection, transaction
from tqdm.utils import CallbackIOWrapper

from stores import jobs
from stores.csv_file import CsvFile, Refused
from stores.ingest import examine, refuse, store
from stores.models import Chunk, Ingest

PIECE = 1 << 20
TURN = "the turn of ingests"
PROGRESS_SECONDS = 0.5


@transaction.atomic
def request_ingest(uploads, **fields):
    """Make an Ingest of uploaded files, by kind, that a worker will load; return it."""
    names = {kind: upload.name for kind, upload in uploads.items()}
    size = sum(upload.size for upload in uploads.values())
    ingest = Ingest.objects.create(files=names, bytes_total=size, **fields)
    for kind, upload in uploads.items():
        for number, data in enumerate(upload.chunks(PIECE)):
            Chunk.objects.create(
                ingest_id=ingest.pk, kind=kind, number=number, data=data
            )
    jobs.enqueue(ingest)
    return ingest


def attempt_in_turn(ingest_id):
    """Load an upload, unless it is done, given up, or another one is being loaded.

    Whatever comes meanwhile goes away again, and is called for at the end.
    """
    with jobs.held(TURN) as is_my_turn:
        if is_my_turn:
            jobs.attempt(Ingest, ingest_id, load, hopeless=(Refused,))
    if is_my_turn:
        queued = Ingest.objects.filter(state=Ingest.State.QUEUED)
        for ingest in queued.order_by("requested_at")[:1]:
            jobs.enqueue(ingest)


def load(record):
    """Load the files of an Ingest. Raises Refused, and then nothing has changed."""
    progress = Progress(record.pk)
    with ExitStack() as stack:
        stack.enter_context(progress.written_down())
        files = {}
        for kind, name in record.files.items():
            raw = stack.enter_context(spooled(record.pk, kind))
            counted = CallbackIOWrapper(progress.count, raw, "read")
            files[kind] = CsvFile(counted, Path(name))
        ingest(files, record, progress.tell)


@transaction.atomic
def ingest(files, record, tell):
    summary = examine(files, record, tell)
    if record.is_strict and summary.rejected:
        refuse(files, record, summary)
    else:
        store(files, record, summary, tell)
    record.forget_input()


@contextmanager
def spooled(ingest_id, kind):
    """Put the pieces of a file together again, on disk."""
    pieces = Chunk.objects.filter(ingest_id=ingest_id, kind=kind)
    with TemporaryFile() as file:
        for number in range(pieces.count()):
            file.write(pieces.values_list("data", flat=True).get(number=number))
        file.seek(0)
        yield file


class Progress:
    """How far an ingest is: at which step, and how many bytes of its files are read."""

    def __init__(self, ingest_id):
        self.running = Ingest.objects.filter(pk=ingest_id, state=Ingest.State.RUNNING)
        self.step = "reading"
        self.bytes_read = 0

    def tell(self, line):
        self.step = line.split()[0]

    def count(self, size):
        self.bytes_read += size

    @contextmanager
    def written_down(self):
        """While open, write it down now and then.

        A thread does so, which has a connection of its own: what the ingest's writes
        nobody else sees before all is done.
        """
        is_over = Event()
        thread = Thread(target=self.write_until, args=[is_over], daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    def write_until(self, is_over):
        with closing(connection):
            while True:
                self.running.update(step=self.step, bytes_read=self.bytes_read)
                if is_over.wait(PROGRESS_SECONDS):
                    break
