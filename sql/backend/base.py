"""Django's PostgreSQL backend, for a server or for a cluster (see sql/cluster.py)."""

from django.db.backends.postgresql import base

from sql import cluster


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that knows if the tables of stores are spread over a cluster.

    There it empties the work tables of a transaction before it commits, so that no
    other transaction sees their rows, and lets no reader begin while it commits.
    """

    def init_connection_state(self):
        super().init_connection_state()
        self.filled = set()  # the work tables that have rows of this transaction
        self.look_for_cluster()

    def look_for_cluster(self):
        with self.connection.cursor() as cursor:
            self._is_cluster = cluster.found(cursor)

    @property
    def is_cluster(self):
        self.ensure_connection()
        return self._is_cluster

    def _commit(self):
        if self.is_cluster:
            with self.cursor() as cursor:
                cluster.end_transaction(cursor, self.filled)
            self.filled.clear()
        super()._commit()

    def _rollback(self):
        self.filled.clear()
        super()._rollback()
