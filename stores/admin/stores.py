"""Stores in the admin: searched, edited, deleted, and shown with their last week."""

import json
from argparse import ArgumentTypeError
from contextlib import suppress
from functools import partial

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import DateTimeField, Exists, F, Func, OuterRef, TextField, Value
from django.db.models.functions import Concat
from django.forms import Media
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.dateparse import parse_date
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html_join

import sql
from restaurant_monitor.http.errors import Busy
from stores import editing, scope
from stores.admin.forms import LabelForm, SpecialDates, StoreForm
from stores.forms import HOURS_HELP, WEEK_FIELDS
from stores.hours.special_dates import last_as_text, set_special_hours
from stores.hours.week import DAYS, set_week, week_as_text
from stores.labels import offered_labels, read_label, set_label, set_labels, with_labels
from stores.models import (
    DEFAULT_ZONE,
    Poll,
    Store,
    StoreLabel,
    UnknownStore,
    Unsettled,
)
from stores.timeline import uptime
from stores.timeline.reading import reading_now

MOST_COUNTED = 10_000
MOST_DELETED = 100
DATES_SHOWN = 50
NO_ZONE = "none"


class LocalTime(Func):
    """The local time, without an offset, at an instant in a zone."""

    function = "timezone"
    output_field = DateTimeField()


class ZoneFilter(admin.SimpleListFilter):
    title = "time zone"
    parameter_name = "zone"

    def lookups(self, request, model_admin):
        stores = Store.objects.filter(scope.sees_store(request.user))
        found = stores.order_by(F("timezone").asc(nulls_first=True))
        zones = found.values_list("timezone", flat=True).distinct()
        return [(zone or NO_ZONE, zone or f"none ({DEFAULT_ZONE})") for zone in zones]

    def queryset(self, request, queryset):
        if zone := self.value():
            return queryset.filter(timezone=None if zone == NO_ZONE else zone)
        return queryset


class UnsettledFilter(admin.SimpleListFilter):
    title = "unsettled"
    parameter_name = "unsettled"

    def lookups(self, request, model_admin):
        return [("yes", "hours or time zone unknown")]

    def queryset(self, request, queryset):
        if self.value() != "yes":
            return queryset
        return queryset.filter(Exists(Unsettled.objects.filter(store=OuterRef("pk"))))


class LabelFilter(admin.ListFilter):
    """A text of labels, separated by semicolons, such as `region:west; brand:Bella`."""

    title = "label"
    template = "admin/stores/store/label_filter.html"

    def __init__(self, request, params, model, model_admin):
        super().__init__(request, params, model, model_admin)
        self.viewer = scope.viewer(request.user)
        self.text = "; ".join(text for text in params.pop("label", []) if text)
        try:
            self.labels = [
                read_label(text) for text in self.text.split(";") if text.strip()
            ]
        except ArgumentTypeError as error:
            self.labels = None
            model_admin.message_user(request, str(error), messages.ERROR)

    def has_output(self):
        return True

    def expected_parameters(self):
        return ["label"]

    def choices(self, changelist):
        others = changelist.params.items()
        yield {
            "text": self.text,
            "others": [(name, value) for name, value in others if name != "label"],
            "labels": offered_labels(self.viewer),
        }

    def queryset(self, request, queryset):
        if self.labels is None:
            return queryset.none()
        return with_labels(queryset, self.labels)


# Of the special dates. Other pages lack the translations that these scripts need.
SCRIPTS = Media(
    js=[
        "admin/js/jquery.init.js",
        "admin/js/calendar.js",
        "admin/js/admin/DateTimeShortcuts.js",
        "admin/js/inlines.js",
    ]
)


