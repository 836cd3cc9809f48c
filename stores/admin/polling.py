"""Probes in the admin, and read-only what they found."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.shortcuts import redirect
from django.utils.html import format_html_join

from restaurant_monitor.http.errors import Busy
from stores import scope
from stores.models import Probe, ProbeResult, UnknownStore
from stores.polling.probes import FIELDS, as_json, set_probe

RESULTS_SHOWN = 20


class ProbeForm(forms.ModelForm):
    """A probe. The constraints of its table say what is wrong."""

    user = None

    class Meta:
        model = Probe
        fields = ["store_id", *FIELDS]
        widgets = {name: forms.TextInput(attrs={"class": "vTextField"})
                   for name in ["store_id", *FIELDS[:-1]]}  # fmt: skip

    def clean_store_id(self):
        store_id = self.cleaned_data["store_id"]
        try:
            return scope.find(self.user, store_id).pk
        except UnknownStore as error:
            raise ValidationError("There is no such store.") from error

    def clean_status_codes(self):
        return self.cleaned_data["status_codes"].replace(" ", "")

    def clean_json_value(self):
        return as_json(self.cleaned_data["json_value"])


class ProbeAdmin(admin.ModelAdmin):
    """Whoever may change probes may add and remove them, too."""

    form = ProbeForm
    list_display = ["store_id", "url", "status_codes", "interval_minutes"]
    search_fields = ["store_id__startswith", "url__icontains"]
    search_help_text = "The beginning of a store's id, or a part of an address."
    show_full_result_count = False
    actions = None  # each probe is changed by itself, with its entry in the audit log

    def get_queryset(self, request):
        seen = scope.is_visible(scope.viewer(request.user), "store_id")
        return super().get_queryset(request).filter(seen)

    def has_add_permission(self, request):
        return self.has_change_permission(request)

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)

    def get_readonly_fields(self, request, obj=None):
        return ["store_id", "results"] if obj else []

    def get_fields(self, request, obj=None):
        return ["store_id", *FIELDS, *(["results"] if obj else [])]

    @admin.display(description=f"The last {RESULTS_SHOWN} results")
    def results(self, probe):
        found = ProbeResult.objects.filter(store_id=probe.pk).order_by("-looked_at")
        lines = (
            (f"{one.looked_at:%Y-%m-%d %H:%M:%S}", one.reason or "active")
            for one in found[:RESULTS_SHOWN]
        )
        return format_html_join("", "{} UTC: {}<br>", lines) or "none"

    def get_form(self, request, obj=None, change=False, **options):
        form = super().get_form(request, obj, change, **options)
        form.user = request.user
        return form

    def save_model(self, request, obj, form, change):
        with scope.editing(request.user, obj.pk):
            set_probe(obj.pk, {name: getattr(obj, name) for name in FIELDS})

    def delete_model(self, request, obj):
        with scope.editing(request.user, obj.pk):
            set_probe(obj.pk, None)

    def changeform_view(self, request, *args, **options):
        return self.unless_busy(request, super().changeform_view, *args, **options)

    def delete_view(self, request, *args, **options):
        return self.unless_busy(request, super().delete_view, *args, **options)

    def unless_busy(self, request, view, *args, **options):
        """Show a view; say why nothing was saved if a store cannot be edited now."""
        try:
            return view(request, *args, **options)
        except (Busy, UnknownStore) as error:
            messages.error(request, f"Not saved: {error}.")
            return redirect("admin:stores_probe_changelist")


class ReadOnly(admin.ModelAdmin):
    """What only polling writes."""

    show_full_result_count = False
    actions = None

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class RoundAdmin(ReadOnly):
    readonly_fields = ["reasons"]
    list_display = [
        "__str__",
        "state",
        "probes",
        "active",
        "inactive",
        "refused",
        "error",
    ]
    list_filter = ["state"]

    @admin.display(description="Results by reason")
    def reasons(self, polling_round):
        found = ProbeResult.objects.filter(round_id=polling_round.pk)
        counts = found.values_list("reason").annotate(count=Count("store_id"))
        lines = ((reason or "active", n) for reason, n in counts.order_by("-count"))
        return format_html_join("", "{}: {}<br>", lines) or "none"

    def get_queryset(self, request):
        """Return all rounds, for whoever sees all stores: a round asks any of them."""
        found = super().get_queryset(request)
        return found if scope.viewer(request.user) is None else found.none()
