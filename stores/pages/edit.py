"""The forms on which people edit a store, one for each part of its page.

They change it with the functions that the API and the admin use. What a form does not
save, it shows again as it was typed, with the reason.
"""

from functools import partial
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from rest_framework.exceptions import APIException, ValidationError

from restaurant_monitor.access.limits import count_on_page
from restaurant_monitor.access.pages import page
from restaurant_monitor.http.errors import Conflict
from stores import editing, scope
from stores.api.special_hours import read_day
from stores.forms import (
    HOURS_HELP,
    LabelsForm,
    NameForm,
    SpecialDateForm,
    WeekForm,
    initial_week,
    labels_as_text,
)
from stores.hours.special_dates import date_as_text, set_special_hours
from stores.hours.week import set_week
from stores.labels import set_labels
from stores.models import PROBE_DEFAULTS, Store, UnknownStore
from stores.polling.forms import ProbeForm
from stores.polling.probes import probe_of, set_probe

TEMPLATE = "pages/store/edit.html"
OUTDATED = (
    "somebody else has saved this since you opened it. What you typed is still here; "
    "the rest is now as it is saved. Look at it, then save again"
)


# --- The forms


class Edit:
    """What the forms share. `title` and `about` are texts for the page.

    `read` returns what the fields show of what is saved. `save` saves a valid form. If
    what it edits can be removed, `removal` and `after_removal` are texts for that.
    """

    is_removal = can_be_removed = False

    def __init__(self, store_id, data=None):
        self.store_id = store_id
        super().__init__(data, initial=self.read())

    def refuse_outdated(self):
        """Raise Conflict if somebody has saved something else since this was opened.

        Then the form shows what is saved now, but for what the user changed.
        """
        now = self.read()
        outdated = [
            name
            for name, field in self.fields.items()
            if field.show_hidden_initial
            and field.to_python(self.data.get(self[name].html_initial_name))
            != field.to_python(now.get(name))
        ]
        if outdated:
            self.show_saved({name: now.get(name) for name in outdated})
            raise Conflict(OUTDATED)

    def show_saved(self, values):
        self.data = self.data.copy()
        for name, value in values.items():
            text = "" if value is None else str(value)
            self.data[self[name].html_initial_name] = text
            if name in self.changed_data:
                self.add_error(name, f"Saved now: {text or 'an empty field'}")
            else:
                self.data[name] = text


class EditNames(Edit, NameForm):
    title = "Name and time zone"
    about = (
        "Another time zone moves the business hours: all figures, also those of the "
        "past, then use it. A name changes no figure."
    )

    def read(self):
        return Store.objects.values("display_name", "timezone").get(pk=self.store_id)

    def save(self):
        """Save what was changed: only a zone that is given settles a store."""
        if "display_name" in self.changed_data:
            editing.rename(self.store_id, self.cleaned_data["display_name"])
        if "timezone" in self.changed_data:
            editing.set_timezone(self.store_id, self.cleaned_data["timezone"])


class EditLabels(Edit, LabelsForm):
    title = "Labels"
    about = (
        "Labels change no figure of a store, unless time of a label is excused. A user "
        "who was granted the stores with a label sees those that have it now."
    )

    def read(self):
        return {"labels": labels_as_text(self.store_id)}

    def save(self):
        set_labels(self.store_id, self.cleaned_data["labels"])


class EditWeek(Edit, WeekForm):
    title = "Business hours"
    about = HOURS_HELP

    def read(self):
        return initial_week(self.store_id)

    def clean(self):
        return super().clean() | {"week": self.whole_week()}

    def save(self):
        set_week(self.store_id, self.cleaned_data["week"])


