"""Reads the parameters and fields of a request, and refuses unknown ones."""

from argparse import ArgumentTypeError
from collections.abc import Mapping
from functools import wraps
from types import SimpleNamespace

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import UnsupportedMediaType, ValidationError

from restaurant_monitor.instants import instant

NOT_UTF_8 = "text must be in UTF-8"


class Strict(serializers.Serializer):
    """Refuses unknown fields."""

    UNKNOWN = "unknown"

    def to_internal_value(self, data):
        if isinstance(data, Mapping):
            unknown = {name: [self.UNKNOWN] for name in data if name not in self.fields}
            if unknown:
                raise ValidationError(unknown)
        return super().to_internal_value(data)


class NoParameters(Strict):
    """The parameters of an endpoint that has none."""

    UNKNOWN = "unknown: this endpoint has no parameters in its address"


def read(serializer_class, data, **context):
    """Return valid data as attributes. A ValidationError has the reasons by field."""
    serializer = serializer_class(data=data, context=context)
    serializer.is_valid(raise_exception=True)
    return SimpleNamespace(**serializer.validated_data)


def read_id(name, text):
    """Read the UUID of the parameter `name`; raise ValidationError with that name."""
    try:
        return serializers.UUIDField().to_internal_value(text)
    except ValidationError as error:
        raise ValidationError({name: error.detail}) from error


def query(serializer_class):
    """Pass the query string to a view as `params`, and document its parameters."""

    def decorate(view):
        @wraps(view)
        def reading(self, request, *args, **options):
            if is_in_other_charset(request._request):
                raise UnsupportedMediaType(request.content_type, NOT_UTF_8)
            sent = parameters_of(serializer_class, request.query_params)
            params = read(serializer_class, sent, request=request)
            return view(self, request, params, *args, **options)

        described = [] if serializer_class is NoParameters else [serializer_class]
        return extend_schema(parameters=described)(reading)

    return decorate


def is_in_other_charset(sent):
    charset = sent.content_params.get("charset", "utf-8")
    return charset.lower() not in ("utf-8", "utf8")


def parameters_of(serializer_class, sent):
    """Return parameters as a dict. A field that is a list may be given several times.

    Raises ValidationError if another one is given twice.
    """
    fields = serializer_class().fields.items()
    lists = {name for name, f in fields if isinstance(f, serializers.ListField)}
    refuse_duplicates(sent, may_repeat=lists)
    return sent.dict() | {n: sent.getlist(n) for n in lists if n in sent}


def refuse_duplicates(parameters, may_repeat=()):
    twice = {
        name: ["given twice"]
        for name, values in parameters.lists()
        if len(values) > 1 and name not in may_repeat
    }
    if twice:
        raise ValidationError(twice)


# It has no example: Swagger UI would send it in every request.
@extend_schema_field({"type": "string", "format": "date-time"})
class InstantField(serializers.Field):
    """An ISO 8601 date and time, in UTC unless it has an offset."""

    def to_internal_value(self, data):
        if not isinstance(data, str):
            raise ValidationError("A moment is a string, such as 2023-01-25T12:00:00Z.")
        try:
            return instant(data)
        except ArgumentTypeError as error:
            raise ValidationError(str(error)) from error

    def to_representation(self, value):
        return value


class TextField(serializers.CharField):
    """A string. Numbers and booleans are not converted to one."""

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class FlagField(serializers.BooleanField):
    """True or false. Numbers and strings are not converted to one."""

    def to_internal_value(self, data):
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data
