"""Writes down how PostgreSQL runs every query of the project, on much data.

    python -m tests.bench.plans --help

It does everything that the product does on a new database, from making a sample to
deleting reports, and explains every query that runs. A query that did not run is
listed at the end, and is an error: add a step here that runs it.
"""

import argparse
import os
import sys
import tempfile
from collections import deque
from datetime import date, time, timedelta
from io import BytesIO, StringIO
from ipaddress import ip_network
from pathlib import Path
from unittest.mock import patch

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "restaurant_monitor.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402

import sql  # noqa: E402
from reports.alerts.evaluate import evaluate_locked  # noqa: E402
from reports.alerts.models import AlertChannel, AlertRule  # noqa: E402
from reports.compute import compute_now  # noqa: E402
from reports.models import Report  # noqa: E402
from reports.output import WRITERS  # noqa: E402
from reports.prune import prune_reports  # noqa: E402
from restaurant_monitor.jobs.tasks import attempt  # noqa: E402
from stores import editing  # noqa: E402
from stores.hours import changes  # noqa: E402
from stores.hours.special_dates import set_special_hours  # noqa: E402
from stores.hours.week import set_week  # noqa: E402
from stores.ingest import staging  # noqa: E402
from stores.ingest.prune import prune_ingests  # noqa: E402
from stores.ingest.staging import FILE_NAMES  # noqa: E402
from stores.labels import set_label  # noqa: E402
from stores.targets import set_target  # noqa: E402
from stores.timeline.check import broken, check  # noqa: E402
from stores.timeline.outages import outages  # noqa: E402
from stores.timeline.prune import prune_step  # noqa: E402
from stores.timeline.refresh import refresh, snapshot  # noqa: E402
from tests.bench import engine  # noqa: E402
from tests.support import processes  # noqa: E402

# Each has an error: an id, a status, a week and a zone.
BAD_ROWS = {
    "status": "=1+1,active,2023-01-25 12:00:00 UTC\nstore,asleep,yesterday\n",
    "hours": "store,7,09:00,17:00\n",
    "timezones": "store,America/Nowhere\n",
    "labels": "store,2nd,west\n",
    "names": "store,\a\n",
}
DETAILS = {
    "hours": "store_id,day,start_time_local,end_time_local\n",
    "timezones": "store_id,timezone_str\n",
    "special": "store_id,date,start_time_local,end_time_local\nplans,2023-01-24,,\n",
    "labels": "store_id,name,value\nplans,region,west\n",
    "names": "store_id,display_name\nplans,Plans\n",
}
STORES = "/admin/stores/store/"
MAY_DO_ALL = {"is_staff": True, "is_superuser": True}


def main():
    parser = argparse.ArgumentParser(prog="plans", description=__doc__.split("\n")[0])
    parser.add_argument("--stores", type=int, default=14_000)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--output", type=Path, default=Path(".local/plans.txt"))
    options = parser.parse_args()
    with options.output.open("w") as file:
        did_not_run = explain_everything(file, options.stores, options.days)
        print("Did not run:", ", ".join(did_not_run) or "none", file=file)
    print(f"The plans are in {options.output}.")
    if did_not_run:
        sys.exit(f"There is no plan of {', '.join(did_not_run)}.")


def explain_everything(file, stores, days):
    """Write all plans to a text file; return the names of the queries without one."""

    def show(name, plan):
        file.write(f"{name}\n{plan}\n\n")

    def begin(title):
        print(title, file=sys.stderr)
        file.write(f"# {title}\n\n")

    with (
        tempfile.TemporaryDirectory(prefix="plans-") as name,
        processes.new_database() as database,
        sql.explained(sql.names(), show) as shown,
    ):
        engine.use(database)
        do_everything(begin, Path(name), stores, days)
        return sorted(set(sql.names()) - shown)


