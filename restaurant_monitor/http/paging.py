"""Lists in pages. Each page has the address of the next one."""

from datetime import date
from uuid import UUID

from django.core import signing
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from restaurant_monitor.http.reading import Strict
from restaurant_monitor.http.tables import Table

MOST_ROWS = 1000


class CursorField(serializers.CharField):
    """Where a page begins. It is signed, so that nobody can make one up."""

    def to_internal_value(self, data):
        request = self.context["request"]
        salt = list_asked_for(request.path, request.query_params)
        try:
            return signing.loads(super().to_internal_value(data), salt=salt)
        except signing.BadSignature:
            raise ValidationError("This is not the cursor of a page here.") from None


def list_asked_for(path, parameters):
    """Return what a cursor is valid for: one list in one order, with any page size."""
    asked = parameters.dict()
    for name in ("cursor", "page_size"):
        asked.pop(name, None)
    return f"{path} {sorted(asked.items())}"


class Page(Strict):
    page_size = serializers.IntegerField(
        min_value=1, max_value=MOST_ROWS, default=100, help_text="Rows of a page."
    )
    cursor = CursorField(
        required=False,
        default=None,
        help_text="Where the page begins. The link to the next page has it.",
    )


def page_of(request, params, rows, columns, key, **head):
    """Answer with one page of rows. One row more than a page means there is another.

    `key` names the columns that say where the next page begins. Over a range of time,
    the link to the next page repeats the range, so that all pages are of one moment.
    """
    page = [row._asdict() for row in rows[: params.page_size]]
    link = None
    if len(rows) > params.page_size:
        position = [as_text(page[-1][name]) for name in key]
        is_range = hasattr(params, "as_of")
        span = {name: head[name] for name in ("as_of", "from", "to") if is_range}
        link = link_to(request, position, span)
    results = [{name: row[name] for name in columns} for row in page]
    table = Table(columns, results, **head, next=link, results=results)
    headers = {"Link": f'<{link}>; rel="next"'} if link else {}
    return Response(table, headers=headers)


def as_text(value):
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def link_to(request, position, more):
    """Return the address, with more parameters, of the page after a position."""
    parameters = request.query_params.copy()
    for name, value in more.items():
        parameters[name] = as_text(value)
    salt = list_asked_for(request.path, parameters)
    parameters["cursor"] = signing.dumps(position, salt=salt)
    return request.build_absolute_uri(f"{request.path}?{parameters.urlencode()}")
