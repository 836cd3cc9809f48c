"""Stores and ingests in the admin."""

from django.contrib import admin

from stores.admin.excused import ExcusedTimeAdmin
from stores.admin.ingests import IngestAdmin
from stores.admin.polling import ProbeAdmin, RoundAdmin
from stores.admin.stores import StoreAdmin
from stores.admin.targets import UptimeTargetAdmin
from stores.models import (
    ExcusedTime,
    Ingest,
    PollingRound,
    Probe,
    Store,
    UptimeTarget,
)

admin.site.site_header = admin.site.site_title = "Restaurant Monitor"
admin.site.index_title = "Stores, reports and ingests"
admin.site.register(Store, StoreAdmin)
admin.site.register(Ingest, IngestAdmin)
admin.site.register(UptimeTarget, UptimeTargetAdmin)
admin.site.register(Probe, ProbeAdmin)
admin.site.register(PollingRound, RoundAdmin)
admin.site.register(ExcusedTime, ExcusedTimeAdmin)
