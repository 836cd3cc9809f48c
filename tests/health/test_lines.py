"""The formats of the log, without a service."""

import json
import logging
import sys
from logging.config import DictConfigurator

import pytest
from django.core.exceptions import ImproperlyConfigured

from restaurant_monitor.logs import configuration, logged_as


def written(log_format, make_record):
    """Return what the handler of a format writes about a record."""
    configurator = DictConfigurator(configuration(log_format))
    parts = configurator.config
    formatter = configurator.configure_formatter(parts["formatters"][log_format])
    ids = configurator.configure_filter(parts["filters"]["ids"])
    record = make_record()
    ids.filter(record)
    return formatter.format(record)


def failure():
    """Return the record of an error as Django logs it, with the request."""
    try:
        raise RuntimeError("two\nlines")
    except RuntimeError:
        more = {"request": object(), "status_code": 500}
        return logging.getLogger("django.request").makeRecord(
            "django.request",
            logging.ERROR,
            __file__,
            1,
            "Internal Server Error: %s",
            ("/api/reports",),
            sys.exc_info(),
            extra=more,
        )


def test_an_error_is_one_object_with_its_traceback():
    with logged_as("a-request", "a-job"):
        text = written("json", failure)
    assert "\n" not in text
    line = json.loads(text)
    assert line.pop("exception").endswith("RuntimeError: two\nlines")
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "ERROR",
        "logger": "django.request",
        "message": "Internal Server Error: /api/reports",
        "request_id": "a-request",
        "job_id": "a-job",
    }


def test_a_line_of_text_has_the_ids_before_the_traceback():
    with logged_as("a-request"):
        first, *others = written("line", failure).splitlines()
    assert first.endswith(
        " ERROR django.request: Internal Server Error: /api/reports [request a-request]"
    )
    assert others[0].startswith("Traceback")


def test_ids_end_with_their_context():
    def record():
        return logging.makeLogRecord({"name": "a", "levelname": "INFO", "msg": "b"})

    with logged_as("outer"):
        with logged_as("inner", "job"):
            pass
        assert written("line", record).endswith("a: b [request outer]")
    assert written("line", record).endswith("a: b")


def test_another_format_is_refused():
    with pytest.raises(ImproperlyConfigured, match="LOG_FORMAT is 'xml'"):
        configuration("xml")
