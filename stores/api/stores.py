"""Stores and their hours: listed, made, changed and deleted."""

from contextlib import ExitStack, contextmanager, suppress

from django.core.exceptions import ValidationError as Invalid
from django.db import IntegrityError
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.viewsets import ViewSet

import sql
from restaurant_monitor.api import (
    Conflict,
    InstantField,
    Nothing,
    Page,
    Strict,
    Table,
    Tables,
    TextField,
    answers,
    page_of,
    query,
    read_json,
)
from stores import edit, scope, timeline, week
from stores.models import Store, UnknownStore

ORDERS = ["store_id", "display_name", "last_seen_at"]
STATUSES = ["up", "down", "unobserved", "closed"]
MOST_SHIFTS = 100
STORE = ["store_id", "display_name", "timezone", "status", "last_seen_at"]
HOURS = ["store_id", "day", "start_time_local", "end_time_local"]


# --- What is asked


class StoreQuery(Page):
    search = serializers.CharField(
        required=False,
        default="",
        max_length=200,
        help_text="The beginning of an id, or a part of a name, be it in capitals.",
    )
    timezone = serializers.CharField(
        required=False,
        default="",
        max_length=100,
        help_text="Only stores in this zone; those without one are in America/Chicago.",
    )
    status = serializers.ChoiceField(
        STATUSES, required=False, default="", help_text="Only stores that are so now."
    )
    seen_since = InstantField(
        required=False, default=None, help_text="Only stores polled then or later."
    )
    not_seen_since = InstantField(
        required=False, default=None, help_text="Only stores not polled then or later."
    )
    order = serializers.ChoiceField(
        [sign + name for name in ORDERS for sign in ("", "-")],
        required=False,
        default="store_id",
        help_text="With a minus: the other way round. Who was never seen comes first.",
    )


class StoreChange(Strict):
    display_name = TextField(
        required=False,
        allow_blank=True,
        max_length=200,
        help_text="What people call it.",
    )
    timezone = TextField(
        required=False,
        allow_null=True,
        help_text="A name of the tz database; null means America/Chicago.",
    )

    def validate_timezone(self, text):
        if text is not None and text not in edit.zones():
            raise ValidationError("This is not a name of the tz database.")
        return text


class NewStore(StoreChange):
    store_id = TextField(max_length=64)

    def validate_store_id(self, text):
        if reason := sql.one("store/judge_id", store_id=text).reason:
            raise ValidationError(f"This cannot be the id of a store: {reason}.")
        return text


@extend_schema_field(OpenApiTypes.STR)
class ClockField(serializers.Field):
    """A time of the day, as in a file of hours."""

    def __init__(self, read, **options):
        super().__init__(**options)
        self.read = read

    def to_internal_value(self, data):
        if not isinstance(data, str):
            raise ValidationError("A time is a text, such as 09:00.")
        try:
            return self.read(data)
        except Invalid as error:
            raise ValidationError(error.messages) from error

    def to_representation(self, value):
        return value


class ShiftFields(Strict):
    start_time_local = ClockField(week.read_time, help_text="As 09:00 or 09:00:30.")
    end_time_local = ClockField(
        week.read_end,
        help_text="Up to 24:00. At or before the start: on the next date; at 23:59 or "
        "later: midnight.",
    )


class WeekdayField(serializers.IntegerField):
    """A number, and nothing that could be made one."""

    def to_internal_value(self, data):
        if type(data) is not int:  # a bool is one to Python
            self.fail("invalid")
        return super().to_internal_value(data)


class Shift(ShiftFields):
    day = WeekdayField(min_value=0, max_value=6, help_text="0 is Monday, 6 is Sunday.")


class Week(Strict):
    hours = serializers.ListField(
        child=Shift(),
        max_length=MOST_SHIFTS,
        help_text="All rows of the week; none: always open.",
    )


# --- What is answered


class StoreAnswer(serializers.Serializer):
    store_id = serializers.CharField()
    display_name = serializers.CharField(allow_blank=True)
    timezone = serializers.CharField(
        allow_null=True, help_text="Null means America/Chicago."
    )
    status = serializers.ChoiceField(
        STATUSES,
        allow_null=True,
        help_text="At as_of: closed outside business hours, unobserved where nobody "
        "looked; null while there is no poll of any store.",
    )
    last_seen_at = serializers.DateTimeField(
        allow_null=True,
        help_text="The store's newest poll up to as_of, be it pruned since.",
    )


class StoreNow(StoreAnswer):
    as_of = serializers.DateTimeField(
        allow_null=True, help_text="The newest poll's instant, of all stores."
    )


@extend_schema_serializer(many=False)
class StoresAnswer(serializers.Serializer):
    as_of = serializers.DateTimeField(
        allow_null=True, help_text="The newest poll's instant, of all stores."
    )
    next = serializers.URLField(allow_null=True, help_text="The next page.")
    results = StoreAnswer(many=True)


class DeletedAnswer(serializers.Serializer):
    store_id = serializers.CharField()
    polls_deleted = serializers.IntegerField()


class HoursAnswer(serializers.Serializer):
    store_id = serializers.CharField()
    is_always_open = serializers.BooleanField()
    hours = Shift(many=True)


