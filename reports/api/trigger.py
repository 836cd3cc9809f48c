"""The three original endpoints: trigger a report, get it, download it.

Their interface must not change. What gets a report ignores unknown parameters.
"""

from functools import partial
from http import HTTPStatus
from urllib.parse import urlencode

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from reports.api.reports import (
    COMPLETE,
    FAILED,
    REPORT_ID,
    AsOf,
    find,
    find_complete,
    refuse_moment,
)
from reports.compute import request_report
from reports.output import write_csv
from restaurant_monitor.access.limits import limited
from restaurant_monitor.access.permissions import needs
from restaurant_monitor.http import problems
from restaurant_monitor.http.accept import ByQuality, accepts
from restaurant_monitor.http.bodies import read_json_or_form
from restaurant_monitor.http.docs import answers, refusals
from restaurant_monitor.http.reading import NoParameters, Strict, query
from restaurant_monitor.http.tables import CSV, csv_file
from stores import scope

EXCLUDE_EXCUSED = OpenApiParameter(
    "exclude_excused",
    OpenApiTypes.BOOL,
    description="True: the figures leave out excused time. By default they count it as "
    "what was seen.",
)
IS_COMPLETE = {"X-Report-Status": "Complete"}


class TriggerSerializer(AsOf, Strict):
    pass


class Triggered(serializers.Serializer):
    message = serializers.CharField(help_text="Success.")
    error_code = serializers.IntegerField(help_text="200.")
    report_id = serializers.UUIDField()


class ReportStatus(serializers.Serializer):
    """Running, Failed with the reason, or Complete with the address of the CSV."""

    status = serializers.CharField(help_text="Running, Failed or Complete.")
    error = serializers.CharField(required=False, help_text="If it failed.")
    report_id = serializers.UUIDField(required=False, help_text="If it is complete.")
    as_of = serializers.DateTimeField(required=False, help_text="If it is complete.")
    download = serializers.URLField(required=False, help_text="If it is complete.")


class IgnoreAccept(ByQuality):
    """Refuses no request for its Accept."""

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


@needs(POST="reports.add_report")
@limited(POST="reports")
class TriggerReport(APIView):
    @extend_schema(
        summary="Trigger a report",
        tags=["reports"],
        request={"application/json": TriggerSerializer},
        responses=answers(Triggered, 409, 413, 429),
    )
    @query(NoParameters)
    def post(self, request, params):
        """Request a report of every store. The body may be JSON or a form.

        If an equal report is waiting, the answer has its id. That report will have all
        data of now.
        """
        as_of = read_json_or_form(TriggerSerializer, request).as_of
        refuse_moment(as_of)
        report = request_report(as_of, scope.ids_of(request.user))
        return Response(
            {"message": "Success", "error_code": 200, "report_id": report.report_id}
        )


@needs(GET="reports.view_report")
class GetReport(APIView):
    content_negotiation_class = IgnoreAccept

    @extend_schema(
        summary="Get a report",
        tags=["reports"],
        parameters=[
            OpenApiParameter("report_id", OpenApiTypes.UUID, required=True),
            EXCLUDE_EXCUSED,
        ],
        responses={
            (200, "application/json"): ReportStatus,
            (200, CSV): OpenApiTypes.STR,
            **refusals(400, 404),
        },
    )
    def get(self, request):
        """Get the CSV of a report, or its status until it is complete.

        If the request accepts JSON and not CSV, the answer is always the status. That
        of a complete report has the address of the CSV.
        """
        if not request.query_params.get("report_id"):
            raise ValidationError({"report_id": ["This parameter is required."]})
        report = find(request.user, request.query_params["report_id"])
        if report.state == COMPLETE and not wants_json(request):
            return csv_of(report, request)
        if report.state == COMPLETE:
            return status_of_complete(request, report)
        if report.state == FAILED:
            return Response({"status": "Failed", "error": report.error})
        return Response({"status": "Running"})


def wants_json(request):
    """Whether a client accepts JSON and not CSV. Browsers accept anything."""
    return accepts(request, "application/json") and not accepts(request, CSV)


def status_of_complete(request, report):
    content = {
        "status": "Complete",
        "report_id": report.report_id,
        "as_of": report.as_of,
        "download": reverse("download", args=[report.report_id], request=request),
    }
    return Response(content, headers=dict(IS_COMPLETE))


def get_report_elsewhere(request, report_id):
    """Refuse a report id in the path, and name the address of the report."""
    address = reverse("get_report", request=request)
    detail = f"get the report at {address}?{urlencode({'report_id': report_id})}"
    return problems.answer(HTTPStatus.NOT_FOUND, detail)


@needs(GET="reports.view_report")
class Download(APIView):
    content_negotiation_class = IgnoreAccept

    @extend_schema(
        summary="Download a report",
        tags=["reports"],
        parameters=[REPORT_ID, EXCLUDE_EXCUSED],
        responses={(200, CSV): OpenApiTypes.STR, **refusals(400, 404, 409)},
    )
    def get(self, request, report_id):
        """Download the CSV of a report."""
        return csv_of(find_complete(request.user, report_id), request)


def csv_of(report, request):
    """Answer with the report's CSV, with the stores that the user may see.

    Raises ValidationError if `exclude_excused` is neither true nor false.
    """
    viewer, without = scope.viewer(request.user), excludes_excused(request)
    return csv_file(
        partial(write_csv, report, viewer=viewer, exclude_excused=without),
        f"{report.report_id}.csv",
        headers=dict(IS_COMPLETE),
    )


def excludes_excused(request):
    text = request.query_params.get("exclude_excused", "false")
    try:
        return serializers.BooleanField().to_internal_value(text)
    except ValidationError as error:
        raise ValidationError({"exclude_excused": error.detail}) from error
