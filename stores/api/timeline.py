"""The uptime, sessions and polls of one store, and the outages of one or all."""

from collections import namedtuple
from contextlib import contextmanager
from itertools import groupby

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from restaurant_monitor.access.permissions import needs
from restaurant_monitor.http.docs import answers
from restaurant_monitor.http.errors import Conflict
from restaurant_monitor.http.paging import Page, page_of
from restaurant_monitor.http.reading import InstantField, Strict, query
from restaurant_monitor.http.tables import Table, Tables, columns_of
from stores import scope
from stores.addresses import LinkedStore, with_urls
from stores.api.labels import Labelled
from stores.models import Poll
from stores.timeline import uptime
from stores.timeline.moments import DAY, WEEK, NoFigures, Pruned, refuse_pruned
from stores.timeline.outages import listed_outages, with_reasons
from stores.timeline.reading import reading

MOST_DAYS = 400
STATUSES = ["up", "down", "unobserved"]
POLL_STATUSES = ["active", "inactive"]


# --- Requests


class Range(Strict):
    """A range of time up to as_of."""

    locals()["from"] = InstantField(
        source="since",
        required=False,
        default=None,
        help_text="The start. By default a week before the end.",
    )
    to = InstantField(
        source="until",
        required=False,
        default=None,
        help_text="The end. By default as_of. At most "
        f"{MOST_DAYS} days after the start.",
    )
    as_of = InstantField(
        required=False,
        default=None,
        help_text="The moment that counts as now. By default the instant of the newest "
        "poll of all stores.",
    )


class Outages(Range, Page):
    ongoing = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Only outages that are ongoing at as_of, or only those that ended.",
    )
    at_least_seconds = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=10**9,
        default=0,
        help_text="Only outages with at least this much downtime in business hours.",
    )


class LabelledOutages(Labelled, Outages):
    pass


class PagedRange(Range, Page):
    pass


class Uptime(Range):
    group_by = serializers.ChoiceField(
        ["day", "weekday_hour"],
        required=False,
        default=None,
        help_text="Also return the figures of each local date, or of each weekday (0 "
        "is Monday) and hour of the store's clock.",
    )


@contextmanager
def reading_range(params):
    """Open a snapshot with an up-to-date timeline, to read a range from.

    Yields the Moment that is read. Sets the defaults of the range. Raises
    ValidationError for an impossible range, and Conflict if there is nothing to read.
    """
    try:
        with reading(params.as_of) as moment:
            complete_range(params, moment)
            yield moment
    except NoFigures as error:
        raise Conflict(str(error)) from error


@contextmanager
def reading_store(request, store_id, params):
    """Open a snapshot as reading_range does; yield the Store with an id."""
    scope.find(request.user, store_id)  # before any refresh for an unknown id
    with reading_range(params):
        yield scope.find(request.user, store_id)


def complete_range(params, moment):
    params.as_of = moment.as_of
    params.until = params.until or params.as_of
    params.since = params.since or params.until - WEEK
    if params.until > params.as_of:
        refuse("to", f"this is after as_of, {params.as_of.isoformat()}")
    refuse_length(params.since, params.until)
    try:
        refuse_pruned(params.since, moment.history_from)
    except Pruned as error:
        refuse("from", str(error))


def refuse_length(since, until):
    """Raise ValidationError if a range has no length, or too much."""
    if since >= until:
        refuse("from", f"this is not before the end, {until.isoformat()}")
    if until - since > MOST_DAYS * DAY:
        refuse("from", f"the range has more than {MOST_DAYS} days")


def refuse(name, reason):
    raise ValidationError({name: [reason]})


# --- Responses


class Moment(serializers.Serializer):
    as_of = serializers.DateTimeField(help_text="The moment that counts as now.")


class Stretch(Moment):
    locals()["from"] = serializers.DateTimeField()
    to = serializers.DateTimeField()


class StoreStretch(Stretch):
    store_id = serializers.CharField()


