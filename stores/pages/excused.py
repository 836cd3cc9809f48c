"""The page of excused time, and the form that excuses time of one store."""

from http import HTTPStatus
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as Invalid
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from rest_framework.exceptions import APIException

from restaurant_monitor.access.limits import CHANGES, count_on_page
from restaurant_monitor.access.pages import page
from restaurant_monitor.http.errors import NotKnown
from stores import scope
from stores.api.excused import ExcusedQuery, excused_page
from stores.excused import excuse, remove
from stores.forms import label_of
from stores.models import LONGEST_EXCUSE, ExcusedTime, Store, UnknownStore
from stores.pages.asking import asked, refused
from stores.targets import ALL

TEMPLATE = "pages/excused.html"
CHANGE = "stores.change_excusedtime"


# --- The forms


class LocalInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self):
        super().__init__(format="%Y-%m-%dT%H:%M")


class ExcuseForm(forms.Form):
    """A stretch of time, in the current time zone, and why it is excused."""

    title = "Excuse time"
    about = (
        "No figure counts this time as up, down or unobserved any more, also of the "
        "past. The timeline and the outages stay as they were seen. Rules of alerts "
        "tell nothing new of the store in it."
    )

    starts_at = forms.DateTimeField(label="From", widget=LocalInput)
    ends_at = forms.DateTimeField(label="Until", widget=LocalInput)
    reason = forms.CharField(
        label="Reason",
        max_length=LONGEST_EXCUSE,
        help_text="Such as planned maintenance.",
    )


class LabelForm(ExcuseForm):
    """The same, of the stores with a label or of all."""

    field_order = ("label",)
    label = forms.CharField(
        label="Stores", help_text="A label such as region:west, or all for all stores."
    )

    def __init__(self, data=None):
        super().__init__(data)
        for name in ("starts_at", "ends_at"):
            self.fields[name].label += " (UTC)"

    def clean_label(self):
        label = self.cleaned_data["label"]
        return label if label == ALL else label_of(label)


def add(request, form, **whose):
    """Excuse what a form says; return the status. The form says why it is not done."""
    if not request.user.has_perm(CHANGE):
        raise PermissionDenied(f"this needs the permission {CHANGE}")
    try:
        count_on_page(request.user, CHANGES)
        if not form.is_valid():
            return HTTPStatus.BAD_REQUEST
        excuse(request.user, ExcusedTime(**form.cleaned_data, **whose))
    except Invalid as error:
        form.add_error(None, [f"Not saved: {text}." for text in error.messages])
        return HTTPStatus.BAD_REQUEST
    except APIException as error:
        form.add_error(None, f"Not saved: {error.detail}.")
        return error.status_code
    messages.success(request, "The time is excused.")
    return HTTPStatus.CREATED


# --- The pages


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page("stores.view_period")
def excused(request):
    """Show the excused time of the stores that a user sees; excuse that of a label."""
    form, status = LabelForm(), HTTPStatus.OK
    if request.method == "POST":
        scope.refuse_limited(request.user)
        form = LabelForm(request.POST)
        status = add(request, form)
        if status == HTTPStatus.CREATED:
            return redirect("excused_page")
    try:
        sent, params = asked(ExcusedQuery, request)
        shown = excused_page(sent, params, scope.viewer(request.user)).data
    except APIException as error:
        return refused(request, TEMPLATE, error, {"form": form})
    rows = with_names(shown["results"])
    context = {"form": form, "rows": rows, "next": shown["next"]}
    return render(request, TEMPLATE, context, status=status)


def with_names(rows):
    """Return rows with the names of their stores."""
    found = Store.objects.filter(pk__in=[row["store_id"] for row in rows])
    names = dict(found.values_list("store_id", "display_name"))
    return [row | {"name": names.get(row["store_id"])} for row in rows]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page("stores.view_store", CHANGE)
def excuse_store(request, store_id):
    """Show the form of one store, in its time zone, or excuse its time."""
    status = HTTPStatus.OK
    try:
        store = scope.find(request.user, store_id)
        with timezone.override(ZoneInfo(store.zone)):
            form = ExcuseForm(request.POST or None)
            if request.method == "POST":
                status = add(request, form, store_id=store.pk)
    except UnknownStore as error:
        raise Http404(str(error)) from error
    if status == HTTPStatus.CREATED:
        return redirect("store_page", store.pk)
    context = {"store": store, "form": form}
    return render(request, "pages/store/edit.html", context, status=status)


@require_POST
@page(CHANGE)
def remove_excused(request, excused_id):
    """Remove a stretch of excused time, and show the page again that had it."""
    try:
        count_on_page(request.user, CHANGES)
        remove(request.user, excused_id)
    except NotKnown as error:
        raise Http404(str(error)) from error
    except APIException as error:
        return refused(request, TEMPLATE, error, {"form": LabelForm()})
    messages.success(request, "The time counts again.")
    if store_id := request.POST.get("store"):
        return redirect("store_page", store_id)
    return redirect("excused_page")
