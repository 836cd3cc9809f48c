"""Bounds how many requests wait at once, so that others still find a free thread."""

from contextlib import contextmanager
from threading import Condition, get_ident
from time import monotonic

from restaurant_monitor.http.errors import Busy


class Places:
    """The places of one process for requests that may wait for the same thing.

    If all are taken, a request waits while others come and go. Once nobody has come or
    gone for `patience` seconds, it is refused, and the next ones are refused at once.
    """

    def __init__(self, count, patience, what="an ingest"):
        self.count = count
        self.patience = patience
        self.what = what
        self.threads = set()  # those that have a place
        self.change = Condition()
        self.changed_at = monotonic()

    @contextmanager
    def one(self):
        """Have a place while open. Raises Busy if there is none. May be nested."""
        thread = get_ident()
        if thread in self.threads:
            yield
            return
        self.take(thread)
        try:
            yield
        finally:
            self.leave(thread)

    def take(self, thread):
        with self.change:
            while len(self.threads) == self.count:
                patience_left = self.changed_at + self.patience - monotonic()
                if patience_left <= 0:
                    raise Busy(f"too many requests are waiting for {self.what}")
                self.change.wait(patience_left)
            self.threads.add(thread)
            self.changed_at = monotonic()

    def leave(self, thread):
        with self.change:
            self.threads.remove(thread)
            self.changed_at = monotonic()
            self.change.notify()
