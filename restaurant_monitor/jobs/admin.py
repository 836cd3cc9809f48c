"""The read-only pages of jobs in the admin."""

from django.contrib import admin
from django.db.models import F
from django.utils.html import format_html
from django.utils.text import Truncator


def utc(name):
    """Make a column that shows an instant in UTC, to the second."""

    @admin.display(description=f"{name.replace('_', ' ')} (UTC)", ordering=name)
    def shown(self, obj):
        instant = getattr(obj, name)
        return instant and f"{instant:%Y-%m-%d %H:%M:%S}"

    return shown


class JobAdmin(admin.ModelAdmin):
    """The read-only pages of a kind of job.

    `took` is the time from `started_at` to `finished_at`.
    """

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    requested = utc("requested_at")
    started = utc("started_at")

    class Media:
        css = {"all": ["jobs/admin.css"]}

    def get_queryset(self, request):
        took = F("finished_at") - F("started_at")
        return super().get_queryset(request).annotate(took=took)

    @admin.display(ordering="took")
    def took(self, job):
        return f"{job.took.total_seconds():.1f} s" if job.took else None

    @admin.display(description="State", ordering="state")
    def state_shown(self, job):
        return format_html('<span class="state {0}">{0}</span>', job.state)

    @admin.display(description="Error")
    def error_begins(self, job):
        return Truncator(job.error).chars(80)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False
