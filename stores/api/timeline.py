"""What the timeline tells of one store, and the outages of all."""

from contextlib import contextmanager
from itertools import groupby

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

import sql
from restaurant_monitor.api import (
    Conflict,
    InstantField,
    Page,
    Strict,
    Table,
    Tables,
    answers,
    page_of,
    query,
)
from stores import scope, timeline, uptime
from stores.outages import newest_outages

MOST_DAYS = 400
STATUSES = ["up", "down", "unobserved"]
POLL_STATUSES = ["active", "inactive"]
FIGURES = [
    "business_seconds",
    "up_seconds",
    "down_seconds",
    "unobserved_seconds",
    "uptime_percent",
]


# --- What is asked


class Range(Strict):
    """A stretch of time before the moment that is now."""

    locals()["from"] = InstantField(
        source="since",
        required=False,
        default=None,
        help_text="The beginning; by default a week before the end.",
    )
    to = InstantField(
        source="until",
        required=False,
        default=None,
        help_text=f"The end; by default as_of. At most {MOST_DAYS} days later.",
    )
    as_of = InstantField(
        required=False,
        default=None,
        help_text="The moment that is taken for now; by default the newest poll's, "
        "of all stores.",
    )


class Outages(Range, Page):
    ongoing = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Only those that go on at as_of, or only those that have ended.",
    )
    at_least_seconds = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=10**9,
        default=0,
        help_text="Only those with at least so much time down, within business hours.",
    )


class PagedRange(Range, Page):
    pass


class Uptime(Range):
    group_by = serializers.ChoiceField(
        ["day", "weekday_hour"],
        required=False,
        default=None,
        help_text="Figures of each local date, or of each weekday (0 is Monday) and "
        "hour of the store's clock, as well.",
    )


@contextmanager
def reading(asked):
    """Open a snapshot with an up-to-date timeline to read a range from.

    Fills in what the range leaves open; refuses one that makes no sense.
    """
    try:
        with timeline.reading(asked.as_of) as moment:
            settle(asked, moment)
            yield
    except timeline.NoMoment as error:
        raise Conflict(str(error)) from error


@contextmanager
def reading_of(request, store_id, asked):
    """Do the same for the store of an address; yield it."""
    scope.find(request.user, store_id)  # before there is much to do
    with reading(asked):
        yield scope.find(request.user, store_id)


def settle(asked, moment):
    asked.as_of = moment.as_of
    asked.until = asked.until or asked.as_of
    asked.since = asked.since or asked.until - timeline.WEEK
    if asked.until > asked.as_of:
        refuse("to", f"this is after the moment that is now, {asked.as_of.isoformat()}")
    if asked.since >= asked.until:
        refuse("from", f"this is not before the end, {asked.until.isoformat()}")
    if asked.until - asked.since > MOST_DAYS * timeline.DAY:
        refuse("from", f"the range has more than {MOST_DAYS} days")
    if reason := timeline.pruned(moment.first_kept, asked.since):
        refuse("from", reason)


def refuse(name, reason):
    raise ValidationError({name: [reason]})


# --- What is answered


class Moment(serializers.Serializer):
    as_of = serializers.DateTimeField(help_text="The moment that is taken for now.")


class Stretch(Moment):
    locals()["from"] = serializers.DateTimeField()
    to = serializers.DateTimeField()


class StoreStretch(Stretch):
    store_id = serializers.CharField()


class Figures(serializers.Serializer):
    """Seconds within business hours: business = up + down + unobserved."""

    business_seconds = serializers.FloatField()
    up_seconds = serializers.FloatField()
    down_seconds = serializers.FloatField()
    unobserved_seconds = serializers.FloatField()
    uptime_percent = serializers.FloatField(
        allow_null=True, help_text="Of what was observed; null where nothing was."
    )


class Group(Figures):
    day = serializers.DateField(required=False, help_text="If grouped by it.")
    weekday = serializers.IntegerField(required=False, help_text="0 is Monday.")
    hour = serializers.IntegerField(required=False)


class UptimeAnswer(Figures, StoreStretch):
    timezone = serializers.CharField()
    groups = Group(many=True, required=False)


class PeriodAnswer(serializers.Serializer):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    status = serializers.ChoiceField(STATUSES)


class SessionAnswer(serializers.Serializer):
    day = serializers.DateField(help_text="The local date.")
    opens_at = serializers.DateTimeField()
    closes_at = serializers.DateTimeField()
    periods = PeriodAnswer(many=True)


class TimelineAnswer(StoreStretch):
    timezone = serializers.CharField()
    sessions = SessionAnswer(many=True)


class PollAnswer(serializers.Serializer):
    store_id = serializers.CharField()
    status = serializers.ChoiceField(POLL_STATUSES)
    timestamp_utc = serializers.DateTimeField()


