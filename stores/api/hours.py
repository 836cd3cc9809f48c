"""The business hours of a store."""

from django.core.exceptions import ValidationError as Invalid
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from restaurant_monitor.access.permissions import needs
from restaurant_monitor.http.bodies import read_json
from restaurant_monitor.http.docs import answers
from restaurant_monitor.http.etags import (
    IF_MATCH,
    IF_NONE_MATCH,
    refuse_changed,
    with_etag,
)
from restaurant_monitor.http.reading import NoParameters, Strict, query
from restaurant_monitor.http.tables import Table, Tables
from stores import scope
from stores.hours import clock
from stores.hours.week import set_week, week_of
from stores.ingest.staging import KINDS

MOST_SHIFTS = 100
COLUMNS = KINDS["hours"]


# --- Requests


@extend_schema_field(OpenApiTypes.STR)
class ClockField(serializers.Field):
    """A time of the day, as in a file of hours."""

    def __init__(self, read, **options):
        super().__init__(**options)
        self.read = read

    def to_internal_value(self, data):
        if not isinstance(data, str):
            raise ValidationError("A time is a string, such as 09:00.")
        try:
            return self.read(data)
        except Invalid as error:
            raise ValidationError(error.messages) from error

    def to_representation(self, value):
        return value


class ShiftFields(Strict):
    start_time_local = ClockField(
        clock.read_time, help_text="Such as 09:00 or 09:00:30."
    )
    end_time_local = ClockField(
        clock.read_end,
        help_text="Up to 24:00. An end at or before the start is on the next date. An "
        "end at 23:59 or later means midnight.",
    )


class WeekdayField(serializers.IntegerField):
    """An integer. Strings and booleans are not converted to one."""

    def to_internal_value(self, data):
        if type(data) is not int:  # a bool is an int in Python
            self.fail("invalid")
        return super().to_internal_value(data)


class Shift(ShiftFields):
    day = WeekdayField(min_value=0, max_value=6, help_text="0 is Monday, 6 is Sunday.")


class Week(Strict):
    hours = serializers.ListField(
        child=Shift(),
        max_length=MOST_SHIFTS,
        help_text="All rows of the week. An empty list means always open.",
    )


# --- Responses


class HoursAnswer(serializers.Serializer):
    store_id = serializers.CharField()
    is_always_open = serializers.BooleanField()
    hours = Shift(many=True)


# --- The endpoint


@needs(GET="stores.view_businesshours", PUT="stores.change_businesshours")
class StoreHours(Tables, ViewSet):
    table_actions = ("retrieve",)
    parser_classes = (JSONParser,)

    @extend_schema(
        summary="Get a store's weekly hours",
        parameters=[IF_NONE_MATCH],
        responses={304: None} | answers(HoursAnswer, 404, csv=True),
    )
    @query(NoParameters)
    def retrieve(self, request, params, store_id):
        """Get a store's week of business hours, in its local time."""
        return hours_of(request, scope.find(request.user, store_id))

    @extend_schema(
        summary="Replace a store's weekly hours",
        parameters=[IF_MATCH],
        request=Week,
        responses=answers(HoursAnswer, 404, 412, 413),
    )
    @query(NoParameters)
    def update(self, request, params, store_id):
        """Replace a store's whole week. Its polls are kept.

        All figures, also those of the past, then use the new hours.
        """
        store = scope.find(request.user, store_id)
        data = read_json(Week, request)
        rows = [tuple(row[name] for name in COLUMNS[1:]) for row in data.hours]
        refuse_duplicates(rows)
        with scope.editing(request.user, store.pk):
            refuse_changed(request, [store.pk, *week_of(store.pk)])
            set_week(store.pk, rows)
        return hours_of(request, store)


def refuse_duplicates(rows):
    duplicates = {
        str(place): {"day": ["this repeats an earlier row"]}
        for place, row in enumerate(rows)
        if row in rows[:place]
    }
    if duplicates:
        raise ValidationError({"hours": duplicates})


def hours_of(request, store):
    """Return a store's week and its ETag. As CSV it is a file of hours."""
    week = week_of(store.pk)
    hours = [
        {"day": day} | clock.times_as_text(starts, ends) for day, starts, ends in week
    ]
    content = {"store_id": store.pk, "is_always_open": not hours, "hours": hours}
    rows = [{"store_id": store.pk} | row for row in hours]
    answer = Response(Table(COLUMNS, rows, **content))
    return with_etag(request, answer, [store.pk, *week])