def do_everything(begin, folder, stores, days):
    """Do everything that the product does; call `begin` with each part's title."""
    begin("A sample, ingested and put on the timeline")
    call_command("make_sample", folder, stores=stores, days=days, verbosity=0)
    with patch.object(staging, "FEW_BYTES", 0):
        engine.ingest(folder)
    engine.refresh()
    engine.vacuum()
    begin("One more hour, with rows that are rejected")
    ingest_hour(folder)
    with patch.object(staging, "FEW_BYTES", 0):
        ingest_polls(folder / "polls.csv")
    begin("A pushed poll that is rejected")
    push_poll()
    begin("An upload, as the worker loads it")
    upload_zones()
    begin("A report: computed by the worker, and shown")
    engine.report(folder / "report.csv")
    write_report()
    compare_reports()
    store_id = engine.busiest_store()
    begin("Outages of all stores, and of one")
    deque(outages(), maxlen=0)
    deque(outages(store_ids=[store_id]), maxlen=0)
    begin("Alerts of the outages")
    alert()
    begin("The pages of stores")
    visit_stores(store_id)
    begin("The overview")
    visit_overview()
    begin("Stores over the API")
    ask_the_api(store_id)
    begin("The health checks and metrics")
    probe()
    begin("A new zone and week of a store, and its deletion")
    edit_store(store_id)
    begin("A round of polling")
    poll_stores(folder)
    begin("A report of the future, whose dates go away then")
    refresh(as_of=refresh() + timedelta(days=9))
    refresh()
    begin("The timeline from scratch for another carry limit, and its check")
    settings.CARRY_LIMIT /= 2
    engine.refresh()
    check()
    broken("checks/report")
    begin("Old polls and reports")
    # The sample may be too short for the command, which leaves at least eight days.
    prune_step(keep=timedelta(days=days) / 2)
    prune_reports(keep_days=0)
    prune_ingests(keep_days=0)


def ingest_hour(folder):
    """Ingest one hour, whose polls are read by columns however few they are."""
    hour = engine.next_hour(folder / "hour")
    for kind, rows in DETAILS.items():
        (hour / FILE_NAMES[kind]).write_text(rows)
    for kind, rows in BAD_ROWS.items():
        with (hour / FILE_NAMES[kind]).open("a") as file:
            file.write(rows)
    with patch.object(staging, "FEW_BYTES", 0):
        call_command("ingest_csv", hour, rejects=folder / "rejects.csv", verbosity=0)


def ingest_polls(file):
    """Ingest a poll that is read by columns, and then one more that is read as text."""
    rows = [
        "store_id,status,timestamp_utc\n",
        "plans,active,2023-01-25 12:00:00 UTC\n",
        "plans, Active,2023-01-25 13:00:00 UTC\n",
    ]
    for count in (2, 3):
        file.write_text("".join(rows[:count]))
        call_command("ingest_csv", status=file, verbosity=0)


def push_poll():
    client = visitor()
    poll = {"store_id": "plans", "status": "asleep", "timestamp_utc": "yesterday"}
    headers = {"Idempotency-Key": "plans"}
    made = client.post("/api/polls", poll, "application/json", headers=headers)
    for accept in ("application/json", "text/csv"):
        client.get(made.json()["links"]["rejects"], headers={"accept": accept}).close()


def upload_zones():
    file = BytesIO(b"store_id,timezone_str\n")
    file.name = "timezones.csv"
    made = visitor().post("/api/ingests", {"timezones": file})
    attempt("stores.Ingest", made.json()["ingest_id"])


def write_report():
    with open(os.devnull, "wb") as file:
        for write in WRITERS.values():
            write(Report.objects.get(), file)
    client = visitor()
    Report.objects.create(state=Report.State.RUNNING)
    client.get("/api/reports")  # this looks for a worker
    store_ids = {"store_ids": [engine.busiest_store()]}
    client.post("/api/reports", store_ids, content_type="application/json")


def compare_reports():
    before, after = Report.objects.get(state=Report.State.COMPLETE), compute_now()
    visitor().get("/reports/compare/", {"before": before.pk, "after": after.pk})


