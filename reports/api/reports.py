"""Request, list, show and delete reports."""

from datetime import UTC, datetime
from types import SimpleNamespace

from django.db import transaction
from django.db.models import (
    BooleanField,
    Case,
    Count,
    ExpressionWrapper,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.viewsets import ViewSet

from reports.compute import request_range, request_report
from reports.models import Report
from reports.prune import delete
from reports.ranges import TooNew, refuse_range
from reports.scope import may_delete, sees_report
from restaurant_monitor.access.limits import limited
from restaurant_monitor.access.permissions import needs
from restaurant_monitor.http.bodies import read_json
from restaurant_monitor.http.docs import answers, refusals
from restaurant_monitor.http.errors import Conflict
from restaurant_monitor.http.paging import Page, newest_jobs, page_of
from restaurant_monitor.http.reading import (
    InstantField,
    NoParameters,
    Strict,
    TextField,
    query,
)
from restaurant_monitor.http.tables import columns_of
from restaurant_monitor.jobs.recovery import is_worker_alive
from stores import scope
from stores.api.labels import LabelField
from stores.api.rollup import GroupByField
from stores.api.timeline import MOST_DAYS, refuse, refuse_length
from stores.labels import NoStores, ids_with_labels
from stores.models import MOST_LABELS, Poll, Store, TimelineState, UnknownStore
from stores.timeline.moments import NoPolls, Pruned, refuse_pruned_report

COMPLETE, FAILED = Report.State.COMPLETE, Report.State.FAILED
UNFINISHED = [Report.State.QUEUED, Report.State.RUNNING]
MOST_STORES = 10_000
LONGEST_REASON = 200
SOON = {"Retry-After": "1"}
REPORT_ID = OpenApiParameter("report_id", OpenApiTypes.UUID, OpenApiParameter.PATH)


# --- Requests


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
        help_text="Where all windows end. The default is the newest poll, or now if "
        "that is earlier.",
    )


class NewReport(AsOf, Strict):
    locals()["from"] = InstantField(
        source="since",
        required=False,
        allow_null=True,
        default=None,
        help_text="The start of a range. The report then has its uptime, as `GET "
        "/api/uptime` has, and no windows.",
    )
    to = InstantField(
        source="until",
        required=False,
        allow_null=True,
        default=None,
        help_text="The end of the range: at most the newest poll, and at most "
        f"{MOST_DAYS} days after the start.",
    )
    group_by = GroupByField(default="", allow_blank=True)
    store_ids = serializers.ListField(
        child=TextField(trim_whitespace=False),
        required=False,
        allow_null=True,
        default=None,
        min_length=1,
        max_length=MOST_STORES,
        validators=[distinct],
        help_text="Only these stores. The default is every store.",
    )
    labels = serializers.ListField(
        child=LabelField(),
        required=False,
        allow_null=True,
        default=None,
        min_length=1,
        max_length=MOST_LABELS,
        help_text="Only the stores that have these labels now, such as `region:west`. "
        "Of several values of one name a store needs any, of different names it needs "
        "all.",
    )

    def validate(self, data):
        """Refuse a range without an end, and windows with a range."""
        data = SimpleNamespace(**super().validate(data))
        if not (data.since or data.until):
            if data.group_by:
                refuse("group_by", "only a range is grouped: give from and to")
            return vars(data)
        for name, field in {"from": data.since, "to": data.until}.items():
            if not field:
                refuse(name, "a range needs from and to")
        for name in ("as_of", "store_ids"):
            if getattr(data, name):
                refuse(name, "a report of a range has none")
        refuse_length(data.since, data.until)
        return vars(data)


# --- Answers


class ReportLinks(serializers.Serializer):
    locals()["self"] = serializers.URLField()
    rows = serializers.URLField(
        required=False, help_text="If it is complete and has windows."
    )
    uptime = serializers.URLField(
        required=False, help_text="If it is complete and of a range."
    )
    download = serializers.URLField(required=False, help_text="If it is complete.")


