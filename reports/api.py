"""The report as a service: ask for one, wait, read it row by row or as a file."""

from functools import partial

from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

import sql
from reports.models import Report
from reports.output import UNITS, columns_of, row_as_json, write_csv
from reports.queue import is_worker_alive, request_report
from reports.retention import delete
from restaurant_monitor.api import (
    CSV,
    Conflict,
    InstantField,
    Nothing,
    Page,
    Strict,
    Tables,
    TextField,
    answers,
    csv_file,
    page_of,
    query,
    read,
    read_id,
    read_json,
    refusals,
)
from stores import scope, timeline
from stores.models import Poll

COMPLETE, FAILED = Report.State.COMPLETE, Report.State.FAILED
MOST_STORES = 10_000
ORDERS = ["store_id", "down", "uptime_percent", "unobserved"]
REPORT = [
    "report_id",
    "state",
    "as_of",
    "requested_at",
    "started_at",
    "finished_at",
    "attempts",
    "store_count",
    "error",
    "waiting_before",
]
FIGURES = ["store_id", *(name for window in UNITS for name in columns_of(window))]
SOON = {"Retry-After": "1"}
REPORT_ID = {"name": "report_id", "type": OpenApiTypes.UUID}


# --- What is asked


class TriggerSerializer(serializers.Serializer):
    as_of = InstantField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Where all windows end; by default at the newest poll.",
    )


class ReportsQuery(Page):
    state = serializers.ChoiceField(
        Report.State.values,
        required=False,
        default="",
        help_text="Only reports in this state.",
    )


def distinct(store_ids):
    if len(set(store_ids)) < len(store_ids):
        raise ValidationError("A store is named twice.")


class NewReport(Strict):
    as_of = InstantField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Where all windows end; by default at the newest poll.",
    )
    store_ids = serializers.ListField(
        child=TextField(trim_whitespace=False),
        required=False,
        allow_null=True,
        default=None,
        min_length=1,
        max_length=MOST_STORES,
        validators=[distinct],
        help_text="Only these stores; by default every store.",
    )


class RowsQuery(Page):
    search = serializers.CharField(
        required=False, default="", max_length=200, help_text="The beginning of an id."
    )
    window = serializers.ChoiceField(
        list(UNITS),
        required=False,
        default="week",
        help_text="The window that conditions and order speak of: minutes of the "
        "hour, hours of the day and the week. They go by the figures before rounding.",
    )
    uptime_below = serializers.DecimalField(
        max_digits=9,
        decimal_places=6,
        min_value=0,
        max_value=100,
        coerce_to_string=False,
        required=False,
        default=None,
        help_text="Only stores with less uptime, in percent of what was observed.",
    )
    down_at_least = serializers.DecimalField(
        max_digits=9,
        decimal_places=6,
        min_value=0,
        coerce_to_string=False,
        required=False,
        default=None,
        help_text="Only stores with so much downtime, in the unit of the window.",
    )
    observed = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Only stores of which anything was observed, or nothing at all.",
    )
    order = serializers.ChoiceField(
        [sign + name for name in ORDERS for sign in ("", "-")],
        required=False,
        default="store_id",
        help_text="With a minus: the largest first. A store without uptime_percent "
        "comes last either way; among equals the ids decide.",
    )


# --- What is answered


class Triggered(serializers.Serializer):
    message = serializers.CharField(help_text="Success.")
    error_code = serializers.IntegerField(help_text="200.")
    report_id = serializers.UUIDField()


class ReportStatus(serializers.Serializer):
    """A report that is not there: Running, or Failed with the reason."""

    status = serializers.CharField(help_text="Running or Failed.")
    error = serializers.CharField(required=False)


class ReportLinks(serializers.Serializer):
    locals()["self"] = serializers.URLField()
    rows = serializers.URLField(required=False, help_text="Once it is complete.")
    download = serializers.URLField(required=False, help_text="Once it is complete.")


class ListedReport(serializers.Serializer):
    report_id = serializers.UUIDField()
    state = serializers.ChoiceField(Report.State.values)
    as_of = serializers.DateTimeField(
        allow_null=True, help_text="Where all windows end; null: not yet known."
    )
    requested_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(
        allow_null=True, help_text="Of the last attempt."
    )
    finished_at = serializers.DateTimeField(allow_null=True)
    attempts = serializers.IntegerField()
    store_count = serializers.IntegerField(
        allow_null=True, help_text="How many rows it has, once it is complete."
    )
    error = serializers.CharField(
        allow_blank=True, help_text="Why it failed, or the last attempt at it did."
    )
    waiting_before = serializers.IntegerField(
        allow_null=True,
        help_text="How many reports that are not done were asked for earlier; null "
        "once it is done.",
    )
    worker_alive = serializers.BooleanField(
        allow_null=True,
        help_text="Whether anybody is working on reports; null once it is done.",
    )
    links = ReportLinks()


