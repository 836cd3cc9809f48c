"""Gives each request an id, and logs each request as one line."""

import logging
import re
from time import perf_counter
from uuid import uuid4

from django.utils.encoding import escape_uri_path

from restaurant_monitor.logs import logged_as

HEADER = "X-Request-ID"
WELL_FORMED = re.compile(r"[\w.:/=+-]{1,128}", re.ASCII)

logger = logging.getLogger("restaurant_monitor.requests")


def log_requests(get_response):
    """Middleware: answer with the id of the request, and log the request.

    The id comes from the request if it is well-formed, so that a proxy can choose it.
    The duration ends when the answer begins.
    """

    def middleware(request):
        began = perf_counter()
        request_id = id_of(request)
        with logged_as(request_id):
            response = get_response(request)
            response[HEADER] = request_id
            log(request, response, perf_counter() - began)
        return response

    return middleware


def id_of(request):
    sent = request.headers.get(HEADER, "")
    return sent if WELL_FORMED.fullmatch(sent) else str(uuid4())


def log(request, response, seconds):
    # The path is escaped again, so that it cannot break the line.
    fields = {
        "method": request.method,
        "path": escape_uri_path(request.path),
        "status": response.status_code,
        "duration_seconds": round(seconds, 6),
    }
    text = "{method} {path} {status} in {duration_seconds:.3f} s".format(**fields)
    if reason := getattr(response, "log_reason", ""):
        logger.error("%s: %s", text, reason, extra=fields | {"reason": reason})
    else:
        logger.info(text, extra=fields)