class ListedReport(serializers.Serializer):
    report_id = serializers.UUIDField()
    state = serializers.ChoiceField(Report.State.values)
    as_of = serializers.DateTimeField(
        allow_null=True, help_text="Where all windows end. Null means not yet known."
    )
    locals()["from"] = serializers.DateTimeField(
        allow_null=True, help_text="The start of its range. Null: it has windows."
    )
    to = serializers.DateTimeField(allow_null=True, help_text="The end of its range.")
    group_by = serializers.CharField(allow_blank=True)
    requested_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(
        allow_null=True, help_text="Of the last attempt."
    )
    finished_at = serializers.DateTimeField(allow_null=True)
    attempts = serializers.IntegerField()
    store_count = serializers.IntegerField(
        allow_null=True,
        help_text="The number of rows. Null until it is complete, and if you may not "
        "see all of them.",
    )
    error = serializers.CharField(
        allow_blank=True, help_text="Why the report or its last attempt failed."
    )
    request_id = serializers.CharField(
        allow_blank=True,
        help_text="The X-Request-ID of the request for it. Empty: a command made it.",
    )
    waiting_before = serializers.IntegerField(
        allow_null=True,
        help_text="The number of unfinished reports that were requested earlier. Null "
        "when it is finished.",
    )
    worker_alive = serializers.BooleanField(
        allow_null=True,
        help_text="Whether a worker is alive. Null when it is finished.",
    )
    links = ReportLinks()


class ReportAnswer(ListedReport):
    store_ids = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="Null means every store.",
    )
    labels = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="The labels that these stores had when it was requested. Null means "
        "that it was not requested by labels.",
    )


@extend_schema_serializer(many=False)  # an object with the list in it
class ReportsAnswer(serializers.Serializer):
    next = serializers.URLField(allow_null=True, help_text="The next page.")
    results = ListedReport(many=True)


ADDED = {"from", "to", "worker_alive", "links"}
STORED = [name for name in columns_of(ListedReport) if name not in ADDED]
STORED += ["since", "is_of_all"]


def described(request, reports):
    """Return reports, as dicts, with the state of the worker and their links."""
    are_finished = all(is_finished(report) for report in reports)
    is_alive = None if are_finished else is_worker_alive()
    sees_all = scope.viewer(request.user) is None
    for report in reports:
        if report.pop("is_of_all") and not sees_all:
            report["store_count"] = None
        report["from"] = report.pop("since")
        report["to"] = report["as_of"] if report["from"] else None
    return [
        report
        | {"worker_alive": None if is_finished(report) else is_alive}
        | {"links": links_of(request, report)}
        for report in reports
    ]


def is_finished(report):
    return report["state"] in (COMPLETE, FAILED)


def links_of(request, report):
    names = {"self": "report"}
    if report["state"] == COMPLETE:
        figures = "uptime" if report["from"] else "rows"
        names |= {figures: f"report_{figures}", "download": "download"}
    return {
        rel: reverse(name, args=[report["report_id"]], request=request)
        for rel, name in names.items()
    }


def content_of(request, report):
    fields = {name: getattr(report, name) for name in [*STORED, "store_ids", "labels"]}
    [content] = described(request, [fields])
    return content


def answer(request, report, status=200):
    content = content_of(request, report)
    headers = {} if is_finished(content) else dict(SOON)
    if status == 202:
        headers["Location"] = content["links"]["self"]
    return Response(content, status=status, headers=headers)


# --- Finding reports, and refusing requests


def reports_of(user):
    """Return a queryset of the reports that a user may see.

    `waiting_before` is the number of unfinished reports that were requested earlier.
    The figures of a range may be megabytes, so they are read only if they are used.
    """
    earlier = Report.objects.filter(
        state__in=UNFINISHED, requested_at__lt=OuterRef("requested_at")
    )
    count = earlier.order_by().values(one=Value(1)).values(n=Count("pk"))
    return (
        Report.objects.defer("figures")
        .filter(sees_report(user))
        .annotate(
            is_of_all=ExpressionWrapper(Q(store_ids=None, since=None), BooleanField()),
            waiting_before=Case(When(state__in=UNFINISHED, then=Subquery(count))),
        )
    )


def find(user, report_id):
    """Return a report that a user may see; raise NotFound.

    No report has an id that is not a UUID.
    """
    missing = NotFound(f"there is no report {report_id}"[:LONGEST_REASON])
    try:
        key = serializers.UUIDField().to_internal_value(report_id)
    except ValidationError as error:
        raise missing from error
    for report in reports_of(user).filter(pk=key):
        return report
    raise missing


def find_complete(user, report_id):
    """Return a complete report; raise Conflict if it is not complete."""
    report = find(user, report_id)
    if report.state != COMPLETE:
        raise Conflict(f"the report is {report.state} {report.error}".strip())
    return report


