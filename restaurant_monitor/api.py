"""What the endpoints have in common: how they read, page, and answer with tables."""

import csv
import json
from argparse import ArgumentTypeError
from collections.abc import Mapping
from datetime import date, datetime
from functools import wraps
from http import HTTPStatus
from io import StringIO
from tempfile import TemporaryFile
from types import SimpleNamespace

from django.core import signing
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import (
    APIException,
    ParseError,
    UnsupportedMediaType,
    ValidationError,
)
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.response import Response
from tqdm.utils import CallbackIOWrapper

from restaurant_monitor.instants import instant
from restaurant_monitor.problems import CONTENT_TYPE, Problem

MOST_ROWS = 1000
MOST_BYTES = 1 << 20
PIECES_DISCARDED = 64  # MiB of a body that is too large
CSV = "text/csv"
CUT_OFF = "the body ended before it was all there"


class Conflict(APIException):
    status_code = HTTPStatus.CONFLICT


class TooLarge(APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class LengthRequired(APIException):
    status_code = HTTPStatus.LENGTH_REQUIRED


class Unprocessable(APIException):
    status_code = HTTPStatus.UNPROCESSABLE_ENTITY


class Busy(APIException):
    """What is asked for cannot be done just now; `wait` tells when to try again."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    wait = 30  # seconds


# --- What is asked


class Strict(serializers.Serializer):
    """Refuses what it does not know."""

    def to_internal_value(self, data):
        if isinstance(data, Mapping):
            unknown = {name: ["unknown"] for name in data if name not in self.fields}
            if unknown:
                raise ValidationError(unknown)
        return super().to_internal_value(data)


class Nothing(Strict):
    """An endpoint without parameters."""


def read(serializer_class, data, **context):
    """Return what was sent as attributes; raise ValidationError, field by field."""
    asked = serializer_class(data=data, context=context)
    asked.is_valid(raise_exception=True)
    return SimpleNamespace(**asked.validated_data)


def refuse_twice(parameters):
    twice = {n: ["given twice"] for n, values in parameters.lists() if len(values) > 1}
    if twice:
        raise ValidationError(twice)


def refuse_encodings(request):
    """Raise UnsupportedMediaType for text that is not in UTF-8, or is packed."""
    sent = request._request
    charset = sent.content_params.get("charset", "utf-8")
    if charset.lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType(charset, "a text is sent in UTF-8")
    if sent.headers.get("Content-Encoding", "identity") != "identity":
        raise UnsupportedMediaType("", "a body is sent as it is, not encoded")


def whole_body(request, most):
    """Read a request's body; raise TooLarge if it has more bytes, said or not."""
    sent = request._request
    said = int(sent.META.get("CONTENT_LENGTH") or 0)
    # Django takes a body whose length is not said for none.
    is_chunked = "HTTP_TRANSFER_ENCODING" in sent.META
    stream = sent.META["wsgi.input"] if is_chunked else sent
    body = b"" if said > most else stream.read(most + 1)
    if max(said, len(body)) > most:
        refuse_large(stream, most)
    if len(body) < said:
        raise ParseError(CUT_OFF)
    return body


def read_json(serializer_class, request):
    """Read a body of JSON, or none, as `read` does; refuse a large one."""
    body = whole_body(request, MOST_BYTES)
    if body and request._request.content_type != "application/json":
        raise UnsupportedMediaType(request.content_type)
    try:
        data = json.loads(body or b"{}")
    except ValueError as error:
        raise ParseError(f"this is not JSON: {error}") from error
    return read(serializer_class, data)


class WholeMultiPart(MultiPartParser):
    """Reads a form with files, and refuses one of which the end is missing."""

    def parse(self, stream, media_type=None, parser_context=None):
        read = 0

        def count(size):
            nonlocal read
            read += size

        counted = CallbackIOWrapper(count, stream, "read")
        parsed = super().parse(counted, media_type, parser_context)
        if read < int(stream.META["CONTENT_LENGTH"]):
            raise ParseError(CUT_OFF)
        return parsed


def refuse_large_form(request, most):
    """Raise TooLarge before a form is read, LengthRequired if nobody says how large."""
    sent = request._request
    if "HTTP_TRANSFER_ENCODING" in sent.META:
        raise LengthRequired("say with Content-Length how long the body is")
    if int(sent.META.get("CONTENT_LENGTH") or 0) > most:
        refuse_large(sent, most)


def refuse_large(stream, most):
    """Raise TooLarge, but first let the sender come to an end, so that it hears it."""
    for _ in range(PIECES_DISCARDED):
        if not stream.read(1 << 20):
            break
    raise TooLarge(f"a body may have {most:,} bytes")


def read_id(name, text):
    """Read the id, a UUID, that is called `name`; say what is wrong with it."""
    try:
        return serializers.UUIDField().to_internal_value(text)
    except ValidationError as error:
        raise ValidationError({name: error.detail}) from error


def query(serializer_class):
    """Hand a view what its query string says, read and documented by a serializer."""

    def decorate(view):
        @wraps(view)
        def reading(self, request, *args, **options):
            refuse_encodings(request)
            refuse_twice(request.query_params)
            asked = read(serializer_class, request.query_params.dict(), request=request)
            return view(self, request, asked, *args, **options)

        described = [] if serializer_class is Nothing else [serializer_class]
        return extend_schema(parameters=described)(reading)

    return decorate


@extend_schema_field(
    {"type": "string", "format": "date-time", "example": "2023-01-25T12:00:00Z"}
)
class InstantField(serializers.Field):
    """An ISO 8601 moment; in UTC unless it says otherwise."""

    def to_internal_value(self, data):
        if not isinstance(data, str):
            raise ValidationError("A moment is a text, such as 2023-01-25T12:00:00Z.")
        try:
            return instant(data)
        except ArgumentTypeError as error:
            raise ValidationError(str(error)) from error

    def to_representation(self, value):
        return value


class TextField(serializers.CharField):
    """A text, and nothing that could be made one."""

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class CursorField(serializers.CharField):
    """Where a page begins: signed, so that nobody makes one up."""

    def to_internal_value(self, data):
        request = self.context["request"]
        salt = list_asked_for(request.path, request.query_params)
        try:
            return signing.loads(super().to_internal_value(data), salt=salt)
        except signing.BadSignature:
            raise ValidationError("This is not the cursor of a page here.") from None


def list_asked_for(path, parameters):
    """Return what a cursor is good for: one list in one order, by any page size."""
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
        help_text="Where the page begins; the link to the next one has it.",
    )