class ReportAnswer(ListedReport):
    store_ids = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="Null: every store."
    )


@extend_schema_serializer(many=False)  # an object with the list in it
class ReportsAnswer(serializers.Serializer):
    next = serializers.URLField(allow_null=True, help_text="The next page.")
    results = ListedReport(many=True)


class UptimePercent(serializers.Serializer):
    uptime_percent = serializers.FloatField(
        allow_null=True, help_text="Of what was observed; null where nothing was."
    )


class WindowInMinutes(UptimePercent):
    uptime_minutes = serializers.FloatField()
    downtime_minutes = serializers.FloatField()
    unobserved_minutes = serializers.FloatField()


class WindowInHours(UptimePercent):
    uptime_hours = serializers.FloatField()
    downtime_hours = serializers.FloatField()
    unobserved_hours = serializers.FloatField()


class ReportRowAnswer(serializers.Serializer):
    store_id = serializers.CharField()
    last_hour = WindowInMinutes()
    last_day = WindowInHours()
    last_week = WindowInHours()


class ReportRowsAnswer(serializers.Serializer):
    report_id = serializers.UUIDField()
    as_of = serializers.DateTimeField(help_text="Where all windows end.")
    next = serializers.URLField(allow_null=True, help_text="The next page.")
    results = ReportRowAnswer(many=True)


def is_done(report):
    return report["state"] in (COMPLETE, FAILED)


def told(request, reports):
    """Return reports as an answer tells of them: who is at them, and where they are."""
    are_all_done = all(is_done(report) for report in reports)
    is_alive = None if are_all_done else is_worker_alive()
    return [
        report
        | {"worker_alive": None if is_done(report) else is_alive}
        | {"links": links_of(request, report)}
        for report in reports
    ]


def links_of(request, report):
    names = {"self": "report"}
    if report["state"] == COMPLETE:
        names |= {"rows": "report_rows", "download": "download"}
    return {
        rel: reverse(name, args=[report["report_id"]], request=request)
        for rel, name in names.items()
    }


def answer(request, report, status=200):
    [content] = told(request, [report._asdict()])
    headers = {} if is_done(content) else dict(SOON)
    if status == 202:
        headers["Location"] = content["links"]["self"]
    return Response(content, status=status, headers=headers)


# --- Which reports there are, and new ones


def reports_of(user, **conditions):
    """Return the reports that a user may see; by default the newest one."""
    everything = {
        "report_id": None,
        "state": "",
        "after_at": None,
        "after_id": None,
        "most": 1,
    }
    visible = scope.visible_to(user)
    return sql.rows("report/list", visible=visible, **everything | conditions)


def find(user, report_id):
    """Find a report that a user may see; say what is wrong with the id otherwise."""
    report_id = read_id("report_id", report_id)
    for report in reports_of(user, report_id=report_id):
        return report
    raise NotFound(f"there is no report {report_id}")


def find_complete(user, report_id):
    """Find a report that has its rows; raise Conflict where it has none."""
    report = find(user, report_id)
    if report.state != COMPLETE:
        raise Conflict(f"the report is {report.state} {report.error}".strip())
    return report


def refuse_moment(as_of):
    """Raise what speaks against a report as of a moment, or as of the newest poll."""
    if as_of is None:
        if not Poll.objects.exists():
            raise Conflict("there is no poll yet, so there is nothing to report")
        return
    first = timeline.first_moment_kept()
    if first and as_of - timeline.WEEK < first:
        reason = f"the polls before {first.isoformat()} have been pruned: a report "
        reason += f"can speak of {(first + timeline.WEEK).isoformat()} or later"
        raise ValidationError({"as_of": [reason]})


def refuse_unknown(visible, store_ids):
    found = sql.rows("report/unknown_stores", visible=visible, store_ids=store_ids)
    if found:
        reasons = [f"there is no store {store_id!a}" for (store_id,) in found]
        raise ValidationError({"store_ids": reasons})


# --- The endpoints that everything began with: they ignore what they do not know


class WhateverIsAccepted(DefaultContentNegotiation):
    """Answers in JSON or CSV as the report's state has it, whatever was asked for."""

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


class TriggerReport(APIView):
    @extend_schema(
        tags=["reports"],
        request={"application/json": TriggerSerializer},
        responses=answers(Triggered, 409),
    )
    def post(self, request):
        """Ask for a report of every store; a form will do as well."""
        as_of = read(TriggerSerializer, request.data).as_of
        refuse_moment(as_of)
        report = request_report(as_of, scope.visible_to(request.user))
        return Response(
            {"message": "Success", "error_code": 200, "report_id": report.report_id}
        )