def find_windows(user, report_id):
    """Return a complete report with windows; raise Conflict for one of a range."""
    report = find_complete(user, report_id)
    if report.since:
        raise Conflict("the report is of a range, so it has no rows with windows")
    return report


def find_range(user, report_id):
    """Return a complete report of a range; raise Conflict for one with windows."""
    report = find_complete(user, report_id)
    if not report.since:
        raise Conflict("the report is of no range, so it has rows with windows")
    return report


def refuse_moment(as_of):
    """Raise Conflict or ValidationError if no report as of this moment is possible."""
    if as_of is None:
        if not Poll.objects.exists():
            raise Conflict("there is no poll yet, so there is nothing to report")
        return
    try:
        refuse_pruned_report(as_of, TimelineState.objects.get().history_from)
    except Pruned as error:
        raise ValidationError({"as_of": [str(error)]}) from error


def refuse_unknown(user, store_ids):
    try:
        Store.refuse_unknown(store_ids, scope.sees_store(user))
    except UnknownStore as error:
        raise ValidationError({"store_ids": error.reasons}) from error


def request_for(user, data):
    """Request what a user asks for with a NewReport; return the report as `find` does.

    Raises ValidationError, Conflict or TooManyWaiting.
    """
    if data.since:
        return range_for(user, data)
    if data.store_ids is not None:
        refuse_unknown(user, data.store_ids)
    refuse_moment(data.as_of)
    with transaction.atomic():
        store_ids = data.store_ids or scope.ids_of(user)
        report = request_of(data.as_of, store_ids, data.labels)
        return find(user, report.pk)


def range_for(user, data):
    try:
        refuse_range(data.since, data.until, datetime.now(UTC))
        if data.labels:
            ids_with_labels(data.labels, scope.ids_of(user))
    except NoPolls as error:
        raise Conflict(str(error)) from error
    except TooNew as error:
        raise ValidationError({"to": [str(error)]}) from error
    except Pruned as error:
        raise ValidationError({"from": [str(error)]}) from error
    except NoStores as error:
        raise ValidationError({"labels": [str(error)]}) from error
    with transaction.atomic():
        report = request_range(data.since, data.until, data.labels, data.group_by)
        return find(user, report.pk)


def request_of(as_of, store_ids, labels):
    try:
        return request_report(as_of, store_ids, labels)
    except NoStores as error:
        raise ValidationError({"labels": [str(error)]}) from error


# --- The endpoints


@needs(
    GET="reports.view_report", POST="reports.add_report", DELETE="reports.delete_report"
)
@limited(POST="reports")
class Reports(ViewSet):
    parser_classes = (JSONParser,)

    @extend_schema(summary="List reports", responses=answers(ReportsAnswer))
    @query(ReportsQuery)
    def list(self, request, params):
        """List reports, the newest first."""
        found = reports_of(request.user).values_list(*STORED, named=True)
        rows = newest_jobs(found, params)
        page = page_of(request, params, rows, STORED, ["requested_at", "report_id"])
        page.data["results"] = described(request, page.data["results"])
        return page

    @extend_schema(
        summary="Request a report",
        request=NewReport,
        responses=answers(ReportAnswer, 409, 413, 429, status=202),
    )
    @query(NoParameters)
    def create(self, request, params):
        """Request a report of every store, or of some. A worker computes it.

        With `store_ids` and `labels`, it has the stores that are in both.

        If an equal report is waiting, the answer is that one. It will have all data of
        now.
        """
        data = read_json(NewReport, request)
        return answer(request, request_for(request.user, data), status=202)

    @extend_schema(
        summary="Get a report's state",
        parameters=[REPORT_ID],
        responses=answers(ReportAnswer, 404),
    )
    @query(NoParameters)
    def retrieve(self, request, params, report_id):
        """Get how far a report is, and links to its rows and CSV."""
        return answer(request, find(request.user, report_id))

    @extend_schema(
        summary="Delete a report",
        parameters=[REPORT_ID],
        responses={204: None, **refusals(400, 404, 406, 415)},
    )
    @query(NoParameters)
    def destroy(self, request, params, report_id):
        """Delete a report with its rows, even while it is being computed."""
        report = find(request.user, report_id)
        if not may_delete(request.user, report):
            raise PermissionDenied("this report is of all stores, and not yours")
        delete(Report.objects.filter(pk=report.pk))
        return Response(status=204)
