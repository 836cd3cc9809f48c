"""The page of special hours: set for many stores at once, and undone."""

from collections import defaultdict

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError as Invalid
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError

from restaurant_monitor.access.limits import CHANGES, count_on_page
from restaurant_monitor.access.pages import page
from restaurant_monitor.http.reading import Strict
from stores import scope
from stores.api.hours import MOST_SHIFTS
from stores.api.labels import Labelled
from stores.api.special_hours import DayField
from stores.hours import changes
from stores.hours.changes import PlanDiffers, Wanted, as_text
from stores.hours.clock import read_shifts
from stores.labels import offered_labels
from stores.models import Store
from stores.pages.asking import asked, refused

TEMPLATE = "pages/special_hours/page.html"
UNDO = "pages/special_hours/undo.html"
NEEDED = [
    "stores.view_store",
    "stores.view_businesshours",
    "stores.view_specialhours",
    "stores.change_specialhours",
]
CHANGES_SHOWN = 100
# The choices of the form.
ALL, LABELLED = "all", "labels"
CLOSED, OPEN, WEEK = "closed", "open", "week"
NO_STORES = "Choose all stores, or give a label."
ALL_AND_LABELS = "Empty the labels, or choose the stores with these labels."
NO_CHOICE = "Choose closed, open at these hours, or as in the week."
NO_TIMES = "Give hours such as 09:00-17:00."
TIMES_TOO = "Empty them, or choose open at these hours."
# What hours are from, after their text.
KINDS = {
    "special": "special",
    "week": "as in the week",
    "always": "no weekly hours",
    "unknown": "the rows of its week were rejected",
}


class TimesField(serializers.CharField):
    """The shifts of a date such as `09:00-17:00, 18:00-24:00`."""

    def to_internal_value(self, data):
        try:
            shifts = read_shifts(super().to_internal_value(data))
        except Invalid as error:
            raise ValidationError(error.messages) from error
        if not 0 < len(shifts) <= MOST_SHIFTS:
            raise ValidationError(NO_TIMES)
        return shifts


class SpecialQuery(Labelled, Strict):
    """Labels alone, and times alone, are a choice. All stores must be asked for."""

    date = DayField()
    stores = serializers.ChoiceField([ALL, LABELLED], required=False)
    hours = serializers.ChoiceField([CLOSED, OPEN, WEEK], required=False)
    times = TimesField(required=False)

    def validate(self, data):
        asks_for_all = data.get("stores") == ALL
        if asks_for_all and data["labels"]:
            raise ValidationError({"label": ALL_AND_LABELS})
        if not asks_for_all and not data["labels"]:
            raise ValidationError({"stores": NO_STORES})
        return data | {"shifts": shifts_of(data.get("hours"), data.get("times"))}


def shifts_of(hours, times):
    """Return the wanted shifts. Empty: closed. None: as in the week."""
    if hours in (CLOSED, WEEK):
        if times:
            raise ValidationError({"times": TIMES_TOO})
        return [] if hours == CLOSED else None
    if not times:
        raise ValidationError({"times": NO_TIMES} if hours else {"hours": NO_CHOICE})
    return times


# --- Setting


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page(*NEEDED)
def special_hours(request):
    """Show the form, what it would change, and the last changes; or change it."""
    context = form_of(request)
    try:
        if request.method == "POST":
            return set_hours(request)
        if request.GET:
            context |= preview_of(request, read_wanted(request))
    except PlanDiffers as error:
        context |= preview_of(request, read_wanted(request))
        return refused(request, TEMPLATE, error, context)
    except APIException as error:
        return refused(request, TEMPLATE, error, context)
    return render(request, TEMPLATE, context)


def set_hours(request):
    """Set what the preview at this address has shown."""
    count_on_page(request.user, CHANGES)
    wanted = read_wanted(request)
    number = changes.set_for_many(
        scope.viewer(request.user), wanted, request.POST.get("digest")
    )
    messages.success(request, f"{wanted.date}: {stores_in_words(number)} changed.")
    return redirect("special_hours_page")


