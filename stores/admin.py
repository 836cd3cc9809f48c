"""Stores and ingests in the admin."""

import json
from contextlib import suppress

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.dateparse import parse_date
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator

import sql
from stores import edit, special, week
from stores.api.ingests import rejects_file
from stores.models import Ingest, Reject, Store, UnknownStore

admin.site.site_header = admin.site.site_title = "Restaurant Monitor"
admin.site.index_title = "Stores, reports and ingests"

MOST_COUNTED = 10_000
MOST_DELETED = 100
REJECTS_SHOWN = 20
COUNTS = ["read", "new", "changed", "already_there", "superseded", "rejected"]


class StoreForm(forms.ModelForm, week.WeekForm):
    """A store, its week and its special dates.

    What nobody touched is left as it is, however old.
    """

    store_id = forms.CharField(label="Store id", max_length=64)
    display_name = forms.CharField(
        label="Display name",
        required=False,
        show_hidden_initial=True,
        max_length=200,
        help_text="What people call it.",
    )
    timezone = forms.CharField(
        label="Time zone",
        required=False,
        empty_value=None,
        show_hidden_initial=True,
        help_text="A name of the tz database; empty means America/Chicago.",
    )

    class Meta:
        model = Store
        fields = ["store_id", "display_name", "timezone"]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for name in {"store_id", "display_name", "timezone"} & set(self.fields):
            self.fields[name].widget.attrs["class"] = "vTextField"
        if "timezone" in self.fields:
            self.fields["timezone"].widget.attrs["list"] = "zones"
        if not self.instance._state.adding:
            self.initial |= week.texts(self.instance.pk)
        data = self.data if self.is_bound else None
        self.special = special.SpecialDates(data, prefix="special")

    def clean_store_id(self):
        store_id = self.cleaned_data["store_id"]
        if reason := sql.one("store/judge_id", store_id=store_id).reason:
            raise ValidationError(f"This cannot be the id of a store: {reason}.")
        return store_id

    def clean_timezone(self):
        zone = self.cleaned_data["timezone"]
        if zone and "timezone" in self.changed_data and zone not in edit.zones():
            raise ValidationError(f"“{zone}” is not a time zone; mind the case.")
        return zone

    def clean(self):
        if not self.special.is_valid():
            self.add_error(None, "Please look at the special hours below.")
        return super().clean() | {"week": self.whole_week()}


def utc(name):
    """Make a column that shows an instant to the second."""

    @admin.display(description=f"{name.replace('_', ' ')} (UTC)", ordering=name)
    def shown(self, obj):
        instant = getattr(obj, name)
        return instant and f"{instant:%Y-%m-%d %H:%M:%S}"

    return shown


class ZoneFilter(admin.SimpleListFilter):
    title = "time zone"
    parameter_name = "zone"
    none = "none"

    def lookups(self, request, model_admin):
        found = [row.timezone for row in sql.rows("store/zones_in_use")]
        return [(zone or self.none, zone or "none (America/Chicago)") for zone in found]

    def queryset(self, request, queryset):
        if zone := self.value():
            return queryset.filter(timezone=None if zone == self.none else zone)
        return queryset


@admin.register(Store)
class StoreAdmin(admin.ModelAdmin):
    """Nothing here walks from a store to its polls but by their primary key."""

    form = StoreForm
    list_display = ["store_id", "display_name", "timezone", "last_seen"]
    list_filter = [ZoneFilter]
    search_fields = ["store_id__startswith", "display_name__icontains"]
    search_help_text = "The beginning of an id, or a part of a name."
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ["delete_selected"]
    last_seen = utc("last_seen_at")
    # Who was never seen has not been seen for longest.
    last_seen.admin_order_field = F("last_seen_at").asc(nulls_first=True)

    class Media:
        css = {"all": ["stores/admin.css"]}
        js = [
            "admin/js/jquery.init.js",
            "admin/js/calendar.js",
            "admin/js/admin/DateTimeShortcuts.js",
            "admin/js/inlines.js",
        ]

    def get_readonly_fields(self, request, obj=None):
        shown = ["hours", "special_hours"]
        return ["store_id", *shown] if obj else shown

    def get_fieldsets(self, request, obj=None):
        store = ["store_id", "display_name", "timezone"]
        if obj and not self.has_change_permission(request, obj):
            return [(None, {"fields": [*store, "hours", "special_hours"]})]
        return [
            (None, {"fields": store}),
            ("Business hours", {"fields": week.FIELDS, "description": HOW_TO_WRITE}),
        ]

    @admin.display(description="Business hours")
    def hours(self, store):
        texts = week.texts(store.pk)
        if texts["always_open"]:
            return "always open"
        days = [(day.capitalize(), texts.get(day, "closed")) for day in week.DAYS]
        return format_html_join("", "{}: {}<br>", days)

    @admin.display(description="Special hours")
    def special_hours(self, store):
        rows = special.texts(store.pk, most=None)
        return format_html_join("", "{}: {}<br>", (row.values() for row in rows))

    def render_change_form(self, request, context, *args, obj=None, **options):
        context["zones"] = edit.zones()
        if obj is not None:
            context |= glance(obj.pk)
        context |= special_dates(context["adminform"].form, obj, request.GET)
        return super().render_change_form(request, context, *args, obj=obj, **options)

    def changeform_view(self, request, object_id=None, *args, **options):
        try:
            return super().changeform_view(request, object_id, *args, **options)
        except UnknownStore:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)

    def save_model(self, request, obj, form, change):
        cleaned = form.cleaned_data
        if not change:
            edit.add(obj)
        elif "display_name" in form.changed_data:
            edit.rename(obj.pk, cleaned["display_name"])
        if change and "timezone" in form.changed_data:
            edit.set_timezone(obj.pk, cleaned["timezone"])
        if cleaned["week"] is not None:
            edit.set_week(obj.pk, cleaned["week"])
        for day, shifts in form.special.changes().items():
            edit.set_special_hours(obj.pk, day, shifts)

    def construct_change_message(self, request, form, formsets, add=False):
        said = super().construct_change_message(request, form, formsets, add)
        if form.special.changes() and not add:
            said = [*said, {"changed": {"fields": ["special hours"]}}]
        return said

    @admin.action(permissions=["delete"], description="Delete selected stores")
    def delete_selected(self, request, queryset):
        if queryset.count() > MOST_DELETED:
            text = f"At most {MOST_DELETED} stores can be deleted at once."
            self.message_user(request, text, messages.ERROR)
            return None
        return delete_selected(self, request, queryset)

    def get_deleted_objects(self, objs, request):
        """Say what would go, without collecting it."""
        ids = [store.pk for store in objs]
        polls = sql.one("store/count_polls", store_ids=ids, most=MOST_COUNTED + 1).polls
        counts = {
            "stores": len(ids),
            "polls": f"more than {MOST_COUNTED:,}" if polls > MOST_COUNTED else polls,
        }
        return [f"Store: {store}" for store in objs], counts, set(), []

    def delete_model(self, request, obj):
        edit.delete([obj.pk])

    def delete_queryset(self, request, queryset):
        edit.delete(list(queryset.values_list("pk", flat=True)))


