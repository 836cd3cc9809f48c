"""The read-only pages of jobs and of their queue in the admin."""

from operator import attrgetter

import django_q.admin  # noqa: F401, it registers its models
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.views.decorators.http import require_safe
from django_q.models import Failure, OrmQ, Schedule, Success

from restaurant_monitor.jobs import queue
from restaurant_monitor.jobs.models import Job
from restaurant_monitor.jobs.recovery import is_worker_alive

# Who may edit a schedule may run any function.
admin.site.unregister([Failure, OrmQ, Schedule, Success])

MOST_SHOWN = 100
SHOWN = ["state", "requested_at", "finished_at", "attempts", "error"]


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


# --- The page of the queue


@require_safe
def queue_page(request):
    """Show what waits and what has failed, of the kinds that the user may see."""
    kinds = [kind for kind in Job.__subclasses__() if may_see(request, kind)]
    if not kinds:
        raise PermissionDenied
    waiting, failed = [Job.State.QUEUED, Job.State.RUNNING], [Job.State.FAILED]
    context = admin.site.each_context(request) | {
        "title": "Queue",
        "is_worker_alive": is_worker_alive(),
        "waiting": jobs_of(request, kinds, waiting, "requested_at", newest_first=False),
        "messages_waiting": queue.count_messages(),
        "failed": jobs_of(request, kinds, failed, "finished_at", newest_first=True),
        "schedules": queue.schedules(),
        "clock_failures": queue.clock_failures(MOST_SHOWN),
    }
    return TemplateResponse(request, "admin/queue.html", context)


def may_see(request, kind):
    return admin.site.get_model_admin(kind).has_view_permission(request)


def jobs_of(request, kinds, states, moment, newest_first):
    """Return the first jobs of these kinds in these states, in the order of a moment.

    They are those that the user may see.

    Each job has `kind` and `page`, its address in the admin.
    """
    order = f"-{moment}" if newest_first else moment
    found = []
    for kind in kinds:
        visible = admin.site.get_model_admin(kind).get_queryset(request)
        jobs = visible.filter(state__in=states).order_by(order).only(*SHOWN)
        for job in jobs[:MOST_SHOWN]:
            job.kind = kind._meta.verbose_name
            job.page = page_of(job)
            found.append(job)
    return sorted(found, key=attrgetter(moment), reverse=newest_first)[:MOST_SHOWN]


def page_of(job):
    """Return the address of a job's page in the admin."""
    kind = f"{job._meta.app_label}_{job._meta.model_name}"
    return reverse(f"admin:{kind}_change", args=[job.pk])
