"""The log: lines of text or JSON, with the ids of the request and the job.

A job has the id of the request that made it. So all lines about a request are found by
one id, in the log of the web server and in that of the worker.
"""

import logging
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from django.core.exceptions import ImproperlyConfigured
from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

REQUEST_ID = ContextVar("request_id", default="")
JOB_ID = ContextVar("job_id", default="")


def current_request_id():
    """Return the id of the request that this code works for; empty if it has none."""
    return REQUEST_ID.get()


@contextmanager
def logged_as(request_id, job_id=""):
    """While open, log lines have these ids."""
    tokens = REQUEST_ID.set(request_id), JOB_ID.set(job_id)
    try:
        yield
    finally:
        for variable, token in zip((REQUEST_ID, JOB_ID), tokens, strict=True):
            variable.reset(token)


class Ids(logging.Filter):
    """Gives a record the current ids, as far as there are any."""

    def filter(self, record):
        for name, variable in {"request_id": REQUEST_ID, "job_id": JOB_ID}.items():
            if value := variable.get():
                setattr(record, name, value)
        return True


class Line(logging.Formatter):
    """Writes a line of text: time in UTC, level, logger, message, ids."""

    def formatTime(self, record, datefmt=None):
        moment = datetime.fromtimestamp(record.created, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def formatMessage(self, record):
        ids = "".join(
            f" [{name} {value}]"
            for name in ("request", "job")
            if (value := getattr(record, f"{name}_id", ""))
        )
        return super().formatMessage(record) + ids


FORMATTERS = {
    "json": {
        "()": JsonFormatter,
        "fmt": "{levelname}{name}{message}",
        "style": "{",
        "timestamp": "time",
        "rename_fields": {
            "levelname": "level",
            "name": "logger",
            "exc_info": "exception",
        },
        # Django adds the whole request to its records.
        "reserved_attrs": [*RESERVED_ATTRS, "request", "status_code"],
    },
    "line": {
        "()": Line,
        "fmt": "{asctime} {levelname} {name}: {message}",
        "style": "{",
    },
}
LOGGERS = {
    "restaurant_monitor": {"level": "INFO"},
    # By default, Django writes its log to the console and mails errors.
    "django": {"level": "WARNING", "handlers": []},
    # A refused request has its line in restaurant_monitor.requests.
    "django.request": {"level": "ERROR"},
    "django-q": {"level": "WARNING"},
    # They have handlers of their own.
    "gunicorn.error": {"handlers": ["stderr"], "propagate": False},
}


def configuration(log_format):
    """Return the configuration of the log in a format: `json` or `line`."""
    if log_format not in FORMATTERS:
        raise ImproperlyConfigured(
            f"LOG_FORMAT is {log_format!r}, and can be {' or '.join(FORMATTERS)}"
        )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"ids": {"()": Ids}},
        "formatters": FORMATTERS,
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "filters": ["ids"],
                "formatter": log_format,
            }
        },
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": LOGGERS,
    }