def alert():
    """Evaluate rules twice at the newest moment, so that alerts open and stay."""
    channel = AlertChannel.objects.create(name="plans", kind="mail")
    for name, fields in {
        "all": {},
        "west": {"labels": ["region:west"], "minutes": 60},
        "a day": {"kind": "uptime", "label_name": "region", "percent": "99.9"},
    }.items():
        rule = AlertRule.objects.create(name=name, **{"kind": "down"} | fields)
        rule.channels.add(channel)
    now = refresh()
    for moment in (now, now + timedelta(minutes=1)):
        with snapshot():
            evaluate_locked(moment)
    visitor().get("/alerts/", {"label": "region:west"})


def visit_stores(store_id):
    client = visitor()
    client.get(STORES)
    client.get(f"{STORES}{store_id}/change/")
    client.get(f"{STORES}{store_id}/delete/")
    client.get(f"/stores/{store_id}/")
    client.post(f"{STORES}add/", {"store_id": "plans", "always_open": "on"})


def visit_overview():
    client = visitor()
    set_target("all", 99)
    for address in ("", "overview/uptime/", "overview/targets/", "overview/worst/"):
        client.get(f"/{address}", {"label": "region:west"})


def ask_the_api(store_id):
    client, store = visitor(), f"/api/stores/{store_id}"
    beyond = {"as_of": "2100-01-01", "from": "2099-12-31"}  # not on the timeline
    for address, asked in [
        ("/api/stores", {"status": "down"}),
        ("/api/stores", {"label": ["region:west", "brand:Bella Pizza"]}),
        ("/api/uptime", {"group_by": "store"}),
        ("/api/outages", {"ongoing": "true"}),
        ("/api/outages", {"label": "region:west"}),
        ("/outages/", {}),
        ("/outages/", {"order": "largest"}),
        ("/outages/", {"together_by": "region"}),
        ("/hours-differ/", {}),
        ("/excused/", {}),
        (f"/reports/{Report.objects.filter(state='complete').first().pk}/", {}),
        ("/api/labels", {}),
        (f"{store}/hours", {}),
        (f"{store}/special-hours", {}),
        (f"{store}/polls", {}),
        (f"{store}/timeline", {}),
        (f"{store}/uptime", {"group_by": "weekday_hour"}),
        (f"{store}/uptime", beyond),
        ("/api/uptime", {"group_by": "label:region,day", "compare": "previous"}),
        ("/api/uptime", {"group_by": "weekday_hour"}),
        ("/api/uptime", {"group_by": "location"}),
    ]:
        client.get(address, asked)


def probe():
    settings.METRICS_TOKEN = "plans"
    visitor().get("/readyz")
    visitor().get("/metrics", headers={"Authorization": "Bearer plans"})


def poll_stores(folder):
    """Ask a port at which nobody listens, so that other stores are asked too."""
    settings.PROBE_NETWORKS = [ip_network("127.0.0.0/8")]
    file = folder / "probes.csv"
    file.write_text(f"store_id,url\n{engine.busiest_store()},http://127.0.0.1:9/\n")
    call_command("ingest_probes", file, stdout=StringIO())
    call_command("poll_stores", once=True, stdout=StringIO())


def visitor():
    """Return a browser of a user with all permissions."""
    client = Client(headers={"host": "localhost"} | processes.BEARER)
    client.force_login(User.objects.get_or_create(username="plans", **MAY_DO_ALL)[0])
    return client


def edit_store(store_id):
    editing.set_timezone(store_id, "Asia/Kathmandu")
    set_week(store_id, [(0, time(9), time(12)), (5, time(18), time(2))])
    set_special_hours(store_id, date(2023, 1, 24), [])
    set_special_hours(store_id, date(2023, 1, 24), None)
    set_label([store_id], "region", "west")
    set_hours_of_many()
    engine.refresh()
    editing.delete([store_id])


def set_hours_of_many():
    """Close all stores of a region on a date, and undo it."""
    wanted = changes.Wanted(date(2023, 1, 24), ["region:west"], [])
    shown = changes.preview(None, wanted)
    changes.set_for_many(None, wanted, shown.digest)
    visitor().get("/special-hours/")
    [change] = changes.recent(None, limit=1)
    shown = changes.preview_undo(None, change)
    changes.undo(None, change.change_id, shown.digest)


if __name__ == "__main__":
    main()
