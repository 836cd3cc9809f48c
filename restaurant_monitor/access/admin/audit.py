"""The audit log in the admin: read-only, for users who see all stores."""

import json

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.text import Truncator

from restaurant_monitor.access.actors import WORKER
from restaurant_monitor.access.audit import ACTIONS
from restaurant_monitor.access.open import Anyone
from restaurant_monitor.jobs.admin import utc

COMMAND = "manage.py"
MOST_USERS = 100
LONGEST_CHANGES = 120


class UserFilter(admin.SimpleListFilter):
    title = "user"
    parameter_name = "user"

    def lookups(self, request, model_admin):
        users = get_user_model().objects.order_by("username")
        names = [Anyone.username, WORKER.username]
        names += users.values_list("username", flat=True)[:MOST_USERS]
        return [(COMMAND, "commands"), *((name, name) for name in names)]

    def queryset(self, request, queryset):
        if self.value() == COMMAND:
            return queryset.filter(username__startswith=f"{COMMAND} ")
        return queryset.filter(username=self.value()) if self.value() else queryset


class ActionFilter(admin.SimpleListFilter):
    title = "action"
    parameter_name = "done"  # the form of the list has an `action`

    def lookups(self, request, model_admin):
        return [(action, action) for action in ACTIONS]

    def queryset(self, request, queryset):
        return queryset.filter(action=self.value()) if self.value() else queryset


class AuditEntryAdmin(admin.ModelAdmin):
    list_display = ["when", "who", "action", "subject_shown", "changes_begin"]
    list_filter = [ActionFilter, UserFilter]
    search_fields = ["subject__startswith"]
    search_help_text = "The beginning of an id, such as that of a store."
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None
    fields = [
        "when",
        "who",
        "user_id",
        "address",
        "request_id",
        "action",
        "subject_shown",
        "changes",
    ]
    readonly_fields = fields
    when = utc("at")

    class Media:
        css = {"all": ["jobs/admin.css"]}

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("access.see_all")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.display(description="User")
    def who(self, entry):
        return f"{entry.username} (key {entry.key})" if entry.key else entry.username

    @admin.display(description="Subject")
    def subject_shown(self, entry):
        """The id, with a link to all that was done to it."""
        address = reverse("admin:access_auditentry_changelist")
        query = urlencode({"subject": entry.subject})
        return format_html('<a href="{}?{}">{}</a>', address, query, entry.subject)

    @admin.display(description="Changes")
    def changes_begin(self, entry):
        texts = (
            f"{name}: {' → '.join(filter(None, (before, after)))}"
            for name, before, after in rows_of(entry)
        )
        return Truncator("; ".join(texts)).chars(LONGEST_CHANGES)

    @admin.display(description="Changes")
    def changes(self, entry):
        context = {"entry": entry, "rows": rows_of(entry)}
        return render_to_string("admin/access/auditentry/changes.html", context)


def rows_of(entry):
    """Return what differs: rows of its name, and of both values as text."""
    before, after = entry.before or {}, entry.after or {}
    return [
        (name.replace("_", " "), as_text(before, name), as_text(after, name))
        for name in before | after
    ]


def as_text(values, name):
    """Return a value as text. It is empty if there is none."""
    if name not in values:
        return ""
    value = values[name]
    if value in (None, ""):
        return "none"
    is_text = isinstance(value, str)
    return value if is_text else json.dumps(value, ensure_ascii=False)
