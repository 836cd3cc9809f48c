"""Answers 503 while the database belongs to another version of the code."""

from time import monotonic

from django.db import InterfaceError, OperationalError, connection

from restaurant_monitor.http.problems import unavailable
from restaurant_monitor.versions import OtherVersion, refuse_other_version

CHECK_SECONDS = 5


def refuse_database_of_other_version(get_response):
    """Middleware: check the migrations of the database every CHECK_SECONDS.

    While they are others, every request is refused, and the next one checks again.
    Without a database, a view that needs it says so.
    """
    valid_until = 0

    def middleware(request):
        nonlocal valid_until
        if monotonic() >= valid_until:
            try:
                refuse_other_version()
                valid_until = monotonic() + CHECK_SECONDS
            except OtherVersion as error:
                return unavailable(request, str(error))
            except (OperationalError, InterfaceError):
                connection.close()
        return get_response(request)

    return middleware
