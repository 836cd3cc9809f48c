"""Reports: asked for, listed, looked at while they are made, and deleted."""

from django.db import transaction
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
from rest_framework.reverse import reverse
from rest_framework.viewsets import ViewSet

import sql
from reports.models import Report
from reports.queue import is_worker_alive, request_report
from reports.retention import delete
from restaurant_monitor.api import (
    Conflict,
    InstantField,
    Nothing,
    Page,
    Strict,
    TextField,
    answers,
    page_of,
    query,
    read_id,
    read_json,
    refusals,
)
from stores import scope, timeline
from stores.models import Poll

COMPLETE, FAILED = Report.State.COMPLETE, Report.State.FAILED
MOST_STORES = 10_000
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
SOON = {"Retry-After": "1"}
REPORT_ID = OpenApiParameter("report_id", OpenApiTypes.UUID, OpenApiParameter.PATH)


# --- What is asked


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


class AsOf(serializers.Serializer):
    as_of = InstantField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Where all windows end; by default at the newest poll.",
    )


class NewReport(AsOf, Strict):
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


# --- What is answered


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
    if reason := timeline.pruned(first, as_of - timeline.WEEK):
        earliest = (first + timeline.WEEK).isoformat()
        reason += f": a report can speak of {earliest} or later"
        raise ValidationError({"as_of": [reason]})


def refuse_unknown(visible, store_ids):
    found = sql.rows("report/unknown_stores", visible=visible, store_ids=store_ids)
    if found:
        reasons = [f"there is no store {store_id!a}" for (store_id,) in found]
        raise ValidationError({"store_ids": reasons})


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
        parameters=[REPORT_ID],
        responses=answers(ReportAnswer, 404),
    )
    @query(Nothing)
    def retrieve(self, request, asked, report_id):
        """Tell how a report is doing."""
        return answer(request, find(request.user, report_id))

    @extend_schema(
        parameters=[REPORT_ID],
        responses={204: None, **refusals(400, 404, 406, 415)},
    )
    @query(Nothing)
    def destroy(self, request, asked, report_id):
        """Delete a report with its rows, also while it is under way."""
        report = find(request.user, report_id)
        delete(Report.objects.filter(pk=report.report_id))
        return Response(status=204)
