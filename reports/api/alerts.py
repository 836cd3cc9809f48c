"""Alerts: those that a user may see, and their acknowledgement."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from reports.alerts.models import Alert, AlertRule
from reports.alerts.reading import LONGEST_COMMENT, acknowledge, find, listed_alerts
from restaurant_monitor.access.permissions import needs
from restaurant_monitor.http.bodies import read_json
from restaurant_monitor.http.docs import answers
from restaurant_monitor.http.paging import Page, page_of
from restaurant_monitor.http.reading import (
    NoParameters,
    Strict,
    TextField,
    query,
    read_id,
)
from restaurant_monitor.http.tables import Tables, columns_of
from stores import scope
from stores.api.labels import Labelled

KINDS = AlertRule.Kind.values
KEY = ["is_open", "opened_at", "alert_id"]
ALERT_ID = OpenApiParameter("alert_id", OpenApiTypes.UUID, OpenApiParameter.PATH)


# --- Requests


class AlertsQuery(Labelled, Page):
    is_open = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Only alerts that are open, or only those that are closed.",
    )
    rule = serializers.UUIDField(
        required=False, default=None, help_text="Only alerts of the rule with this id."
    )


class Acknowledgement(Strict):
    comment = TextField(
        required=False, allow_blank=True, default="", max_length=LONGEST_COMMENT
    )


# --- Responses


class AlertAnswer(serializers.Serializer):
    alert_id = serializers.UUIDField()
    rule_id = serializers.UUIDField()
    rule = serializers.CharField(help_text="The name of the rule.")
    kind = serializers.ChoiceField(KINDS)
    store_id = serializers.CharField(
        allow_null=True, help_text="Null if it is of several stores, or of all."
    )
    label = serializers.CharField(
        allow_null=True, help_text="What several stores have in common: `region:west`."
    )
    date = serializers.DateField(
        allow_null=True, help_text="The local date whose uptime was below the target."
    )
    uptime_percent = serializers.FloatField(
        allow_null=True, help_text="The uptime of that date."
    )
    stores = serializers.IntegerField(
        help_text="How many stores are down together, or were down on the date; 0 for "
        "an alert of one store."
    )
    starts_at = serializers.DateTimeField(help_text="When the outage or date began.")
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_as = serializers.ChoiceField(
        Alert.End.values,
        allow_null=True,
        help_text="Whether the store is up again, nobody knows, or newer data says "
        "that it was not down. The alert of a date ends with the `next_day`.",
    )
    down_seconds = serializers.FloatField(
        allow_null=True, help_text="Business time lost, so far if it is open."
    )
    is_open = serializers.BooleanField()
    opened_at = serializers.DateTimeField()
    told_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = serializers.CharField(allow_blank=True)
    comment = serializers.CharField(allow_blank=True)


@extend_schema_serializer(many=False)  # an object with the list in it
class AlertsAnswer(serializers.Serializer):
    next = serializers.URLField(allow_null=True, help_text="The next page.")
    results = AlertAnswer(many=True)


# --- The endpoints


@needs(GET="reports.view_alert")
class Alerts(Tables, ViewSet):
    @extend_schema(summary="List alerts", responses=answers(AlertsAnswer, csv=True))
    @query(AlertsQuery)
    def list(self, request, params):
        """List the alerts of the stores that you see: the open ones, then the newest.

        An alert of several stores is listed if you see all of them.
        """
        found = listed_alerts(params, scope.viewer(request.user))
        return page_of(request, params, found, columns_of(AlertAnswer), KEY)


@needs(POST="reports.change_alert")
class Acknowledge(APIView):
    parser_classes = (JSONParser,)

    @extend_schema(
        summary="Acknowledge an alert",
        parameters=[ALERT_ID],
        request=Acknowledgement,
        responses=answers(AlertAnswer, 404, 413),
    )
    @query(NoParameters)
    def post(self, request, params, alert_id):
        """Say that somebody takes care of it: no reminder is sent any more.

        A later comment replaces an earlier one.
        """
        key, viewer = read_id("alert_id", alert_id), scope.viewer(request.user)
        data = read_json(Acknowledgement, request)
        acknowledge(viewer, key, data.comment)
        row = find(viewer, key)._asdict()
        return Response({name: row[name] for name in columns_of(AlertAnswer)})