class Figures(serializers.Serializer):
    """Seconds within business hours: business = up + down + unobserved + excused."""

    business_seconds = serializers.FloatField()
    up_seconds = serializers.FloatField()
    down_seconds = serializers.FloatField()
    unobserved_seconds = serializers.FloatField()
    excused_seconds = serializers.FloatField(
        help_text="Excused time is neither up nor down nor unobserved."
    )
    uptime_percent = serializers.FloatField(
        allow_null=True, help_text="Of the observed time. Null if nothing was observed."
    )


class Group(Figures):
    day = serializers.DateField(required=False, help_text="If grouped by day.")
    weekday = serializers.IntegerField(required=False, help_text="0 is Monday.")
    hour = serializers.IntegerField(required=False)


class UptimeAnswer(Figures, StoreStretch):
    timezone = serializers.CharField()
    groups = Group(many=True, required=False)


class PeriodAnswer(serializers.Serializer):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    status = serializers.ChoiceField(STATUSES, help_text="What was seen.")
    is_excused = serializers.BooleanField(help_text="No sum counts it as its status.")


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
    reason = serializers.CharField(
        allow_null=True, help_text="Why it has this status. Null if none was sent."
    )


class PollsAnswer(StoreStretch):
    next = serializers.URLField(allow_null=True)
    results = PollAnswer(many=True)


class OutageAnswer(serializers.Serializer):
    store_id = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(
        help_text="For an ongoing outage: the end of its last downtime before as_of."
    )
    down_seconds = serializers.FloatField(help_text="In business hours.")
    is_ongoing = serializers.BooleanField()


class ReasonShare(serializers.Serializer):
    reason = serializers.CharField(
        allow_null=True, help_text="Null: of polls without a reason."
    )
    down_seconds = serializers.FloatField(
        help_text="The downtime that its polls speak for."
    )
    percent = serializers.FloatField(help_text="Of the downtime of the outage.")


class ReasonedOutage(OutageAnswer):
    reasons = ReasonShare(
        many=True,
        help_text="The shares of its downtime by the reasons of its polls, the largest "
        "first. Empty if none has a reason. In CSV, the percentages.",
    )


class LinkedOutage(ReasonedOutage, LinkedStore):
    pass


class OutagesAnswer(Stretch):
    next = serializers.URLField(allow_null=True)
    results = LinkedOutage(many=True)


def head(params):
    return {"as_of": params.as_of, "from": params.since, "to": params.until}


def head_of_store(store, params):
    return {"store_id": store.pk} | head(params)


# --- The endpoints


@needs(GET="stores.view_period")
class StoreUptime(Tables, APIView):
    @extend_schema(
        summary="Get a store's uptime",
        responses=answers(UptimeAnswer, 404, 409, csv=True),
    )
    @query(Uptime)
    def get(self, request, params, store_id):
        """Get how long a store was up, down and unobserved in a range.

        As CSV: the groups if grouped, otherwise one row with the total.
        """
        with reading_store(request, store_id, params) as store:
            found = uptime.cut(store.pk, params.since, params.until)
            total, groups = found.by_day()
            if params.group_by == "weekday_hour":
                groups = found.by_weekday_hour()
        content = head_of_store(store, params) | {"timezone": store.zone}
        return Response(uptime_table(content, total, groups, params.group_by))


def uptime_table(content, total, groups, group_by):
    total = {name: getattr(total, name) for name in columns_of(Figures)}
    if group_by is None:
        return Table(columns_of(Figures), [total], **content, **total)
    rows = [group._asdict() for group in groups]
    return Table(list(rows[0]), rows, **content, **total, groups=rows)


