"""Refuses requests that no page or endpoint can read, before one tries."""

from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import UnreadablePostError

from restaurant_monitor.http import problems
from restaurant_monitor.http.bodies import content_length, is_chunked
from restaurant_monitor.http.reading import NOT_UTF_8, is_in_other_charset

UNPACKED = ("", "identity")
# The page that gets files. Its view reads the form itself, with the limits of the API.
UPLOADS = "/ingests/"


def refuse_unreadable(get_response):
    """Middleware: refuse compressed bodies and, in the API, other charsets.

    Also refuse what pages do not expect: NUL, of which PostgreSQL has no text, and
    large bodies. All but one have no files, and Django would keep one on disk.
    """

    def middleware(request):
        if request.headers.get("Content-Encoding", "").strip().lower() not in UNPACKED:
            refusal = unsupported("a body must not be compressed")
            refusal["Accept-Encoding"] = "identity"
            return refusal
        if problems.is_of_api(request):
            if has_body(request) and is_in_other_charset(request):
                return unsupported(NOT_UTF_8)
        elif request.path != UPLOADS and is_too_large(request):
            detail = "the body of this request is too large"
            return problems.answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
        elif has_nul(request):
            raise BadRequest("a parameter has a NUL character")
        return get_response(request)

    return middleware


def is_too_large(request):
    return content_length(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def has_body(request):
    return content_length(request) > 0 or is_chunked(request)


def unsupported(detail):
    return problems.answer(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail)


def has_nul(request):
    """Whether an address, or the choice of rows in a list, has a NUL.

    Forms say themselves which of their fields has one.
    """
    if "\0" in request.path or "%00" in request.META["QUERY_STRING"]:
        return True
    if request.path == UPLOADS:
        return False
    try:
        chosen = request.POST.getlist("_selected_action")
    except UnreadablePostError as error:
        raise BadRequest("the body cannot be read") from error
    return any("\0" in text for text in chosen)