def read_wanted(request):
    _, params = asked(SpecialQuery, request)
    return Wanted(params.date, params.labels, params.shifts)


def form_of(request):
    sent, viewer = request.GET, scope.viewer(request.user)
    return {
        "date": sent.get("date", ""),
        "times": sent.get("times", ""),
        "hours": sent.get("hours") or (OPEN if sent.get("times") else ""),
        "labels": offered_labels(viewer),
        "wanted": (wanted := [*filter(None, sent.getlist("label"))]),
        "stores": sent.get("stores") or (LABELLED if wanted else ""),
        "changes": [*map(described, changes.recent(viewer, CHANGES_SHOWN))],
        "changes_shown": CHANGES_SHOWN,
        "keep_days": settings.KEEP_AUDIT_DAYS,
    }


def preview_of(request, wanted):
    viewer = scope.viewer(request.user)
    preview = changes.preview(viewer, wanted)
    return {
        "day": wanted.date,
        "digest": preview.digest,
        "query": request.GET.urlencode(),
        "seen": Store.objects.filter(scope.is_visible(viewer, "store_id")).count(),
        "fates": by_fate(preview.rows),
    }


# --- Undoing


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page(*NEEDED)
def special_hours_change(request, change_id):
    """Show a change, and what undoing it would change; or undo it."""
    context = {}
    try:
        if request.method == "POST":
            return undo(request, change_id)
        context = undo_of(request, change_id)
    except PlanDiffers as error:
        return refused(request, UNDO, error, undo_of(request, change_id))
    except APIException as error:
        return refused(request, UNDO, error, context)
    return render(request, UNDO, context)


def undo(request, change_id):
    """Undo what the preview at this address has shown."""
    count_on_page(request.user, CHANGES)
    viewer = scope.viewer(request.user)
    number = changes.undo(viewer, change_id, request.POST.get("digest"))
    messages.success(request, f"Undone for {stores_in_words(number)}.")
    return redirect("special_hours_page")


def undo_of(request, change_id):
    viewer = scope.viewer(request.user)
    change = changes.find(viewer, change_id)
    preview = changes.preview_undo(viewer, change)
    return {
        "change": described(change),
        "day": change.date,
        "digest": preview.digest,
        "fates": by_fate(preview.rows),
    }


# --- In words


def described(change):
    """Return a change for the page, with the number of stores that it still has."""
    return change._asdict() | {
        "hours": as_text(change.starts, change.ends) or "as in the week",
        "left": change.stores - change.undone,
    }


def by_fate(rows):
    """Return the groups of a preview by what becomes of their stores, with the sums.

    `alike` is how many stores are open at the same times before and after. `others` is
    how many are in groups that are not shown.
    """
    found = defaultdict(list)
    for row in rows:
        found[row.fate].append(group_of(row))
    sums = {row.fate: row for row in rows}
    return {
        fate: {
            "groups": groups,
            "stores": sums[fate].stores_of_fate,
            "begun": sums[fate].begun_of_fate,
            "alike": sums[fate].alike_of_fate,
            "differing": sums[fate].stores_of_fate - sums[fate].alike_of_fate,
            "others": sums[fate].stores_of_fate - sum(g["stores"] for g in groups),
        }
        for fate, groups in found.items()
    }


def group_of(row):
    return {
        "stores": row.stores,
        "is_alike": row.is_alike,
        "before": hours_in_words(row.kind_before, row.starts_before, row.ends_before),
        "before_kind": KINDS.get(row.kind_before),
        "after": hours_in_words(row.kind_after, row.starts_after, row.ends_after),
        "after_kind": KINDS.get(row.kind_after),
        "named": list(zip(row.store_ids, row.names, strict=True)),
        "unnamed": row.stores - len(row.store_ids),
    }


def hours_in_words(kind, starts, ends):
    texts = {None: None, "always": "always open", "unknown": "not known"}
    return texts[kind] if kind in texts else as_text(starts, ends)


def stores_in_words(number):
    return f"{number:,} store{'' if number == 1 else 's'}"