class EditSpecial(Edit, SpecialDateForm):
    """The special hours of a date, or of a date to be added."""

    removal = "Remove these special hours"
    after_removal = "Then the hours of the weekday apply."
    about = (
        "In local time, such as 09:00-12:00, 13:00-17:30. Empty means closed. On this "
        "date they replace the hours of the weekday, including the part that runs into "
        "the next date. All figures, also those of the past, use the hours saved here."
    )

    def __init__(self, store_id, data=None, day=None):
        self.day = day
        self.can_be_removed = day is not None
        self.is_removal = bool(day and data and "remove" in data)
        super().__init__(store_id, data)
        if day:
            del self.fields["date"]

    @property
    def title(self):
        if self.day is None:
            return "Special date"
        return f"Special hours on {self.day:%Y-%m-%d}, a {self.day:%A}"

    def read(self):
        return {"shifts": self.day and date_as_text(self.store_id, self.day)}

    def save(self):
        day = self.day or self.cleaned_data["date"]
        if not self.day and (known := date_as_text(self.store_id, day)):
            raise Conflict(f"{day} has special hours already: {known}")
        shifts = None if self.is_removal else self.cleaned_data["shifts"]
        set_special_hours(self.store_id, day, shifts)


class EditProbe(Edit, ProbeForm):
    title = "Probe"
    about = (
        "This service asks the address at the interval. The store is active if all "
        "that is given here holds for the answer. Another probe changes no poll of the "
        "past."
    )
    removal = "Remove this probe"
    after_removal = "Then this service polls the store no more. Its polls stay."

    def __init__(self, store_id, data=None):
        self.is_removal = bool(data and "remove" in data)
        super().__init__(store_id, data)
        self.can_be_removed = probe_of(store_id) is not None

    def read(self):
        return probe_of(self.store_id) or {"json_value": "", **PROBE_DEFAULTS}

    def save(self):
        set_probe(self.store_id, None if self.is_removal else self.cleaned_data)


# --- The pages


def edits(permission):
    """Decorate the view of a form with the permission that it needs."""

    def decorate(view):
        return require_http_methods(["GET", "HEAD", "POST"])(
            never_cache(page(permission)(view))
        )

    return decorate


@edits("stores.change_store")
def edit_names(request, store_id):
    return edit(request, store_id, EditNames)


@edits("stores.change_storelabel")
def edit_labels(request, store_id):
    return edit(request, store_id, EditLabels)


@edits("stores.change_businesshours")
def edit_week(request, store_id):
    return edit(request, store_id, EditWeek)


@edits("stores.change_probe")
def edit_probe(request, store_id):
    return edit(request, store_id, EditProbe)


@edits("stores.change_specialhours")
def add_special(request, store_id):
    return edit(request, store_id, EditSpecial)


@edits("stores.change_specialhours")
def edit_special(request, store_id, day):
    try:
        day = read_day(day)
    except ValidationError as error:
        raise Http404("this is no date") from error
    return edit(request, store_id, partial(EditSpecial, day=day))


def edit(request, store_id, form_class):
    """Show a form with what is saved, or save what was sent with it."""
    try:
        store = scope.find(request.user, store_id)
        if request.method == "POST":
            return save(request, store, form_class(store.pk, request.POST))
        return shown(request, store, form_class(store.pk))
    except (UnknownStore, Store.DoesNotExist) as error:
        raise Http404(str(error)) from error


def save(request, store, form):
    """Save a form and lead to the store, or show it again with what is wrong."""
    try:
        count_on_page(request.user, "changes")
        if not (form.is_valid() or form.is_removal):
            return shown(request, store, form, HTTPStatus.BAD_REQUEST)
        if form.has_changed() or form.is_removal:
            with scope.editing(request.user, store.pk):
                form.refuse_outdated()
                form.save()
    except APIException as error:
        form.add_error(None, f"Not saved: {error.detail}.")
        answer = shown(request, store, form, error.status_code)
        if wait := getattr(error, "wait", None):
            answer["Retry-After"] = str(wait)
        return answer
    return lead_back(request, store, form)


def shown(request, store, form, status=HTTPStatus.OK):
    context = {"store": store, "form": form}
    if "timezone" in form.fields:
        context["zones"] = editing.zones()
    return render(request, TEMPLATE, context, status=status)


def lead_back(request, store, form):
    """Lead to the store, or to the overview if its new labels hide it from the user."""
    done = "saved" if form.has_changed() else "not changed"
    done = "removed" if form.is_removal else done
    messages.success(request, f"{form.title}: {done}.")
    try:
        scope.find(request.user, store.pk)
    except UnknownStore:
        messages.info(request, f"You do not see the store {store} any more.")
        return redirect("home")
    return redirect("store_page", store.pk)
