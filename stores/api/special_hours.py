"""The special hours of a store: dates that differ from its week."""

from collections import namedtuple
from datetime import date

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from restaurant_monitor.access.permissions import needs
from restaurant_monitor.http.bodies import read_json
from restaurant_monitor.http.docs import answers, refusals
from restaurant_monitor.http.paging import Page, page_of
from restaurant_monitor.http.reading import NoParameters, Strict, query
from restaurant_monitor.http.tables import Tables, columns_of
from stores import scope
from stores.api.hours import MOST_SHIFTS, ShiftFields
from stores.hours.special_dates import rows_of, set_special_hours, special_dates
from stores.ingest.staging import KINDS

COLUMNS = KINDS["special"]
TIMES = COLUMNS[2:]
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2100, 12, 31)


# --- Requests


class DayField(serializers.DateField):
    """A date from 1970 to 2100, the years that polls may be in."""

    def to_internal_value(self, data):
        day = super().to_internal_value(data)
        if not FIRST_DAY <= day <= LAST_DAY:
            raise ValidationError("The year must be from 1970 to 2100.")
        return day


class Days(Page):
    locals()["from"] = DayField(
        source="since", required=False, default=FIRST_DAY, help_text="The first date."
    )
    to = DayField(
        source="until", required=False, default=LAST_DAY, help_text="The last date."
    )


class SpecialDay(Strict):
    hours = serializers.ListField(
        child=ShiftFields(),
        max_length=MOST_SHIFTS,
        help_text="All rows of the date. An empty list means closed.",
    )


DAY = OpenApiParameter(
    "day",
    OpenApiTypes.DATE,
    location="path",
    description="The date, in the store's local time.",
)


def read_day(text):
    try:
        return DayField().run_validation(text)
    except ValidationError as error:
        raise ValidationError({"day": error.detail}) from error


# --- Responses


class DayAnswer(serializers.Serializer):
    date = serializers.DateField()
    hours = ShiftFields(many=True, help_text="An empty list means closed.")


class DayOfStore(DayAnswer):
    store_id = serializers.CharField()


@extend_schema_serializer(many=False)  # an object with the list in it
class DaysAnswer(serializers.Serializer):
    store_id = serializers.CharField()
    next = serializers.URLField(allow_null=True, help_text="The next page.")
    results = DayAnswer(many=True)


Day = namedtuple("Day", columns_of(DayAnswer))


def day_of(special):
    return Day(special.date, rows_of(special))


def answer(store, day):
    for special in special_dates(store.pk, date=day):
        return Response({"store_id": store.pk} | day_of(special)._asdict())
    raise NotFound(f"there are no special hours on {day}")


def as_file(store_id, days):
    """Return days as the rows of a file of special hours."""
    closed = dict.fromkeys(TIMES, "")
    return [
        {"store_id": store_id, "date": day["date"], **row}
        for day in days
        for row in day["hours"] or [closed]
    ]


# --- The endpoints


@needs(
    GET="stores.view_specialhours",
    PUT="stores.change_specialhours",
    DELETE="stores.change_specialhours",
)
class StoreSpecialHours(Tables, ViewSet):
    parser_classes = (JSONParser,)

    @extend_schema(
        summary="List a store's special hours",
        responses=answers(DaysAnswer, 404, csv=True),
    )
    @query(Days)
    def list(self, request, params, store_id):
        """List the dates on which a store's hours differ from its week.

        As CSV: the rows of a file of special hours.
        """
        store = scope.find(request.user, store_id)
        conditions = {"date__range": (params.since, params.until)}
        if params.cursor:
            [conditions["date__gt"]] = params.cursor
        found = special_dates(store.pk, **conditions)[: params.page_size + 1]
        days = [day_of(special) for special in found]
        page = page_of(request, params, days, Day._fields, ["date"], store_id=store.pk)
        page.data.columns = COLUMNS
        page.data.rows = as_file(store.pk, page.data["results"])
        return page

    @extend_schema(
        summary="Get a date's special hours",
        parameters=[DAY],
        responses=answers(DayOfStore, 404),
    )
    @query(NoParameters)
    def retrieve(self, request, params, store_id, day):
        """Get the special hours of a date. A date without any is not found."""
        return answer(scope.find(request.user, store_id), read_day(day))

    @extend_schema(
        summary="Set a date's special hours",
        parameters=[DAY],
        request=SpecialDay,
        responses=answers(DayOfStore, 404, 413),
    )
    @query(NoParameters)
    def update(self, request, params, store_id, day):
        """Set the special hours of a date. They replace those of its weekday.

        Hours of the night before that run into the date stay.
        """
        store, day = scope.find(request.user, store_id), read_day(day)
        data = read_json(SpecialDay, request)
        shifts = [tuple(row[name] for name in TIMES) for row in data.hours]
        with scope.editing(request.user, store.pk):
            set_special_hours(store.pk, day, shifts)
        return answer(store, day)

    @extend_schema(
        summary="Delete a date's special hours",
        parameters=[DAY],
        responses={204: None, **refusals(400, 404, 406, 415)},
    )
    @query(NoParameters)
    def destroy(self, request, params, store_id, day):
        """Delete the special hours of a date. The hours of its weekday apply again."""
        store, day = scope.find(request.user, store_id), read_day(day)
        with scope.editing(request.user, store.pk):
            set_special_hours(store.pk, day, None)
        return Response(status=204)
