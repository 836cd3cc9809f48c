"""Lists in pages. Each page has a link to the next page."""

from datetime import date
from uuid import UUID

from django.core import signing
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan
from django.utils.encoding import escape_uri_path
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from restaurant_monitor.http.reading import Strict
from restaurant_monitor.http.tables import Table

MOST_ROWS = 1000


class CursorField(serializers.CharField):
    """Where a page begins. It is signed, so that clients cannot forge one."""

    def to_internal_value(self, data):
        request = self.context["request"]
        salt = cursor_salt(request.path, request.query_params)
        try:
            return signing.loads(super().to_internal_value(data), salt=salt)
        except signing.BadSignature:
            raise ValidationError("This is not a cursor of this list.") from None


def cursor_salt(path, parameters):
    """Return the salt of a cursor, which ties it to one list in one order."""
    kept = [
        (name, value)
        for name, values in parameters.lists()
        for value in values
        if name not in ("cursor", "page_size")
    ]
    return f"{path} {sorted(kept)}"


class Page(Strict):
    page_size = serializers.IntegerField(
        min_value=1, max_value=MOST_ROWS, default=100, help_text="Rows per page."
    )
    cursor = CursorField(
        required=False,
        default=None,
        help_text="Where the page begins. The link to the next page has it.",
    )


def page_of(request, params, rows, columns, key, **head):
    """Answer with one page of rows. If `rows` has one row more, there is a next page.

    The cursor of the next page has the values of the columns `key`. If the list has a
    range of time, the link repeats it, so that all pages use the same `as_of`.
    """
    rows = list(rows)  # a queryset would be read twice, perhaps with another result
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


def newest_jobs(jobs, params):
    """Return the jobs of one page and one more: in the state asked for, newest first.

    `jobs` is a queryset of a kind of Job. The key of its pages is `requested_at` and
    the primary key.
    """
    if params.state:
        jobs = jobs.filter(state=params.state)
    return newest_first(jobs, params, ["requested_at", jobs.model._meta.pk.name])


def newest_first(rows, params, key):
    """Return the rows of one page and one more, in the descending order of a key."""
    if params.cursor:
        rows = rows.filter(TupleLessThan(Tuple(*key), params.cursor))
    return rows.order_by(*[f"-{name}" for name in key])[: params.page_size + 1]


def as_text(value):
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def link_to(request, position, more):
    """Return the URL of the page after a position, with more parameters."""
    parameters = request.query_params.copy()
    for name, value in more.items():
        parameters[name] = as_text(value)
    salt = cursor_salt(request.path, parameters)
    parameters["cursor"] = signing.dumps(position, salt=salt)
    path = escape_uri_path(request.path)
    return request.build_absolute_uri(f"{path}?{parameters.urlencode()}")
