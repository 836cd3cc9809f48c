"""Errors of the API, as RFC 9457 defines them: application/problem+json."""

from http import HTTPStatus

from django.core.exceptions import BadRequest
from django.http import HttpResponse, JsonResponse, UnreadablePostError
from django.template.loader import render_to_string
from django.urls import Resolver404
from rest_framework import serializers
from rest_framework.exceptions import (
    MethodNotAllowed,
    NotFound,
    ParseError,
    ValidationError,
)
from rest_framework.views import exception_handler

from restaurant_monitor.http.errors import RETRY_SECONDS, NotKnown
from restaurant_monitor.http.unavailable import note_unavailable, reason_now
from restaurant_monitor.logs import current_request_id

CONTENT_TYPE = "application/problem+json"
# How the addresses of the API begin. Some endpoints are at the root, too.
API = ["api", "trigger_report", "get_report", "download"]
NOT_ACCEPTED = "the server does not accept this request"
# The headings of the pages.
TITLES = {
    HTTPStatus.BAD_REQUEST: "Not accepted",
    HTTPStatus.FORBIDDEN: "Not allowed",
    HTTPStatus.NOT_FOUND: "Not found",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not available",
}


class Problem(serializers.Serializer):
    """A problem, for the description of the API."""

    type = serializers.CharField(help_text="about:blank: the type is the status.")
    title = serializers.CharField(help_text="The status in words.")
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="The reason.")
    request_id = serializers.CharField(
        help_text="The id of the request, as in X-Request-ID. The log has it too."
    )
    errors = serializers.DictField(
        required=False, help_text="The reasons, by the name of the field."
    )


def as_problem(error, context):
    """Turn an exception of an API view into a problem."""
    if isinstance(error, NotKnown):  # it was deleted in the meantime
        error = NotFound(str(error))
    if isinstance(error, UnreadablePostError):  # the client sends no more
        error = ParseError("the body cannot be read")
    if isinstance(error, RecursionError):
        error = ParseError("the body is nested too deeply")
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, MethodNotAllowed):
        detail, more = use_instead(context), {}
    elif isinstance(error, ValidationError):
        detail, more = "the request is not valid", {"errors": response.data}
    else:
        detail, more = str(response.data["detail"]), {}
    response.data = problem(response.status_code, detail) | more
    response.content_type = CONTENT_TYPE
    return response


def use_instead(context):
    """Return a text that names the methods of an address."""
    methods = [name for name in context["view"].allowed_methods if name != "OPTIONS"]
    asked = context["request"].method
    return f"{asked} does nothing at this address. Use {' or '.join(methods)}."


def problem(status, detail):
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "request_id": current_request_id(),
    }


def is_of_api(request):
    return request.path.split("/")[1] in API


def bad_request(request, exception):
    """Django's handler400: a problem for the API, a page elsewhere."""
    if not is_of_api(request):
        known = isinstance(exception, BadRequest) and str(exception)
        return error_page(HTTPStatus.BAD_REQUEST, known or NOT_ACCEPTED)
    return answer(HTTPStatus.BAD_REQUEST, NOT_ACCEPTED)


def forbidden(request, exception):
    """Django's handler403: a problem for the API, a page elsewhere."""
    reason = str(exception) or "this is not allowed"
    if not is_of_api(request):
        return error_page(HTTPStatus.FORBIDDEN, reason, request)
    return answer(HTTPStatus.FORBIDDEN, reason)


def not_found(request, exception):
    """Django's handler404: a problem for the API, a page elsewhere."""
    if not is_of_api(request):
        # Where no address fits, Django gives no text, but what it has tried.
        known = None if isinstance(exception, Resolver404) else str(exception)
        reason = known or "there is no page at this address"
        return error_page(HTTPStatus.NOT_FOUND, reason, request)
    return answer(HTTPStatus.NOT_FOUND, "there is no endpoint at this address")


def server_error(request):
    """Django's handler500: a problem for the API, a page elsewhere.

    It is a 503 if the database is the reason, and not the program.
    """
    if reason := reason_now():
        return unavailable(request, reason)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    if not is_of_api(request):
        return error_page(
            status, f"the log has the reason, at request {current_request_id()}"
        )
    return answer(status, "the log has the reason")


def unavailable(request, reason):
    """Answer with a 503 that says when to try again."""
    status = HTTPStatus.SERVICE_UNAVAILABLE
    if is_of_api(request):
        response = answer(status, f"{reason}; try again later")
    else:
        response = error_page(status, reason)
    response["Retry-After"] = str(RETRY_SECONDS)
    note_unavailable(request, response, reason)
    return response


def error_page(status, reason, request=None):
    """Return a page with a reason. Without a request, it needs no database."""
    context = {"title": TITLES[status], "reason": reason, "status": int(status)}
    return HttpResponse(render_to_string("error.html", context, request), status=status)


def answer(status, detail, more=None):
    """Return a problem as an answer of Django, with the fields of `more`."""
    content = problem(status, detail) | (more or {})
    return JsonResponse(content, status=status, content_type=CONTENT_TYPE)