class PollsAnswer(StoreStretch):
    next = serializers.URLField(allow_null=True)
    results = PollAnswer(many=True)


class OutageAnswer(serializers.Serializer):
    store_id = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(
        help_text="Of an ongoing one: the end of its last time down before as_of."
    )
    down_seconds = serializers.FloatField(help_text="Within business hours.")
    is_ongoing = serializers.BooleanField()


class OutagesAnswer(Stretch):
    next = serializers.URLField(allow_null=True)
    results = OutageAnswer(many=True)


def head(asked):
    return {"as_of": asked.as_of, "from": asked.since, "to": asked.until}


def head_of_store(store, asked):
    return {"store_id": store.pk} | head(asked)


def zone(store):
    return store.timezone or "America/Chicago"


# --- The endpoints


class StoreUptime(Tables, APIView):
    @extend_schema(responses=answers(UptimeAnswer, 404, 409, csv=True))
    @query(Uptime)
    def get(self, request, asked, store_id):
        """Tell how long a store was up, down and unobserved, in any range.

        As CSV: the groups, if grouped, else the one row in all.
        """
        with reading_of(request, store_id, asked) as store:
            span = [store.pk, asked.since, asked.until]
            total, groups = uptime.by_day(*span)
            if asked.group_by == "weekday_hour":
                groups = uptime.by_weekday_hour(*span)
        content = head_of_store(store, asked) | {"timezone": zone(store)}
        return Response(uptime_table(content, total, groups, asked.group_by))


def uptime_table(content, total, groups, group_by):
    total = total._asdict()
    del total["day"]
    content |= total
    if group_by is None:
        return Table(FIGURES, [total], **content)
    rows = [group._asdict() for group in groups]
    return Table(list(rows[0]), rows, **content, groups=rows)


class StoreTimeline(Tables, APIView):
    @extend_schema(responses=answers(TimelineAnswer, 404, 409, csv=True))
    @query(Range)
    def get(self, request, asked, store_id):
        """Give a store's sessions with their periods, cut to the range, for drawing.

        As CSV: a row a period, with the opening and close of its session.
        """
        with reading_of(request, store_id, asked) as store:
            found = uptime.periods(store.pk, asked.since, asked.until)
        rows = [period._asdict() for period in found]
        content = head_of_store(store, asked) | {"timezone": zone(store)}
        columns = ["day", "opens_at", "closes_at", "starts_at", "ends_at", "status"]
        return Response(Table(columns, rows, **content, sessions=sessions(rows)))


def sessions(rows):
    """Nest periods in their sessions."""
    outer, inner = ["day", "opens_at", "closes_at"], ["starts_at", "ends_at", "status"]
    return [
        dict(zip(outer, session, strict=True))
        | {"periods": [{name: row[name] for name in inner} for row in group]}
        for session, group in groupby(rows, lambda row: [row[name] for name in outer])
    ]


class StorePolls(Tables, APIView):
    @extend_schema(responses=answers(PollsAnswer, 404, 409, csv=True))
    @query(PagedRange)
    def get(self, request, asked, store_id):
        """List a store's polls, the oldest first; both ends of the range count.

        The rows are those of a status file, and can be loaded as such.
        """
        after = asked.cursor[0] if asked.cursor else None
        with reading_of(request, store_id, asked) as store:
            found = sql.rows(
                "store/polls",
                store_id=store.pk,
                since=asked.since,
                until=asked.until,
                after=after,
                most=asked.page_size + 1,
            )
        columns = ["store_id", "status", "timestamp_utc"]
        content = head_of_store(store, asked)
        return page_of(request, asked, found, columns, ["timestamp_utc"], **content)


class StoreOutages(Tables, APIView):
    @extend_schema(responses=answers(OutagesAnswer, 404, 409, csv=True))
    @query(Outages)
    def get(self, request, asked, store_id):
        """List a store's outages that touch the range, told whole, the newest first."""
        with reading_of(request, store_id, asked) as store:
            return outages_page(request, asked, [store.pk])


class AllOutages(Tables, APIView):
    @extend_schema(responses=answers(OutagesAnswer, 409, csv=True))
    @query(Outages)
    def get(self, request, asked):
        """List the outages of all stores that touch the range, told whole.

        The ongoing ones come first, and of these and the others the newest.
        """
        with reading(asked):
            return outages_page(request, asked, scope.visible_to(request.user))


def outages_page(request, asked, store_ids):
    found = newest_outages(asked, store_ids)
    columns = ["store_id", "starts_at", "ends_at", "down_seconds", "is_ongoing"]
    key = ["is_ongoing", "starts_at", "store_id"]
    return page_of(request, asked, found, columns, key, **head(asked))