@needs(GET="stores.view_period")
class StoreTimeline(Tables, APIView):
    @extend_schema(
        summary="Get a store's timeline",
        responses=answers(TimelineAnswer, 404, 409, csv=True),
    )
    @query(Range)
    def get(self, request, params, store_id):
        """Get a store's sessions with their periods, cut to the range.

        As CSV: one row for each period, with the opening and close of its session.
        """
        with reading_store(request, store_id, params) as store:
            found = uptime.cut(store.pk, params.since, params.until).sessions()
        rows = [period._asdict() for period in found]
        content = head_of_store(store, params) | {"timezone": store.zone}
        columns = SESSION + PERIOD
        return Response(Table(columns, rows, **content, sessions=sessions(rows)))


SESSION = [name for name in columns_of(SessionAnswer) if name != "periods"]
PERIOD = list(columns_of(PeriodAnswer))


def sessions(rows):
    """Nest periods in their sessions."""
    return [
        dict(zip(SESSION, session, strict=True))
        | {"periods": [{name: row[name] for name in PERIOD} for row in group]}
        for session, group in groupby(rows, lambda row: [row[name] for name in SESSION])
    ]


@needs(GET="stores.view_poll")
class StorePolls(Tables, APIView):
    @extend_schema(
        summary="List a store's polls",
        responses=answers(PollsAnswer, 404, 409, csv=True),
    )
    @query(PagedRange)
    def get(self, request, params, store_id):
        """List a store's polls, the oldest first. The range includes both its ends.

        The rows are those of a status file and can be loaded as one.
        """
        with reading_store(request, store_id, params) as store:
            polls = Poll.objects.filter(
                store=store.pk, observed_at__range=(params.since, params.until)
            )
            if params.cursor:
                polls = polls.filter(observed_at__gt=params.cursor[0])
            polls = polls.order_by("observed_at")[: params.page_size + 1]
            found = [poll_as_row(poll) for poll in polls]
        head, key = head_of_store(store, params), ["timestamp_utc"]
        return page_of(request, params, found, PollRow._fields, key, **head)


PollRow = namedtuple("PollRow", columns_of(PollAnswer))


def poll_as_row(poll):
    status = "active" if poll.is_active else "inactive"
    return PollRow(poll.store_id, status, poll.observed_at, poll.reason)


@needs(GET="stores.view_outage")
class StoreOutages(Tables, APIView):
    @extend_schema(
        summary="List a store's outages",
        responses=answers(OutagesAnswer, 404, 409, csv=True),
    )
    @query(Outages)
    def get(self, request, params, store_id):
        """List a store's outages that touch the range, the newest first.

        They are not cut to the range.
        """
        with reading_store(request, store_id, params) as store:
            return outages_page(request, params, request.user, store_ids=[store.pk])


@needs(GET="stores.view_outage")
class AllOutages(Tables, APIView):
    @extend_schema(
        summary="List the outages of all stores",
        responses=answers(OutagesAnswer, 409, csv=True),
    )
    @query(LabelledOutages)
    def get(self, request, params):
        """List the outages of all stores that touch the range.

        They are not cut to the range. The ongoing ones come first, then the newest.
        """
        with reading_range(params):
            return outages_page(request, params, request.user, labels=params.labels)


def outages_page(request, params, user, **conditions):
    """Answer with a page of the outages that a user may see."""
    found = listed_outages(params, scope.viewer(user), **conditions)
    columns = columns_of(OutageAnswer)
    key = ["is_ongoing", "starts_at", "store_id"]
    page = page_of(request, params, found, columns, key, **head(params))
    add_reasons(page.data)
    page.data["results"] = with_urls(request, page.data["results"])
    return page


def add_reasons(table):
    """Add the shares of their reasons to a page of outages."""
    table["results"] = with_reasons(table["results"])
    table.columns = columns_of(ReasonedOutage)
    table.rows = with_reasons_in_words(table["results"])


def with_reasons_in_words(outages):
    """Return outages with their reasons as one text: `platform:75.0; unknown:25.0`."""
    return [
        outage
        | {
            "reasons": "; ".join(
                f"{share['reason'] or 'unknown'}:{share['percent']}"
                for share in outage["reasons"]
            )
        }
        for outage in outages
    ]