@contextmanager
def now():
    """Open a snapshot to read stores from; yield the moment that is now.

    That is None while there is no poll.
    """
    as_of = None
    with ExitStack() as stack:
        with suppress(timeline.NoMoment):
            as_of = stack.enter_context(timeline.reading()).as_of
        yield as_of


def standing(as_of, visible, **conditions):
    """Return stores and how they stand; by default all of them, by id."""
    everything = {
        "search": "",
        "timezone": "",
        "status": "",
        "seen_since": None,
        "not_seen_since": None,
        "order_by": "store_id",
        "is_descending": False,
        "after_key": None,
        "after_id": None,
        "most": 1,
    }
    return sql.rows(
        "store/list", as_of=as_of, visible=visible, **everything | conditions
    )


def one(store_id):
    """Return a store as it stands now."""
    with now() as as_of:
        for row in standing(as_of, [store_id]):
            return {name: getattr(row, name) for name in STORE} | {"as_of": as_of}
    raise UnknownStore(f"unknown store: {store_id}")  # it has been deleted meanwhile


# --- The endpoints


class Stores(Tables, ViewSet):
    parser_classes = (JSONParser,)

    @extend_schema(responses=answers(StoresAnswer, csv=True))
    @query(StoreQuery)
    def list(self, request, asked):
        """List stores and how they stand now."""
        after_key, after_id = asked.cursor or (None, None)
        with now() as as_of:
            found = standing(
                as_of,
                scope.visible_to(request.user),
                search=asked.search,
                timezone=asked.timezone,
                status=asked.status,
                seen_since=asked.seen_since,
                not_seen_since=asked.not_seen_since,
                order_by=asked.order.removeprefix("-"),
                is_descending=asked.order.startswith("-"),
                after_key=after_key,
                after_id=after_id,
                most=asked.page_size + 1,
            )
        return page_of(request, asked, found, STORE, ["key", "store_id"], as_of=as_of)

    @extend_schema(request=NewStore, responses=answers(StoreNow, 409, 413, status=201))
    @query(Nothing)
    def create(self, request, asked):
        """Make a store. It is always open until its hours are set."""
        wanted = vars(read_json(NewStore, request))
        try:
            edit.add(Store(**wanted))
        except IntegrityError as error:
            raise Conflict("there is a store with this id") from error
        address = reverse("store", args=[wanted["store_id"]], request=request)
        return Response(
            one(wanted["store_id"]), status=201, headers={"Location": address}
        )

    @extend_schema(responses=answers(StoreNow, 404))
    @query(Nothing)
    def retrieve(self, request, asked, store_id):
        """Tell how a store stands now."""
        return Response(one(scope.find(request.user, store_id).pk))

    @extend_schema(request=StoreChange, responses=answers(StoreNow, 404, 413))
    @query(Nothing)
    def partial_update(self, request, asked, store_id):
        """Change a store's name or time zone.

        Another zone moves its business hours, and with them the figures of its past.
        """
        store = scope.find(request.user, store_id)
        wanted = vars(read_json(StoreChange, request))
        if "display_name" in wanted:
            edit.rename(store.pk, wanted["display_name"])
        if "timezone" in wanted:
            edit.set_timezone(store.pk, wanted["timezone"])
        return Response(one(store.pk))

    @extend_schema(responses=answers(DeletedAnswer, 404))
    @query(Nothing)
    def destroy(self, request, asked, store_id):
        """Delete a store with its polls, hours and timeline, for good.

        Reports that are there keep their rows of it. A file or a poll that names it
        makes it known again, without its past.
        """
        store = scope.find(request.user, store_id)
        deleted = edit.delete([store.pk])
        return Response({"store_id": store.pk, "polls_deleted": deleted})


class StoreHours(Tables, ViewSet):
    table_actions = ("retrieve",)
    parser_classes = (JSONParser,)

    @extend_schema(responses=answers(HoursAnswer, 404, csv=True))
    @query(Nothing)
    def retrieve(self, request, asked, store_id):
        """Give a store's week of business hours, in its local time."""
        return hours_of(scope.find(request.user, store_id))

    @extend_schema(request=Week, responses=answers(HoursAnswer, 404, 413))
    @query(Nothing)
    def update(self, request, asked, store_id):
        """Replace a store's week as a whole; what was polled in the past is kept.

        All figures, those of the past too, are from then on those of the new hours.
        """
        store = scope.find(request.user, store_id)
        wanted = read_json(Week, request)
        rows = [
            (row["day"], row["start_time_local"], row["end_time_local"])
            for row in wanted.hours
        ]
        refuse_twins(rows)
        edit.set_week(store.pk, rows)
        return hours_of(store)


def refuse_twins(rows):
    twins = {
        str(place): {"day": ["the same row stands above"]}
        for place, row in enumerate(rows)
        if row in rows[:place]
    }
    if twins:
        raise ValidationError({"hours": twins})


def hours_of(store):
    found = [row._asdict() for row in sql.rows("store/hours", store_id=store.pk)]
    rows = [{"store_id": store.pk} | row for row in found]
    content = {"store_id": store.pk, "is_always_open": not found, "hours": found}
    return Response(Table(HOURS, rows, **content))
