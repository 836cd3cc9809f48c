from django.apps import AppConfig
from django.core.checks import Error, Tags, register
from django.db import connections
from django.urls import register_converter

from restaurant_monitor.http.segments import SegmentConverter

OLDEST_POSTGRESQL = 16  # the first with pg_input_is_valid


class StoresConfig(AppConfig):
    name = "stores"

    def ready(self):
        from restaurant_monitor.jobs.watch import ending, ticked
        from stores.polling.process import end_polling, keep_polling
        from stores.timeline.tasks import send_if_behind

        ticked.connect(send_if_behind)
        ticked.connect(keep_polling)
        ending.connect(end_polling)
        register_converter(SegmentConverter, "segment")


@register(Tags.database)
def check_databases(databases, **_):
    """Report, when migrating, why the project cannot use a database."""
    return [
        error for alias in databases or [] for error in problems(connections[alias])
    ]


def problems(connection):
    if connection.vendor != "postgresql":
        yield Error(f"DATABASE_URL names {connection.vendor}; PostgreSQL is needed")
        return
    connection.ensure_connection()
    if connection.pg_version < OLDEST_POSTGRESQL * 10_000:
        yield Error(f"PostgreSQL {OLDEST_POSTGRESQL} or newer is needed")
    encoding = connection.connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        yield Error(f"the database's encoding is {encoding}; UTF8 is needed")
