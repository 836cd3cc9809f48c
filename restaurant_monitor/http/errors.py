"""Errors for HTTP statuses that Django REST framework has no class for."""

from http import HTTPStatus

from django.core.exceptions import NON_FIELD_ERRORS
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.settings import api_settings

RETRY_SECONDS = 30


class NotKnown(Exception):
    """A request names something that does not exist. The API answers with a 404."""


class Conflict(APIException):
    status_code = HTTPStatus.CONFLICT


class PreconditionFailed(APIException):
    status_code = HTTPStatus.PRECONDITION_FAILED


class TooLarge(APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class LengthRequired(APIException):
    status_code = HTTPStatus.LENGTH_REQUIRED


class Unprocessable(APIException):
    status_code = HTTPStatus.UNPROCESSABLE_ENTITY


class TooManyWaiting(APIException):
    """Too much of this is waiting. The client may retry after `wait` seconds."""

    status_code = HTTPStatus.TOO_MANY_REQUESTS
    wait = 10


class Busy(APIException):
    """The server is busy. The client may retry after RETRY_SECONDS."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    wait = RETRY_SECONDS


def invalid(error):
    """Return the API's error for a ValidationError of Django with reasons by field."""
    reasons = error.message_dict
    if of_none := reasons.pop(NON_FIELD_ERRORS, None):
        reasons[api_settings.NON_FIELD_ERRORS_KEY] = of_none
    return ValidationError(reasons)
