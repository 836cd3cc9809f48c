"""Reports in the admin. Users can request, view and delete them, not edit them."""

from argparse import ArgumentTypeError

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, F, When
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.views.decorators.http import require_POST

import sql
from reports.alerts import admin as of_alerts  # noqa: F401, it registers its pages
from reports.compute import request_report
from reports.models import Report
from reports.prune import delete
from reports.scheduled import admin as of_schedules  # noqa: F401, as above
from reports.scope import may_delete, sees_report
from restaurant_monitor.http.errors import TooManyWaiting
from restaurant_monitor.jobs.admin import JobAdmin, utc
from restaurant_monitor.jobs.recovery import is_worker_alive
from stores import scope
from stores.admin import StoreAdmin
from stores.labels import NoStores, read_label

UNFINISHED = [Report.State.QUEUED, Report.State.RUNNING]


@admin.register(Report)
class ReportAdmin(JobAdmin):
    list_display = [
        "requested",
        "state_shown",
        "download",
        "ends_at",
        "rows",
        "took",
        "error_begins",
    ]
    list_filter = ["state"]
    fields = [
        "report_id",
        "state_shown",
        "begins_at",
        "ends_at",
        "group_by",
        "stores",
        "rows",
        "requested",
        "started",
        "finished",
        "took",
        "attempts",
        "error",
        "request_id",
        "download",
    ]
    readonly_fields = fields
    finished = utc("finished_at")
    begins_at = utc("since")
    ends_at = utc("as_of")

    def get_queryset(self, request):
        found = super().get_queryset(request).filter(sees_report(request.user))
        hidden = When(store_ids=None, then=None)
        sees_all = scope.viewer(request.user) is None
        count = F("store_count") if sees_all else Case(hidden, default="store_count")
        return found.defer("figures").annotate(rows=count)  # they may be megabytes

    @admin.display(description="Rows", ordering="rows")
    def rows(self, report):
        """The number of stores in it. Nobody learns it who does not see them all."""
        return report.rows

    def lookup_allowed(self, lookup, value, request):
        """Allow only the filter of the list: others could guess hidden values."""
        is_shown = lookup.partition("__")[0] in self.list_filter
        return is_shown and super().lookup_allowed(lookup, value, request)

    def may_request(self, request):
        return request.user.has_perm("reports.add_report")

    def get_urls(self):
        view = self.admin_site.admin_view(require_POST(self.request_view))
        own = path("request/", view, name="reports_report_request")
        return [own, *super().get_urls()]

    def request_view(self, request):
        """Request a report of all stores, or of those with a label, as of now."""
        if not self.may_request(request):
            raise PermissionDenied
        text = request.POST.get("label", "").strip()
        try:
            labels = [read_label(text)] if text else None
            report = request_report(None, scope.ids_of(request.user), labels)
        except (TooManyWaiting, NoStores, ArgumentTypeError) as error:
            self.message_user(request, str(error), messages.ERROR)
            return redirect("admin:index")
        self.log_addition(request, report, "Requested.")
        self.message_user(request, "The report is in the queue.", messages.SUCCESS)
        if not self.has_view_permission(request, report):
            return redirect("admin:index")
        return redirect("admin:reports_report_change", report.pk)

    def changelist_view(self, request, extra_context=None):
        context = {
            "may_request": self.may_request(request),
            "is_worker_alive": is_worker_alive(),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def render_change_form(self, request, context, *args, obj=None, **options):
        context["is_unfinished"] = obj.state in UNFINISHED
        context["is_worker_alive"] = obj.state not in UNFINISHED or is_worker_alive()
        return super().render_change_form(request, context, *args, obj=obj, **options)

    def has_delete_permission(self, request, obj=None):
        is_theirs = obj is None or may_delete(request.user, obj)
        return super().has_delete_permission(request, obj) and is_theirs

    def delete_queryset(self, request, queryset):
        delete(queryset)

    def delete_model(self, request, obj):
        delete(Report.objects.filter(pk=obj.pk))

    @admin.display(description="Stores")
    def stores(self, report):
        if report.store_ids is None:
            return "all stores"
        if report.labels:
            return f"those with {', '.join(report.labels)}"
        return Truncator(", ".join(report.store_ids)).chars(1000)

    @admin.display(description="CSV")
    def download(self, report):
        if report.state != Report.State.COMPLETE:
            return None
        url = reverse("download", args=[report.pk])
        return format_html('<a href="{}">Download</a>', url)


def newest_report(user, store_id):
    """A panel on the page of a store: its figures in the newest report that has it.

    That is the complete report with the latest `as_of` that the user may see; see
    report/newest_of_store.
    """
    viewer = scope.viewer(user)
    figures = sql.rows("report/newest_of_store", store_id=store_id, viewer=viewer)
    return "admin/reports/report/newest.html", {"figures": figures}


StoreAdmin.panels.append(newest_report)
