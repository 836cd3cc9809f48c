"""Tells which errors are a 503: the database is away, has no room or takes too long.

A full disk of the web server is one, too. Every other error is one of the program: 500.
"""

import errno
import sys

from django.db import InterfaceError, OperationalError, connection
from django.utils.log import log_response

AWAY = "the database cannot be reached"
NO_ROOM = "the database has too little disk space, memory or connections"
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
# By SQLSTATE, or by its first two characters.
REASONS = {
    "55P03": "another change is running and did not end in time",  # lock_timeout
    "57014": "this takes too long",  # statement_timeout
    "25P03": AWAY,  # it ended a transaction that was idle for too long
    "25P04": "this takes too long",  # transaction_timeout
    "08": AWAY,
    "53": NO_ROOM,
    "57": AWAY,  # it is being stopped, or starts
    "58": AWAY,  # its disk fails
}


def reason_now():
    """Return why the error that is being handled is a 503, or None if it is not."""
    return reason_of(sys.exception())


def reason_of(error):
    if isinstance(error, OSError) and error.errno in NO_SPACE:
        return "the server has too little disk space"
    if isinstance(error, InterfaceError):
        # An earlier error has closed the connection. With an open one, we misused it.
        opened = connection.connection
        return AWAY if opened is None or opened.closed else None
    if not isinstance(error, OperationalError):
        return None
    state = getattr(error.__cause__, "pgcode", None)
    if state is None:  # not a word from the server
        return AWAY
    return REASONS.get(state) or REASONS.get(state[:2])


def note_unavailable(request, response, reason):
    """Let the log line of the request say which error is being handled, or the reason.

    Otherwise Django logs it, with a traceback.
    """
    response.log_reason = " ".join(str(sys.exception() or reason).split())
    log_response(response.log_reason, request=request, response=response, level="debug")
