"""The report as a service: ask for one, wait, download it."""

from argparse import ArgumentTypeError
from http import HTTPStatus
from tempfile import TemporaryFile

from django.http import FileResponse
from django.urls import reverse
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.views import APIView

from reports.models import Report
from reports.output import write_csv
from reports.queue import is_worker_alive, request_report
from restaurant_monitor.instants import instant
from stores.models import Poll

COMPLETE, FAILED = Report.State.COMPLETE, Report.State.FAILED


class Conflict(APIException):
    status_code = HTTPStatus.CONFLICT


class WhateverIsAccepted(DefaultContentNegotiation):
    """Answers in JSON or CSV as the report's state has it, whatever was asked for."""

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


class InstantField(serializers.Field):
    """An ISO 8601 moment; in UTC unless it says otherwise."""

    def to_internal_value(self, data):
        if not isinstance(data, str):
            raise ValidationError("A moment is a text, such as 2023-01-25T12:00:00Z.")
        try:
            return instant(data)
        except ArgumentTypeError as error:
            raise ValidationError(str(error)) from error


class TriggerSerializer(serializers.Serializer):
    as_of = InstantField(required=False, allow_null=True, default=None)


class TriggerReport(APIView):
    """Ask for a report of every store."""

    def post(self, request):
        asked = TriggerSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        as_of = asked.validated_data["as_of"]
        if as_of is None and not Poll.objects.exists():
            raise Conflict("there is no poll yet, so there is nothing to report")
        report = request_report(as_of)
        return Response(
            {"message": "Success", "error_code": 200, "report_id": report.report_id}
        )


class GetReport(APIView):
    """Ask whether a report is there, and get its CSV once it is."""

    content_negotiation_class = WhateverIsAccepted

    def get(self, request):
        if "report_id" not in request.query_params:
            raise ValidationError({"report_id": ["This parameter is required."]})
        report = find(request.query_params["report_id"])
        if report.state == COMPLETE:
            return csv_of(report)
        if report.state == FAILED:
            return Response({"status": "Failed", "error": report.error})
        return Response({"status": "Running"})


class Download(APIView):
    """Get a report's CSV."""

    content_negotiation_class = WhateverIsAccepted

    def get(self, request, report_id):
        report = find(report_id)
        if report.state != COMPLETE:
            raise Conflict(f"the report is {report.state} {report.error}".strip())
        return csv_of(report)


class ReportSerializer(serializers.ModelSerializer):
    worker_alive = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField()

    class Meta:
        model = Report
        fields = [
            "report_id",
            "state",
            "as_of",
            "requested_at",
            "started_at",
            "finished_at",
            "attempts",
            "store_count",
            "error",
            "worker_alive",
            "links",
        ]

    def get_worker_alive(self, report):
        """Tell if anybody is working on reports; None where nothing is to be done."""
        is_done = report.state in (COMPLETE, FAILED)
        return None if is_done else self.context["is_worker_alive"]

    def get_links(self, report):
        names = {"self": "report"}
        if report.state == COMPLETE:
            names["download"] = "download"
        build = self.context["request"].build_absolute_uri
        return {
            rel: build(reverse(name, args=[report.report_id]))
            for rel, name in names.items()
        }


class Reports:
    """What the list of reports and a single one have in common."""

    serializer_class = ReportSerializer
    queryset = Report.objects.all()

    def get_serializer_context(self):
        return super().get_serializer_context() | {"is_worker_alive": is_worker_alive()}


class NewestFirst(CursorPagination):
    page_size = 50
    ordering = "-requested_at"

    def decode_cursor(self, request):
        """Refuse a made-up cursor, which otherwise would fail in the query."""
        cursor = super().decode_cursor(request)
        if cursor is None or cursor.position is None:
            return cursor
        try:
            return cursor._replace(position=instant(cursor.position).isoformat())
        except ArgumentTypeError as error:
            raise NotFound(self.invalid_cursor_message) from error


class ReportList(Reports, ListAPIView):
    """Reports, the newest first."""

    pagination_class = NewestFirst


class ReportDetail(Reports, RetrieveAPIView):
    """The state of one report."""

    def get_object(self):
        return find(self.kwargs["report_id"])


def find(report_id):
    """Find a report; say what is wrong with the id otherwise."""
    try:
        report_id = serializers.UUIDField().to_internal_value(report_id)
    except ValidationError as error:
        raise ValidationError({"report_id": error.detail}) from error
    report = Report.objects.filter(pk=report_id).first()
    if report is None:
        raise NotFound(f"there is no report {report_id}")
    return report


def csv_of(report):
    """Answer with the report's file, by way of the disk and not of the memory."""
    file = TemporaryFile()  # noqa: SIM115, the response closes it
    write_csv(report, file)
    file.seek(0)
    return FileResponse(
        file,
        as_attachment=True,
        filename=f"{report.report_id}.csv",
        content_type="text/csv",
        headers={"X-Report-Status": "Complete"},
    )