class GetReport(APIView):
    content_negotiation_class = WhateverIsAccepted

    @extend_schema(
        tags=["reports"],
        parameters=[OpenApiParameter(**REPORT_ID, required=True)],
        responses={
            (200, "application/json"): ReportStatus,
            (200, CSV): OpenApiTypes.STR,
            **refusals(400, 404),
        },
    )
    def get(self, request):
        """Ask whether a report is there, and get its CSV once it is."""
        if "report_id" not in request.query_params:
            raise ValidationError({"report_id": ["This parameter is required."]})
        report = find(request.user, request.query_params["report_id"])
        if report.state == COMPLETE:
            return csv_of(report)
        if report.state == FAILED:
            return Response({"status": "Failed", "error": report.error})
        return Response({"status": "Running"})


class Download(APIView):
    content_negotiation_class = WhateverIsAccepted

    @extend_schema(
        tags=["reports"],
        parameters=[OpenApiParameter(**REPORT_ID, location="path")],
        responses={(200, CSV): OpenApiTypes.STR, **refusals(400, 404, 409)},
    )
    def get(self, request, report_id):
        """Get a report's CSV."""
        return csv_of(find_complete(request.user, report_id))


def csv_of(report):
    """Answer with the report's file."""
    return csv_file(
        partial(write_csv, report),
        f"{report.report_id}.csv",
        headers={"X-Report-Status": "Complete"},
    )


# --- The endpoints


class Reports(ViewSet):
    parser_classes = (JSONParser,)

    @extend_schema(responses=answers(ReportsAnswer))
    @query(ReportsQuery)
    def list(self, request, asked):
        """List reports, the newest first."""
        after_at, after_id = asked.cursor or (None, None)
        found = reports_of(
            request.user,
            state=asked.state,
            after_at=after_at,
            after_id=after_id,
            most=asked.page_size + 1,
        )
        page = page_of(request, asked, found, REPORT, ["requested_at", "report_id"])
        page.data["results"] = told(request, page.data["results"])
        return page

    @extend_schema(
        request=NewReport, responses=answers(ReportAnswer, 409, 413, status=202)
    )
    @query(Nothing)
    def create(self, request, asked):
        """Ask for a report of every store, or of some; a worker will compute it."""
        wanted = read_json(NewReport, request)
        visible = scope.visible_to(request.user)
        if wanted.store_ids is not None:
            refuse_unknown(visible, wanted.store_ids)
        refuse_moment(wanted.as_of)
        with transaction.atomic():
            store_ids = visible if wanted.store_ids is None else wanted.store_ids
            report = request_report(wanted.as_of, store_ids)
            return answer(request, find(request.user, report.pk), status=202)

    @extend_schema(
        parameters=[OpenApiParameter(**REPORT_ID, location="path")],
        responses=answers(ReportAnswer, 404),
    )
    @query(Nothing)
    def retrieve(self, request, asked, report_id):
        """Tell how a report is doing."""
        return answer(request, find(request.user, report_id))

    @extend_schema(
        parameters=[OpenApiParameter(**REPORT_ID, location="path")],
        responses={204: None, **refusals(400, 404, 406, 415)},
    )
    @query(Nothing)
    def destroy(self, request, asked, report_id):
        """Delete a report with its rows, also while it is under way."""
        report = find(request.user, report_id)
        delete(Report.objects.filter(pk=report.report_id))
        return Response(status=204)


class ReportRows(Tables, APIView):
    @extend_schema(
        parameters=[OpenApiParameter(**REPORT_ID, location="path")],
        responses=answers(ReportRowsAnswer, 404, 409, csv=True),
    )
    @query(RowsQuery)
    def get(self, request, asked, report_id):
        """Give a complete report's rows with every figure, each store's as a row."""
        report = find_complete(request.user, report_id)
        after_key, after_id = asked.cursor or (None, None)
        found = sql.rows(
            "report/figures",
            report_id=report.report_id,
            visible=scope.visible_to(request.user),
            search=asked.search,
            window=asked.window,
            uptime_below=asked.uptime_below,
            down_at_least=asked.down_at_least,
            observed=asked.observed,
            order_by=asked.order,
            after_key=after_key,
            after_id=after_id,
            most=asked.page_size + 1,
        )
        head = {"report_id": report.report_id, "as_of": report.as_of}
        page = page_of(request, asked, found, FIGURES, ["key", "store_id"], **head)
        page.data["results"] = [row_as_json(row) for row in found[: asked.page_size]]
        return page
