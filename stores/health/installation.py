"""Checks of an installation, for `manage.py doctor`. See `checks`."""

import os
import tempfile
from datetime import UTC, datetime, timedelta
from shutil import disk_usage

from django.conf import settings

import sql
from restaurant_monitor.local import postgres
from stores.apps import OLDEST_POSTGRESQL
from stores.health import checks
from stores.health.checks import Unhealthy, Unknown
from stores.models import Mark, PollingRound, Probe, Unsettled

GB = 1_000_000_000
# The write-ahead log of the embedded server alone may take 4 GB.
LEAST_DISK = 5 * GB
# For 8 threads of the web server, 8 processes and threads of the worker, and some
# commands.
CONNECTIONS = 25
CLOCK_SECONDS = 2
MOST_NAMED = 3
LATE_ROUND = timedelta(minutes=10)  # a round takes about 5 at most


def utc_now():
    return datetime.now(UTC)


def disk():
    if "DATABASE_URL" in os.environ:
        raise Unknown("only the disk of the embedded PostgreSQL can be seen from here")
    folder = postgres.LOCAL
    free = disk_usage(folder).free
    text = f"{free / GB:.1f} GB are free for {folder}"
    if free < LEAST_DISK:
        raise Unhealthy(
            f"only {text}, and a load may need {LEAST_DISK / GB:.0f} GB. Free some "
            "space, or set KEEP_POLLS_DAYS and run manage.py prune."
        )
    return text


def temporary_files():
    """An upload fits into the folder for temporary files."""
    try:
        folder = tempfile.gettempdir()
    except FileNotFoundError as error:
        raise Unhealthy(f"{error}. Set TMPDIR to a folder.") from error
    free = disk_usage(folder).free
    text = f"{free / GB:.1f} GB are free in {folder}"
    if free < settings.UPLOAD_BYTES:
        raise Unhealthy(
            f"only {text}, and an upload may have {settings.UPLOAD_BYTES / GB:.1f} GB. "
            "Free some space, or set TMPDIR to another folder."
        )
    return text


def version():
    server = sql.one("health/server")
    if server.version_number < OLDEST_POSTGRESQL * 10_000:
        raise Unhealthy(
            f"PostgreSQL {server.version} is too old: {OLDEST_POSTGRESQL} or newer is "
            "needed. Upgrade the server."
        )
    return f"{server.version} ({OLDEST_POSTGRESQL} or newer is needed)"


def encoding():
    found = sql.one("health/server").encoding
    if found != "UTF8":
        raise Unhealthy(
            f"the database's encoding is {found}, and UTF8 is needed. Create another "
            "database with it: createdb --template=template0 --encoding=UTF8 NAME"
        )
    return found


def server_settings():
    """The settings that keep the data safe and the tables fast are on."""
    server = sql.one("health/server")
    names = ["fsync", "full_page_writes", "autovacuum"]
    off = [name for name in names if not getattr(server, name)]
    if off:
        verb = "is" if len(off) == 1 else "are"
        raise Unhealthy(
            f"{' and '.join(off)} {verb} off. A crash may damage the data, or the "
            "tables become slow. Remove the setting from postgresql.conf and reload."
        )
    return f"{', '.join(names)} are on"


def connections():
    allowed = sql.one("health/server").max_connections
    if allowed < CONNECTIONS:
        raise Unhealthy(
            f"max_connections is {allowed}, and the web server and the worker need up "
            f"to {CONNECTIONS}. Raise it in postgresql.conf and restart PostgreSQL."
        )
    return f"max_connections is {allowed}"


def clock():
    """The clock of this machine agrees with the database's."""
    began = utc_now()
    theirs = sql.one("health/server").clock
    ours = began + (utc_now() - began) / 2
    ahead = (ours - theirs).total_seconds()
    if abs(ahead) > CLOCK_SECONDS:
        side = "ahead of" if ahead > 0 else "behind"
        length = timedelta(seconds=round(abs(ahead)))
        raise Unhealthy(
            f"the clock of this machine is {length} {side} the database's. Let both "
            "machines set their clocks by NTP."
        )
    return f"within {CLOCK_SECONDS} s of the database's"


def unsettled():
    """The hours and the time zone of every store are known."""
    found = Unsettled.objects.order_by("store_id").values_list("store_id", flat=True)
    store_ids = found.distinct()
    count = store_ids.count()
    if count:
        named = ", ".join(store_ids[:MOST_NAMED])
        raise Unhealthy(
            f"{count:,} stores, such as {named}, have no valid hours or time zone. All "
            "of their time is unobserved. Load good rows, or edit them in the admin."
        )
    return "the hours and time zones of all stores are known"


def marks():
    count = Mark.objects.count()
    if not count:
        return "the timeline is up to date"
    return f"{count:,} changes wait for the worker, which refreshes the timeline"


def polling():
    """The stores that have a probe are polled."""
    if not Probe.objects.exists():
        return "no store has a probe"
    newest = PollingRound.objects.first()
    if newest and newest.state == PollingRound.State.FAILED:
        raise Unhealthy(
            f"the last round of polling failed: {newest.error}. Look at the network of "
            "this machine, and its DNS."
        )
    age = newest and utc_now() - newest.began_at
    seconds = newest and timedelta(seconds=round(age.total_seconds()))
    text = f"the last round began {seconds} ago" if newest else "there was no round yet"
    waiting = len(sql.rows("polling/due", now=utc_now()))
    if waiting and (newest is None or age > LATE_ROUND):
        raise Unhealthy(
            f"{waiting:,} stores are due to be polled, and {text}. Start manage.py "
            "work."
        )
    return text


# The first ones need no database, and those after `migrations` need the tables.
ALL = {
    "disk": disk,
    "temporary_files": temporary_files,
    "database": checks.database,
    "version": version,
    "encoding": encoding,
    "settings": server_settings,
    "connections": connections,
    "clock": clock,
    "migrations": checks.migrations,
    "worker": checks.worker,
    "oldest_job": checks.oldest_job,
    "newest_poll": checks.newest_poll,
    "unsettled": unsettled,
    "marks": marks,
    "polling": polling,
}
