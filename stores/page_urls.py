"""The addresses of the pages about stores."""

from django.urls import path

from stores.pages import edit, excused, ingest, ingests, outages, parts
from stores.pages.hours_differ import hours_differ
from stores.pages.overview import found_stores, home, now
from stores.pages.special_hours import special_hours, special_hours_change
from stores.pages.store import store_csv, store_page

STORE = "stores/<segment:store_id>/"

# A plain segment may contain a slash, so the page of the store itself comes last.
urlpatterns = [
    path("", home, name="home"),
    path("overview/now/", now, name="overview_now"),
    path("overview/stores/", found_stores, name="overview_stores"),
    path("overview/uptime/", parts.uptime, name="overview_uptime"),
    path("overview/targets/", parts.targets, name="overview_targets"),
    path("overview/labels/", parts.labels, name="overview_labels"),
    path("overview/worst/", parts.worst, name="overview_worst"),
    path("overview/hours/", parts.hours, name="overview_hours"),
    path("overview/month/", parts.month, name="overview_month"),
    path("outages/", outages.outages, name="outages_page"),
    path("outages/outages.csv", outages.outages_csv, name="outages_csv"),
    path("excused/", excused.excused, name="excused_page"),
    path(
        "excused/<uuid:excused_id>/remove/",
        excused.remove_excused,
        name="remove_excused",
    ),
    path("hours-differ/", hours_differ, name="hours_differ_page"),
    path("ingests/", ingests.ingests, name="ingests_page"),
    path("ingests/sample/", ingests.load_sample, name="load_sample"),
    path("ingests/<ingest_id>/", ingest.ingest, name="ingest_page"),
    path("ingests/<ingest_id>/rejects.csv", ingest.rejects, name="rejects_csv"),
    path(
        "ingests/<ingest_id>/rejects/<kind>.csv",
        ingest.rejects_to_mend,
        name="rejects_to_mend",
    ),
    path("special-hours/", special_hours, name="special_hours_page"),
    path(
        "special-hours/<uuid:change_id>/",
        special_hours_change,
        name="special_hours_change",
    ),
    path(f"{STORE}uptime.csv", store_csv, {"what": "uptime"}, name="store_uptime_csv"),
    path(
        f"{STORE}timeline.csv",
        store_csv,
        {"what": "timeline"},
        name="store_timeline_csv",
    ),
    path(
        f"{STORE}outages.csv", store_csv, {"what": "outages"}, name="store_outages_csv"
    ),
    path(f"{STORE}edit/name/", edit.edit_names, name="edit_names"),
    path(f"{STORE}edit/labels/", edit.edit_labels, name="edit_labels"),
    path(f"{STORE}edit/hours/", edit.edit_week, name="edit_week"),
    path(f"{STORE}edit/probe/", edit.edit_probe, name="edit_probe"),
    path(f"{STORE}edit/special/", edit.add_special, name="add_special"),
    path(f"{STORE}edit/special/<day>/", edit.edit_special, name="edit_special"),
    path(f"{STORE}edit/excused/", excused.excuse_store, name="excuse_store"),
    path(STORE, store_page, name="store_page"),
]
