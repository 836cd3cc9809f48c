"""The page of all ingests, on which files are uploaded."""

from contextlib import ExitStack
from functools import wraps
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.db.models import Q
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.utils.datastructures import MultiValueDict
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from restaurant_monitor.access.limits import count_on_page
from restaurant_monitor.access.open import is_open
from restaurant_monitor.access.pages import page
from restaurant_monitor.http.bodies import (
    WholeMultiPart,
    close_files,
    refuse_large_form,
)
from restaurant_monitor.http.errors import Conflict
from restaurant_monitor.jobs.recovery import is_worker_alive
from stores.api.ingests import IngestQuery, ingests_page, request_uploaded
from stores.ingest.limits import DEFAULT
from stores.ingest.staging import FILE_NAMES, KINDS
from stores.ingest.uploads import request_ingest
from stores.models import POLLED, PUSHED, Ingest, Store
from stores.pages.asking import asked, refused

TEMPLATE = "pages/ingests.html"
TOKEN = "csrfmiddlewaretoken"
SAMPLE = settings.BASE_DIR / "fixtures"
SHOWN = {
    "files": ~Q(files=PUSHED) & ~Q(files=POLLED),
    "pushes": Q(files=PUSHED),
    "polled": Q(files=POLLED),
    "all": Q(),
}
TITLES = {
    "status": "Polls",
    "hours": "Business hours",
    "timezones": "Time zones",
    "special": "Special hours",
    "labels": "Labels",
    "names": "Names",
}


class ListQuery(IngestQuery):
    shown = serializers.ChoiceField([*SHOWN], default="files")


# The token is checked where the form has been read: see whole_form.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def ingests(request):
    return upload(request) if request.method == "POST" else list_all(request)


@page("stores.view_ingest")
def list_all(request):
    """Show ingests, the newest first."""
    context = form_of(request)
    try:
        sent, params = asked(ListQuery, request)
        found = ingests_page(sent, params, request.user, SHOWN[params.shown]).data
    except APIException as error:
        return refused(request, TEMPLATE, error, context)
    context |= {
        "rows": [*map(described, found["results"])],
        "next": found["next"],
        "offers_sample": offers_sample(request),
        "lacks_worker": any(map(is_unfinished, found["results"]))
        and not is_worker_alive(),
    }
    return render(request, TEMPLATE, context)


def is_unfinished(content):
    return content["state"] in ("queued", "running")


def described(row):
    """Return an ingest with how many rows it read, and if it is a push."""
    counts = row["counts"].values()
    return row | {
        "read": sum(count["read"] for count in counts),
        "is_push": row["files"] == PUSHED,
        "is_polled": row["files"] == POLLED,
    }


def whole_form(view):
    """Decorate a view that gets files: read the form as the API does.

    It has at most UPLOAD_BYTES, and is whole. To check its token, Django would read it
    without these limits. The files are closed at the end.
    """
    checked = csrf_protect(view)

    @wraps(view)
    def reading(request):
        sent = Request(request, parsers=[WholeMultiPart()])
        try:
            count_on_page(request.user, "uploads")
            refuse_large_form(sent, settings.UPLOAD_BYTES)
            data = sent.data or QueryDict()
        except APIException as error:
            return refused(request, TEMPLATE, error, {})
        with ExitStack() as at_end:
            at_end.callback(close_files, request.FILES)
            return checked(request, data)

    return reading


@page("stores.add_ingest")
@whole_form
def upload(request, data):
    """Queue the files of a form. Fields that are empty count as not sent."""
    kept = {
        name: values
        for name, values in data.lists()
        if name != TOKEN and values != [""]
    }
    try:
        ingest, _ = request_uploaded(MultiValueDict(kept), key=None)
    except APIException as error:
        return refused(request, TEMPLATE, error, form_of(request))
    return redirect("ingest_page", ingest.pk)


@require_POST
@never_cache
@page("stores.add_ingest")
def load_sample(request):
    """Queue the sample data, where nothing is stored yet."""
    if not offers_sample(request):
        error = Conflict("the sample data is only for an empty database in open mode")
        return refused(request, TEMPLATE, error, form_of(request))
    with ExitStack() as stack:
        files = {
            kind: File(stack.enter_context(path.open("rb")), path.name)
            for kind, path in sample_files().items()
        }
        ingest = request_ingest(files)
    return redirect("ingest_page", ingest.pk)


def offers_sample(request):
    return is_open(request) and bool(sample_files()) and not Store.objects.exists()


def sample_files():
    """Return the paths of the sample data by kind; none where it is not installed."""
    paths = {kind: Path(SAMPLE) / name for kind, name in FILE_NAMES.items()}
    return {kind: path for kind, path in paths.items() if path.exists()}


def form_of(request):
    return {
        "kinds": [
            (kind, TITLES[kind], FILE_NAMES[kind], ", ".join(KINDS[kind]))
            for kind in KINDS
        ],
        "choices": {
            "files": "files",
            "pushes": "polls sent by the API",
            "polled": "rounds of polling",
            "all": "all",
        },
        "shown": request.GET.get("shown") or "files",
        "default_limit": DEFAULT,
        "states": Ingest.State.values,
        "state": request.GET.get("state", ""),
    }
