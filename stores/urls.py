from django.urls import path

from stores.api import (
    excused,
    hours,
    hours_differ,
    ingests,
    labels,
    polls,
    probes,
    rollup,
    special_hours,
    stores,
    targets,
    timeline,
)

collection = {"get": "list", "post": "create"}
single = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
whole = {"get": "retrieve", "put": "update"}
one = {"get": "retrieve", "put": "update", "delete": "destroy"}
one_ingest = {"get": "retrieve"}
all_targets = {"get": "list", "put": "update", "delete": "destroy"}

# A plain segment may contain a slash, so the address of the store itself comes last.
urlpatterns = [
    path("polls", polls.Polls.as_view(), name="polls"),
    path("ingests", ingests.Ingests.as_view(collection), name="ingests"),
    path("ingests/<ingest_id>", ingests.Ingests.as_view(one_ingest), name="ingest"),
    path(
        "ingests/<ingest_id>/rejects", ingests.Rejects.as_view(), name="ingest_rejects"
    ),
    path("labels", labels.Labels.as_view(), name="labels"),
    path("uptime", rollup.AllUptime.as_view(), name="uptime"),
    path("targets", targets.Targets.as_view(all_targets), name="targets"),
    path("excused", excused.Excused.as_view(collection), name="excused"),
    path(
        "excused/<excused_id>",
        excused.Excused.as_view({"delete": "destroy"}),
        name="one_excused",
    ),
    path("outages", timeline.AllOutages.as_view(), name="outages"),
    path("hours-differ", hours_differ.HoursDiffer.as_view(), name="hours_differ"),
    path("stores", stores.Stores.as_view(collection), name="stores"),
    path("stores/<segment:store_id>/uptime", timeline.StoreUptime.as_view()),
    path("stores/<segment:store_id>/timeline", timeline.StoreTimeline.as_view()),
    path("stores/<segment:store_id>/polls", timeline.StorePolls.as_view()),
    path("stores/<segment:store_id>/outages", timeline.StoreOutages.as_view()),
    path("stores/<segment:store_id>/hours", hours.StoreHours.as_view(whole)),
    path("stores/<segment:store_id>/labels", labels.StoreLabels.as_view(whole)),
    path("stores/<segment:store_id>/probe", probes.StoreProbe.as_view(one)),
    path(
        "stores/<segment:store_id>/special-hours",
        special_hours.StoreSpecialHours.as_view({"get": "list"}),
    ),
    path(
        "stores/<segment:store_id>/special-hours/<day>",
        special_hours.StoreSpecialHours.as_view(one),
    ),
    path("stores/<segment:store_id>", stores.Stores.as_view(single), name="store"),
]