# --- What is answered


class Table(dict):
    """An answer with rows: JSON shows all of it, CSV the given columns of its rows."""

    def __init__(self, columns, rows, **content):
        super().__init__(content)
        self.columns = columns
        self.rows = rows


def page_of(request, asked, rows, columns, key, **head):
    """Answer with one page of the rows, of which there is one more if there are.

    `key` names the columns that tell where the next page begins. Who asks for a range
    finds it in the next page's address too: all pages speak of one moment.
    """
    page = [row._asdict() for row in rows[: asked.page_size]]
    link = None
    if len(rows) > asked.page_size:
        values = [page[-1][name] for name in key]
        position = [as_text(value) for value in values]
        is_range = hasattr(asked, "as_of")
        span = {name: head[name] for name in ("as_of", "from", "to") if is_range}
        link = link_to(request, position, span)
    results = [{name: row[name] for name in columns} for row in page]
    table = Table(columns, results, **head, next=link, results=results)
    headers = {"Link": f'<{link}>; rel="next"'} if link else {}
    return Response(table, headers=headers)


def as_text(value):
    return value.isoformat() if isinstance(value, date) else value


def link_to(request, position, more):
    """Return the address, with more parameters, of the page after a position."""
    parameters = request.query_params.copy()
    for name, value in more.items():
        parameters[name] = as_text(value)
    salt = list_asked_for(request.path, parameters)
    parameters["cursor"] = signing.dumps(position, salt=salt)
    return request.build_absolute_uri(f"{request.path}?{parameters.urlencode()}")


class CsvRenderer(BaseRenderer):
    """Writes a Table as CSV with a header line; the rest of it goes as headers."""

    media_type = CSV
    format = "csv"
    charset = "utf-8"

    def render(self, data, accepted_media_type=None, renderer_context=None):
        if not isinstance(data, Table):
            return JSONRenderer().render(data)
        if as_of := data.get("as_of"):
            renderer_context["response"]["X-As-Of"] = as_of.isoformat()
        text = StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(data.columns)
        for row in data.rows:
            writer.writerow([cell(row[name]) for name in data.columns])
        return text.getvalue().encode()


def cell(value):
    """Return a value as a cell; a text never as a spreadsheet's formula."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value


class Tables:
    """A view that answers with tables, in JSON or CSV; of a set, with these actions."""

    table_actions = ("list",)

    def get_renderers(self):
        is_table = getattr(self, "action", "list") in self.table_actions
        return [JSONRenderer(), CsvRenderer()] if is_table else [JSONRenderer()]


def csv_file(write, filename, headers=None):
    """Answer with the CSV that `write` writes to a file, never whole in memory."""
    file = TemporaryFile()  # noqa: SIM115, the response closes it
    write(file)
    file.seek(0)
    return FileResponse(
        file,
        as_attachment=True,
        filename=filename,
        content_type=CSV,
        headers=headers,
    )


# --- What is documented


def answers(serializer, *problems, status=200, csv=False):
    """Describe an endpoint's answers for its documentation."""
    found = {(status, "application/json"): serializer}
    if csv:
        found[(status, CSV)] = OpenApiTypes.STR
    return found | refusals(*problems, 400, 406, 415)


def refusals(*numbers):
    """Describe the problems that an endpoint may answer with."""
    return {
        (number, CONTENT_TYPE): OpenApiResponse(
            Problem, description=HTTPStatus(number).phrase
        )
        for number in numbers
    }
