"""Reads the body of a request, up to a limit.

A body over its limit is refused before it is read. A client that is still sending may
then miss the answer, so the proxy must buffer bodies.
"""

import json
from contextlib import ExitStack
from io import BytesIO

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import QueryDict
from django.http.multipartparser import MultiPartParser as DjangoMultiPartParser
from django.http.multipartparser import MultiPartParserError
from gunicorn.http.errors import ParseException
from rest_framework.exceptions import (
    ParseError,
    UnsupportedMediaType,
    ValidationError,
)
from rest_framework.parsers import MultiPartParser
from tqdm.utils import CallbackIOWrapper

from restaurant_monitor.http.errors import LengthRequired, TooLarge
from restaurant_monitor.http.reading import read, refuse_duplicates

JSON = "application/json"
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
MOST_JSON_BYTES = 1 << 20
# What reading from the client raises: a broken chunk, or a connection that ended.
BROKEN = (ParseException, OSError)
CUT_OFF = "the body ended before its Content-Length"


def whole_body(request, most):
    """Read a body of up to `most` bytes, with or without a Content-Length.

    Raises TooLarge, or ParseError if the body is incomplete.
    """
    sent = request._request
    length = content_length(sent)
    # Django reads no body without a Content-Length.
    stream = sent.META["wsgi.input"] if is_chunked(sent) else sent
    body = b"" if length > most else received(stream, most + 1)
    if max(length, len(body)) > most:
        refuse_large(most)
    if len(body) < length:
        raise ParseError(CUT_OFF)
    return body


def received(stream, most):
    """Read up to `most` bytes; raise ParseError if the client sends them wrongly."""
    try:
        return stream.read(most)
    except BROKEN as error:
        raise ParseError(f"the body cannot be read: {error}") from error


def read_json(serializer_class, request):
    """Read and validate a JSON body. An empty body is an empty object."""
    return read_body(serializer_class, request, {JSON: from_json})


def read_json_or_form(serializer_class, request):
    """Read and validate a JSON body or a form without files."""
    readers = {JSON: from_json, FORM: from_form, MULTIPART: from_multipart}
    return read_body(serializer_class, request, readers)


def read_body(serializer_class, request, readers):
    body = whole_body(request, MOST_JSON_BYTES)
    reader = readers.get(request._request.content_type)
    if body and reader is None:
        raise UnsupportedMediaType(request.content_type)
    data = reader(body, request.content_type) if body else {}
    try:
        return read(serializer_class, data)
    except ValidationError as error:
        refuse_half_characters(error)
        raise


def from_json(body, content_type):
    try:
        return json.loads(body)
    except ValueError as error:
        raise ParseError(f"this is not JSON: {error}") from error


def from_form(body, content_type):
    return single_fields(QueryDict(body, encoding="utf-8"))


def from_multipart(body, content_type):
    described = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": len(body)}
    handlers = [MemoryFileUploadHandler()]
    try:
        parser = DjangoMultiPartParser(described, BytesIO(body), handlers, "utf-8")
        fields, files = parser.parse()
    except MultiPartParserError as error:
        raise ParseError(f"this is not a form: {error}") from error
    if files:
        raise ValidationError({name: ["This is a file."] for name in files})
    return single_fields(fields)


def single_fields(fields):
    refuse_duplicates(fields)
    return fields.dict()


def refuse_half_characters(error):
    """Raise ParseError if an error repeats a lone surrogate, which no answer can have.

    JSON can escape one: half of a character that is written as a pair.
    """
    try:
        json.dumps(error.detail, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ParseError("a text has half a character, a lone surrogate") from error


class WholeMultiPart(MultiPartParser):
    """Reads a form with files. Refuses an incomplete one, and then keeps no file."""

    def parse(self, stream, media_type=None, parser_context=None):
        read = 0

        def count(size):
            nonlocal read
            read += size

        counted = CallbackIOWrapper(count, stream, "read")
        with ExitStack() as unless_whole:
            # Django closes the files that are whole, but not the one at hand.
            unless_whole.callback(close_files_at_hand, parser_context["request"])
            parsed = super().parse(counted, media_type, parser_context)
            unless_whole.callback(close_files, parsed.files)
            if read < int(stream.META["CONTENT_LENGTH"]):
                raise ParseError(CUT_OFF)
            unless_whole.pop_all()
        return parsed


def close_files_at_hand(request):
    for handler in request.upload_handlers:
        if hasattr(handler, "file"):
            handler.file.close()


def close_files(files):
    """Close the files of a form. Large ones are then deleted from the disk."""
    for _, found in files.lists():
        for file in found:
            file.close()


def refuse_large_form(request, most):
    """Raise TooLarge for a large form, or LengthRequired without a Content-Length."""
    sent = request._request
    if is_chunked(sent):
        raise LengthRequired("a form needs a Content-Length")
    if content_length(sent) > most:
        refuse_large(most)


def refuse_large(most):
    raise TooLarge(f"a body may have at most {most:,} bytes")


def content_length(sent):
    return int(sent.META.get("CONTENT_LENGTH") or 0)


def is_chunked(sent):
    return "HTTP_TRANSFER_ENCODING" in sent.META
