"""Reads what a page is asked for as the API does, and shows why it is refused."""

from django.http import QueryDict
from django.shortcuts import render
from rest_framework.request import Request

from restaurant_monitor.http.reading import parameters_of, read


def asked(serializer_class, request):
    """Return a request as one of the API, and its parameters.

    A form sends all its fields. Those that are empty count as not sent. Raises
    ValidationError.
    """
    kept = QueryDict(mutable=True)
    for name, values in request.GET.lists():
        if filled := [value for value in values if value.strip()]:
            kept.setlist(name, filled)
    request.GET = kept
    as_of_api = Request(request)
    sent = parameters_of(serializer_class, kept)
    return as_of_api, read(serializer_class, sent, request=as_of_api)


def refused(request, template, error, context):
    """Show a page with the reasons of an APIException, under its status."""
    reasons = [*reasons_of(error.detail)]
    context = context | {"reasons": reasons}
    page = render(request, template, context, status=error.status_code)
    if wait := getattr(error, "wait", None):
        page["Retry-After"] = str(wait)
    return page


def reasons_of(detail, name=""):
    """Yield the texts of an error, each after the name of its field."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            # The items of a list have numbers.
            yield from reasons_of(inner, key if isinstance(key, str) else name)
    elif isinstance(detail, list):
        for inner in detail:
            yield from reasons_of(inner, name)
    else:
        yield f"{name}: {detail}" if name and name != "non_field_errors" else detail