HOW_TO_WRITE = (
    "In local time, each day as 09:00-12:00, 13:00-17:30; empty means closed. An end "
    "at or before the start is on the next date, as in 18:00-02:00; one at 23:59 or "
    "later means midnight. The next report reckons with what is saved here."
)


def special_dates(form, store, query):
    """Find what a page shows of the special dates, the last ones before a date.

    What was sent and could not be saved is shown again as it was sent.
    """
    before = None
    with suppress(ValueError):  # 30 February; what is no date at all is None
        before = parse_date(query.get("before", ""))
    found = {"before_special": before}
    if not form.is_bound and store is not None:
        rows = special.texts(store.pk, before, special.MOST_SHOWN + 1)
        if len(rows) > special.MOST_SHOWN:
            rows = rows[1:]
            found["first_special"] = rows[0]["date"]
        form.special = special.SpecialDates(initial=rows, prefix="special")
    rows = [*form.special, form.special.empty_form]
    return found | {
        "special": form.special,
        "special_rows": rows,
        "special_options": SPECIAL_OPTIONS,
    }


# For the script with which the admin adds rows to a table.
SPECIAL_OPTIONS = json.dumps(
    {
        "name": "#special",
        "options": {
            "prefix": "special",
            "addText": "Add another special date",
            "deleteText": "Remove",
        },
    }
)


def glance(store_id):
    """Find what the page of a store shows beside what can be edited."""
    names = ["figures", "picture", "newest_polls"]
    found = {name: sql.rows(f"store/{name}", store_id=store_id) for name in names}
    return found | {"glance": sql.one("store/glance", store_id=store_id)}


class ReadOnlyAdmin(admin.ModelAdmin):
    """What the program keeps of its own doings: looked at and never edited.

    `took` is how long it took, from `started_at` to `finished_at`.
    """

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    requested = utc("requested_at")
    started = utc("started_at")

    class Media:
        css = {"all": ["stores/admin.css"]}

    def get_queryset(self, request):
        took = F("finished_at") - F("started_at")
        return super().get_queryset(request).annotate(took=took)

    @admin.display(ordering="took")
    def took(self, obj):
        return f"{obj.took.total_seconds():.1f} s" if obj.took else None

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


@admin.register(Ingest)
class IngestAdmin(ReadOnlyAdmin):
    list_display = [
        "requested",
        "state_shown",
        "took",
        "files_read",
        "rejected",
        "rejects",
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
        "files_read",
        "rows",
        "rejects",
        "first_rejects",
    ]
    readonly_fields = fields

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        view = self.admin_site.admin_view(self.rejects_view)
        name = "stores_ingest_rejects"
        return [path("<uuid:ingest_id>/rejects/", view, name=name), *super().get_urls()]

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

    @admin.display(description="Rows set aside")
    def rejects(self, ingest):
        if not ingest.rejected:
            return "none"
        url = reverse("admin:stores_ingest_rejects", args=[ingest.pk])
        return format_html('<a href="{}">Download as CSV</a>', url)

    @admin.display(description=f"The first {REJECTS_SHOWN} set aside")
    def first_rejects(self, ingest):
        found = Reject.objects.filter(ingest_id=ingest.pk)
        found = found.order_by("file_number", "record")[:REJECTS_SHOWN]
        context = {"rejects": found}
        return render_to_string("admin/stores/ingest/rejects.html", context)

    def rejects_view(self, request, ingest_id):
        """Download the rows that an ingest set aside."""
        ingest = get_object_or_404(Ingest, pk=ingest_id)
        if not self.has_view_permission(request, ingest):
            raise PermissionDenied
        return rejects_file(ingest)