class StoreAdmin(admin.ModelAdmin):
    """The pages of stores.

    Polls are read only by their primary key. `panels` are functions of other apps. Each
    adds a part to the store's page: it takes the user and the store's id, and returns a
    template and its context.
    """

    form = StoreForm
    panels = []
    list_display = [
        "store_id",
        "display_name",
        "timezone",
        "last_seen",
        "is_missing",
        "labels_listed",
    ]
    list_filter = [LabelFilter, UnsettledFilter, ZoneFilter]
    search_fields = ["store_id__startswith", "display_name__icontains"]
    search_help_text = "The beginning of an id, or a part of a name."
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ["set_label", "delete_selected"]

    class Media:
        css = {"all": ["jobs/admin.css", "stores/admin.css"]}

    def get_urls(self):
        """Return the addresses; that of the store `..` must not lose its segment."""
        return [
            path(
                str(url.pattern).replace("<path:object_id>", "<segment:object_id>"),
                url.callback,
                name=url.name,
            )
            for url in super().get_urls()
        ]

    def get_queryset(self, request):
        labels = StoreLabel.objects.filter(store=OuterRef("pk")).order_by("name")
        text = Concat("name", Value(": "), "value", output_field=TextField())
        missing = Unsettled.objects.filter(store=OuterRef("pk")).order_by("missing")
        return (
            super()
            .get_queryset(request)
            .filter(scope.sees_store(request.user))
            .annotate(
                last_seen_at_local=LocalTime(F("zone"), F("last_seen_at")),
                missing=ArraySubquery(missing.values("missing")),
                label_texts=ArraySubquery(labels.values_list(text)),
            )
        )

    @admin.display(description="Unsettled")
    def is_missing(self, store):
        return ", ".join(store.missing)

    @admin.display(description="Labels")
    def labels_listed(self, store):
        return format_html_join("", "{}<br>", ((text,) for text in store.label_texts))

    # A store that was never polled counts as the earliest.
    @admin.display(ordering=F("last_seen_at").asc(nulls_first=True))
    def last_seen(self, store):
        if store.last_seen_at is None:
            return None
        return render_to_string("admin/stores/store/last_seen.html", {"store": store})

    def has_label_permission(self, request):
        """Return if a user may change labels, and so who sees which stores."""
        return request.user.has_perm("stores.change_storelabel")

    def get_readonly_fields(self, request, obj=None):
        shown = ["labels_listed", "hours", "special_hours"]
        if not self.has_label_permission(request):
            shown.append("labels")  # so the form has no such field
        return ["store_id", *shown] if obj else shown

    def get_fieldsets(self, request, obj=None):
        store = ["store_id", "display_name", "timezone"]
        if obj and not self.has_change_permission(request, obj):
            shown = ["labels_listed", "hours", "special_hours"]
            return [(None, {"fields": [*store, *shown]})]
        if self.has_label_permission(request):
            labels = ["labels"]
        else:
            labels = ["labels_listed"] if obj else []
        return [
            (None, {"fields": [*store, *labels]}),
            ("Business hours", {"fields": WEEK_FIELDS, "description": HOURS_HELP}),
        ]

    @admin.display(description="Business hours")
    def hours(self, store):
        texts = week_as_text(store.pk)
        if not texts:
            return "always open"
        days = [(day.capitalize(), texts.get(day, "closed")) for day in DAYS]
        return format_html_join("", "{}: {}<br>", days)

    @admin.display(description="Special hours")
    def special_hours(self, store):
        rows = last_as_text(store.pk)
        return format_html_join("", "{}: {}<br>", (row.values() for row in rows))

    def render_change_form(self, request, context, *args, obj=None, **options):
        context["zones"] = editing.zones()
        context["media"] += SCRIPTS
        if obj is not None:
            panels = [
                render_to_string(*panel(request.user, obj.pk)) for panel in self.panels
            ]
            context |= {"store": obj, "panels": panels}
            # The template evaluates this after the admin's transaction: it may refresh
            # the timeline, which needs its own transaction.
            context["last_days"] = SimpleLazyObject(partial(last_days, obj.pk))
        context |= special_dates(context["adminform"].form, obj, request.GET)
        return super().render_change_form(request, context, *args, obj=obj, **options)

    def changeform_view(self, request, object_id=None, *args, **options):
        try:
            return super().changeform_view(request, object_id, *args, **options)
        except UnknownStore:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        except Busy as error:
            request.busy = f"Not saved: {error}."
        # The page again, with what was typed.
        page = super().changeform_view(request, object_id, *args, **options)
        page.status_code, page["Retry-After"] = Busy.status_code, Busy.wait
        return page

    def get_form(self, request, obj=None, change=False, **options):
        form = super().get_form(request, obj, change, **options)
        form.busy = getattr(request, "busy", None)
        form.user = request.user
        return form

    def save_model(self, request, obj, form, change):
        if not change:
            editing.add(obj)
        with scope.editing(request.user, obj.pk):
            self.save_changes(obj, form)

    def save_changes(self, obj, form):
        """Save what has changed. What a new store has already does not change again."""
        cleaned = form.cleaned_data
        if "display_name" in form.changed_data:
            editing.rename(obj.pk, cleaned["display_name"])
        if "timezone" in form.changed_data:
            editing.set_timezone(obj.pk, cleaned["timezone"])
        if "labels" in form.changed_data:
            set_labels(obj.pk, cleaned["labels"])
        if cleaned["week"] is not None:
            set_week(obj.pk, cleaned["week"])
        for day, shifts in form.special.changes().items():
            set_special_hours(obj.pk, day, shifts)

    def construct_change_message(self, request, form, formsets, add=False):
        message = super().construct_change_message(request, form, formsets, add)
        if form.special.changes() and not add:
            message = [*message, {"changed": {"fields": ["special hours"]}}]
        return message

    @admin.action(permissions=["label"], description="Set a label of selected stores")
    def set_label(self, request, queryset):
        """Ask for a label, and set it for the stores: the chosen ones, or all found."""
        form = LabelForm(request.POST if "apply" in request.POST else None)
        if form.is_valid() and self.label_is_set(request, queryset, form):
            return None
        context = self.admin_site.each_context(request) | {
            "title": "Set a label",
            "opts": self.opts,
            "form": form,
            "count": queryset.count(),
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
        }
        return TemplateResponse(request, "admin/stores/store/set_label.html", context)

    def label_is_set(self, request, queryset, form):
        """Set the label of a form, or say in the form why this is not possible."""
        try:
            with editing.editing_many():  # what the user sees once nobody else writes
                ids = list(queryset.values_list("pk", flat=True))
                changed = set_label(ids, **form.cleaned_data)
        except (Busy, ValidationError) as error:
            form.add_error(None, getattr(error, "message", None) or f"{error}")
            return False
        self.message_user(request, f"Stores changed: {changed:,}.", messages.SUCCESS)
        return True

    @admin.action(permissions=["delete"], description="Delete selected stores")
    def delete_selected(self, request, queryset):
        if queryset.count() > MOST_DELETED:
            text = f"At most {MOST_DELETED} stores can be deleted at once."
            self.message_user(request, text, messages.ERROR)
            return None
        try:
            with transaction.atomic():
                return delete_selected(self, request, queryset)
        except Busy as error:
            self.message_user(request, f"Not deleted: {error}.", messages.ERROR)
            return None

    def delete_view(self, request, object_id, extra_context=None):
        try:
            return super().delete_view(request, object_id, extra_context)
        except UnknownStore:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        except Busy as error:
            self.message_user(request, f"Not deleted: {error}.", messages.ERROR)
            return redirect(request.path)

    def get_deleted_objects(self, objs, request):
        """Return what would be deleted, without reading it all."""
        ids = [store.pk for store in objs]
        polls = Poll.objects.filter(store__in=ids)[: MOST_COUNTED + 1].count()
        counts = {
            "stores": len(ids),
            "polls": f"more than {MOST_COUNTED:,}" if polls > MOST_COUNTED else polls,
        }
        return [f"Store: {store}" for store in objs], counts, set(), []

    def delete_model(self, request, obj):
        with scope.editing(request.user, obj.pk):
            editing.delete([obj.pk])

    def delete_queryset(self, request, queryset):
        with editing.editing_many():  # what the user sees once nobody else writes
            editing.delete(list(queryset.values_list("pk", flat=True)))


def special_dates(form, store, query):
    """Return the template context of the special dates: the last ones before a date.

    If the form has errors, it shows the dates as they were sent.
    """
    before = None
    with suppress(ValueError):  # such as 30 February; other text gives None
        before = parse_date(query.get("before", ""))
    found = {"before_special": before}
    if not form.is_bound and store is not None:
        rows = last_as_text(store.pk, before, DATES_SHOWN + 1)
        if len(rows) > DATES_SHOWN:
            rows = rows[1:]
            found["first_special"] = rows[0]["date"]
        form.special = SpecialDates(initial=rows, prefix="special")
    rows = [*form.special, form.special.empty_form]
    return found | {
        "special": form.special,
        "special_rows": rows,
        "special_options": SPECIAL_OPTIONS,
    }


# For the admin's script that adds rows to a table.
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


def last_days(store_id):
    """Return the chart of a store's last days, and its newest polls.

    There is no chart if there is no poll, or if the worker must first compute it.
    """
    with reading_now() as as_of:
        span, picture = uptime.picture(store_id, as_of) if as_of else (None, [])
        polls = sql.rows("stores/newest_polls", store_id=store_id)
        return {"span": span, "picture": picture, "newest_polls": polls}
