"""Ingests in the admin: read-only."""

from pathlib import Path

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join

from restaurant_monitor.jobs.admin import JobAdmin
from stores import scope
from stores.api.ingests import rejects_file
from stores.ingest.steps import COUNTS
from stores.models import Reject

REJECTS_SHOWN = 20


class IngestAdmin(JobAdmin):
    list_display = [
        "requested",
        "state_shown",
        "took",
        "file_names",
        "rejected_rows",
        "error_begins",
    ]
    list_filter = ["state"]
    fields = [
        "ingest_id",
        "state_shown",
        "requested",
        "started",
        "took",
        "attempts",
        "error",
        "request_id",
        "files_read",
        "rows",
        "looks_wrong",
        "rejects",
        "first_rejects",
    ]
    readonly_fields = fields

    def get_queryset(self, request):
        return super().get_queryset(request).filter(scope.sees_job(request.user))

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        view = self.admin_site.admin_view(self.rejects_view)
        name = "stores_ingest_rejects"
        return [path("<uuid:ingest_id>/rejects/", view, name=name), *super().get_urls()]

    @admin.display(description="Files")
    def file_names(self, ingest):
        """The files without their folders, which would hide the other columns."""
        paths = ingest.files.values()
        names = [(Path(p).name if p.startswith("/") else p, p) for p in paths]
        line = '<span title="{1}">{0}</span><br>'
        return format_html_join("", line, names)

    @admin.display(description="Rejected", ordering="rejected")
    def rejected_rows(self, ingest):
        if not ingest.rejected:
            return "0"
        url = reverse("admin:stores_ingest_rejects", args=[ingest.pk])
        return format_html('<a href="{}">{} (CSV)</a>', url, ingest.rejected)

    @admin.display(description="Files")
    def files_read(self, ingest):
        return format_html_join("", "{}<br>", ((p,) for p in ingest.files.values()))

    @admin.display(description="Rows")
    def rows(self, ingest):
        kinds = [
            (kind, [counts[name] for name in COUNTS])
            for kind, counts in ingest.counts.items()
        ]
        titles = [name.replace("_", " ") for name in COUNTS]
        context = {"kinds": kinds, "titles": titles}
        return render_to_string("admin/stores/ingest/rows.html", context)

    @admin.display(description="Warnings")
    def looks_wrong(self, ingest):
        texts = [(warning["text"],) for warning in ingest.warnings]
        return format_html_join("", "{}<br>", texts) or "none"

    @admin.display(description="Rejected rows")
    def rejects(self, ingest):
        if not ingest.rejected:
            return "none"
        url = reverse("admin:stores_ingest_rejects", args=[ingest.pk])
        not_kept = ingest.rejects_not_kept()
        more = f" ({not_kept:,} more are counted but not kept)" if not_kept else ""
        return format_html('<a href="{}">Download as CSV</a>{}', url, more)

    @admin.display(description=f"The first {REJECTS_SHOWN} rejected rows")
    def first_rejects(self, ingest):
        found = Reject.objects.filter(ingest_id=ingest.pk)
        found = found.order_by("file_number", "record")[:REJECTS_SHOWN]
        context = {"rejects": found}
        return render_to_string("admin/stores/ingest/rejects.html", context)

    def rejects_view(self, request, ingest_id):
        """Download the rejected rows of an ingest."""
        ingest = get_object_or_404(self.get_queryset(request), pk=ingest_id)
        if not self.has_view_permission(request, ingest):
            raise PermissionDenied
        return rejects_file(ingest)
