"""The special hours of a store: dates that differ from its week."""

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

import sql
from restaurant_monitor.api import (
    Nothing,
    Page,
    Strict,
    Tables,
    answers,
    page_of,
    query,
    read_json,
    refusals,
)
from stores import edit, scope
from stores.api.stores import MOST_SHIFTS, ShiftFields

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2100, 12, 31)
TIMES = ["start_time_local", "end_time_local"]


# --- What is asked


class DayField(serializers.DateField):
    """A date of the years that polls can be of."""

    def to_internal_value(self, data):
        day = super().to_internal_value(data)
        if not FIRST_DAY <= day <= LAST_DAY:
            raise ValidationError("This is not in the years 1970 to 2100.")
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
        help_text="All rows of the date; none: closed.",
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


# --- What is answered


class DayAnswer(serializers.Serializer):
    date = serializers.DateField()
    hours = ShiftFields(many=True, help_text="None: closed.")


class DayOfStore(DayAnswer):
    store_id = serializers.CharField()


@extend_schema_serializer(many=False)  # an object with the list in it
class DaysAnswer(serializers.Serializer):
    store_id = serializers.CharField()
    next = serializers.URLField(allow_null=True, help_text="The next page.")
    results = DayAnswer(many=True)


def special_days(store_id, since, until, after=None, most=1):
    return sql.rows(
        "store/special_dates",
        store_id=store_id,
        since=since,
        until=until,
        after=after,
        most=most,
    )


def answer(store, day):
    for row in special_days(store.pk, day, day):
        return Response({"store_id": store.pk} | row._asdict())
    raise NotFound(f"{day} goes by the store's week")


def as_file(store_id, days):
    """Return the rows that a file of special hours has for some days."""
    closed = dict.fromkeys(TIMES, "")
    return [
        {"store_id": store_id, "date": day["date"], **times}
        for day in days
        for times in day["hours"] or [closed]
    ]


# --- The endpoints


class StoreSpecialHours(Tables, ViewSet):
    parser_classes = (JSONParser,)

    @extend_schema(responses=answers(DaysAnswer, 404, csv=True))
    @query(Days)
    def list(self, request, asked, store_id):
        """List the dates on which a store's hours differ from its week.

        As CSV: the rows of a file of special hours.
        """
        store = scope.find(request.user, store_id)
        [after] = asked.cursor or [None]
        most = asked.page_size + 1
        found = special_days(store.pk, asked.since, asked.until, after, most)
        columns = ["date", "hours"]
        page = page_of(request, asked, found, columns, ["date"], store_id=store.pk)
        page.data.columns = ["store_id", "date", *TIMES]
        page.data.rows = as_file(store.pk, page.data["results"])
        return page

    @extend_schema(parameters=[DAY], responses=answers(DayOfStore, 404))
    @query(Nothing)
    def retrieve(self, request, asked, store_id, day):
        """Give the special hours of a date."""
        return answer(scope.find(request.user, store_id), read_day(day))

    @extend_schema(
        parameters=[DAY],
        request=SpecialDay,
        responses=answers(DayOfStore, 404, 413),
    )
    @query(Nothing)
    def update(self, request, asked, store_id, day):
        """Give a date hours of its own, in place of those that its weekday opens.

        The night that runs into it from the date before stays.
        """
        store, day = scope.find(request.user, store_id), read_day(day)
        wanted = read_json(SpecialDay, request)
        shifts = [tuple(row[name] for name in TIMES) for row in wanted.hours]
        edit.set_special_hours(store.pk, day, shifts)
        return answer(store, day)

    @extend_schema(
        parameters=[DAY], responses={204: None, **refusals(400, 404, 406, 415)}
    )
    @query(Nothing)
    def destroy(self, request, asked, store_id, day):
        """Have a date go by the store's week again."""
        store, day = scope.find(request.user, store_id), read_day(day)
        edit.set_special_hours(store.pk, day, None)
        return Response(status=204)
