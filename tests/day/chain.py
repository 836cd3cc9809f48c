"""The chain before its day: its stores, probes, rules, channels and a schedule."""

import csv
import json
import tempfile
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from tests.alerts.monday import SECRET
from tests.day.script import (
    ALL_SILENT,
    ALL_SILENT_MINUTES,
    CHANNELS,
    DOWN,
    DOWN_MINUTES,
    HARBOR,
    HOOK,
    HOSTS,
    INTERVAL,
    MAIL,
    NIGHT,
    OWNERS,
    PATIENT,
    REMIND_MINUTES,
    REPORT,
    SILENT,
    SILENT_MINUTES,
    TOGETHER,
    ZONE,
)
from tests.support import processes

ADDRESSES = {name: f"{name}@example.com" for name in (MAIL, NIGHT, OWNERS)}


def prepare(database_url, script, servers, hook):
    def run(*arguments):
        done = processes.run_in_fork(database_url, *arguments)
        assert done.returncode == 0, done.stderr

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_stores(folder, script)
        run("ingest_csv", folder)
        write_probes(folder / "probes.csv", script, servers)
        run("ingest_probes", folder / "probes.csv")
        settings = [*channels(hook), *all_rules(), schedule()]
        (folder / "settings.json").write_text(json.dumps(settings))
        run("loaddata", folder / "settings.json")


def write_stores(folder, script):
    stores = [*script.acts, "pushed"]
    write_rows(folder / "store_status.csv", "store_id status timestamp_utc", [])
    write_rows(
        folder / "timezones.csv",
        "store_id timezone_str",
        [(store, ZONE) for store in stores],
    )
    write_rows(
        folder / "menu_hours.csv",
        "store_id day start_time_local end_time_local",
        [
            (store, 0, *(wall_clock(minutes) for minutes in hours))
            for store, hours in script.hours.items()
        ],
    )
    write_rows(
        folder / "store_labels.csv",
        "store_id name value",
        [(s, "region", "harbor") for s in stores if s.startswith("harbor")],
    )


def wall_clock(minutes):
    """Return the time of day in Chicago, where it is 09:00 at BEGIN."""
    return "{:02}:{:02}".format(*divmod(9 * 60 + minutes, 60))


def write_probes(file, script, servers):
    probes = [
        (store, url_of(servers, store, number), INTERVAL)
        for number, store in enumerate(script.acts)
        if store != "hangs"
    ]
    write_rows(file, "store_id url interval_minutes", probes)


def url_of(servers, store, number):
    return servers.url(f"/{store}", HOSTS[number % len(HOSTS)])


def write_rows(file, header, rows):
    with file.open("w", newline="") as out:
        csv.writer(out).writerows([header.split(), *rows])


def channels(hook):
    for name, address in ADDRESSES.items():
        fields = {"name": name, "kind": "mail", "address": address}
        yield stored("alertchannel", name, fields)
    fields = {"name": HOOK, "kind": "webhook", "address": hook.url, "secret": SECRET}
    yield stored("alertchannel", HOOK, fields)


def all_rules():
    fields = {
        DOWN: {"minutes": DOWN_MINUTES},
        PATIENT: {
            "minutes": DOWN_MINUTES,
            "store_id": "patient",
            "remind_hours": REMIND_MINUTES // 60,
        },
        HARBOR: {
            "kind": "together",
            "label_name": "region",
            "minutes": DOWN_MINUTES,
            "stores": TOGETHER,
        },
        SILENT: {"kind": "silent", "minutes": SILENT_MINUTES, "store_id": "pushed"},
        ALL_SILENT: {"kind": "all_silent", "minutes": ALL_SILENT_MINUTES},
    }
    for name, of_rule in fields.items():
        to = [key(channel) for channel in CHANNELS[name]]
        plain = {"name": name, "kind": "down", "channels": to}
        yield stored("alertrule", name, plain | of_rule)


def schedule():
    fields = {
        "name": "Daily",
        "period": "day",
        "timezone": ZONE,
        "hour": 10,
        "channels": [key(OWNERS)],
        "next_at": REPORT.isoformat(),
    }
    return stored("reportschedule", "Daily", fields)


def stored(model, name, fields):
    return {"model": f"reports.{model}", "pk": key(name), "fields": fields}


def key(name):
    return str(uuid5(NAMESPACE_URL, name))
