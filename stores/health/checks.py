"""What must hold for the service to work.

A check returns a line that says what it found, or raises Unhealthy. `run` runs several.
"""

from collections import namedtuple
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

import sql
from restaurant_monitor.jobs.figures import waiting
from restaurant_monitor.jobs.recovery import is_worker_alive
from restaurant_monitor.versions import OtherVersion, refuse_other_version

# `is_ok` is None if that is unknown. `reason` has the address of the database, so it is
# for the operator only.
Finding = namedtuple("Finding", "name is_ok text reason", defaults=[""])
NO_DATABASE = "the database does not answer"


class Unhealthy(Exception):
    """A check fails. The message says why, and what to do."""


class Unknown(Exception):
    """A check cannot be made. The message says why."""


def run(checks):
    """Run checks, by their names in order; yield a Finding for each.

    Without a database, or with pending migrations, the rest is not checked.
    """
    for name, check in checks.items():
        try:
            yield Finding(name, True, check())
        except Unknown as error:
            yield Finding(name, None, str(error))
        except Unhealthy as error:
            yield Finding(name, False, str(error))
            if name in ("database", "migrations"):
                return
        except (OperationalError, InterfaceError) as error:
            connection.close()
            reason = str(error).strip()
            yield Finding(name, False, NO_DATABASE, reason)
            return


def database():
    """The database answers and can be written to."""
    if connection.vendor != "postgresql":
        raise Unhealthy(f"DATABASE_URL names {connection.vendor}, not PostgreSQL.")
    server = sql.one("health/server")
    if server.is_read_only:
        raise Unhealthy("the database is read-only. Connect to the primary server.")
    return f"PostgreSQL {server.version} answers"


def migrations():
    """The database has the migrations of the code, and no others."""
    try:
        refuse_other_version()
    except OtherVersion as error:
        raise Unhealthy(str(error)) from error
    return "all migrations are applied"


def worker():
    if not is_worker_alive():
        raise Unhealthy("no worker is alive. Start manage.py work.")
    return "a worker is alive"


def oldest_job():
    """No queued job has waited for more than READY_JOB_MINUTES."""
    oldest = max(waiting(), key=lambda one: one.oldest_seconds)
    if not oldest.oldest_seconds:
        return "no job is waiting"
    length = timedelta(seconds=round(oldest.oldest_seconds))
    text = f"the oldest waiting {oldest.kind} has waited for {length}"
    refuse_old(length, settings.READY_JOB_MINUTES, "READY_JOB_MINUTES", text)
    return text


def newest_poll():
    """The newest poll is at most READY_POLL_MINUTES old, if there is one."""
    now = datetime.now(UTC)
    newest = sql.one("health/newest_poll", now=now).newest_poll_at
    if newest is None:
        return "there is no poll yet"
    length = timedelta(seconds=round((now - newest).total_seconds()))
    text = f"the newest poll is {length} old"
    refuse_old(length, settings.READY_POLL_MINUTES, "READY_POLL_MINUTES", text)
    return text


def refuse_old(length, minutes, setting, text):
    """Raise Unhealthy if something is older than the setting allows; 0 allows all."""
    if minutes and length > timedelta(minutes=minutes):
        raise Unhealthy(f"{text}, and {setting} is {minutes}")
