"""Uptime targets, and what is left of their budgets in a calendar month."""

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from restaurant_monitor.access.permissions import needs
from restaurant_monitor.http.bodies import read_json
from restaurant_monitor.http.docs import answers, refusals
from restaurant_monitor.http.errors import Conflict
from restaurant_monitor.http.reading import NoParameters, Strict, query
from restaurant_monitor.http.tables import Table, Tables, columns_of
from stores import scope
from stores.api.labels import LabelField, Labelled
from stores.api.special_hours import DayField
from stores.targets import (
    ALL,
    LEAST,
    MOST,
    budgets,
    set_target,
)
from stores.timeline.moments import NoFigures
from stores.timeline.reading import reading

MONTH = "%Y-%m"


# --- Requests


class TargetLabelField(LabelField):
    """A label such as region:west, or ALL."""

    def to_internal_value(self, data):
        return data if data == ALL else super().to_internal_value(data)


LABEL = {"help_text": "A label such as `region:west`, or `all` for all stores."}


class TargetsQuery(Labelled, Strict):
    month = DayField(
        input_formats=[MONTH],
        required=False,
        default=None,
        help_text="The calendar month, such as `2023-01`. By default that of the "
        "newest poll in UTC.",
    )


class NewTarget(Strict):
    label = TargetLabelField(**LABEL)
    target_percent = serializers.DecimalField(
        max_digits=5,
        decimal_places=2,
        min_value=LEAST,
        max_value=MOST,
        help_text="How many percent of the observed time of a month the stores shall "
        "be up, such as 99.5.",
    )


class OneTarget(Strict):
    label = TargetLabelField(**LABEL)


# --- Responses


class TargetAnswer(serializers.Serializer):
    label = serializers.CharField(**LABEL)
    target_percent = serializers.FloatField()


class BudgetAnswer(TargetAnswer):
    stores = serializers.IntegerField(help_text="How many stores count.")
    up_seconds = serializers.FloatField(help_text="Up to as_of.")
    down_seconds = serializers.FloatField(
        help_text="Up to as_of: so much of the budget is spent."
    )
    unobserved_seconds = serializers.FloatField(help_text="Up to as_of.")
    excused_seconds = serializers.FloatField(
        help_text="Up to as_of: neither up nor down nor unobserved."
    )
    future_seconds = serializers.FloatField(
        help_text="The business time of the month after as_of that is not excused."
    )
    uptime_percent = serializers.FloatField(
        allow_null=True, help_text="Of the observed time up to as_of."
    )
    budget_seconds = serializers.FloatField(
        help_text="How long the stores may be down in the month: what the target "
        "leaves of its business time, without unobserved and excused time."
    )
    left_seconds = serializers.FloatField(
        help_text="The budget without the downtime. Below 0, the target is missed."
    )
    is_gone = serializers.BooleanField(help_text="More than the budget is spent.")
    gone_on = serializers.DateField(
        allow_null=True,
        help_text="The local date on which more than the budget is spent: a past one, "
        "or a coming one if the same share of time is down from now on. Null: the "
        "budget lasts.",
    )


@extend_schema_serializer(many=False)  # an object with the list in it
class TargetsAnswer(serializers.Serializer):
    as_of = serializers.DateTimeField()
    month = serializers.CharField()
    first_day = serializers.DateField(
        help_text="The first local date that counts: that of the month, or the first "
        "one whose polls were not pruned."
    )
    targets = BudgetAnswer(many=True)


# --- The endpoints


@needs(
    GET="stores.view_period",
    PUT="stores.change_uptimetarget",
    DELETE="stores.change_uptimetarget",
)
class Targets(Tables, ViewSet):
    parser_classes = (JSONParser,)

    @extend_schema(
        summary="List uptime targets", responses=answers(TargetsAnswer, 409, csv=True)
    )
    @query(TargetsQuery)
    def list(self, request, params):
        """List the uptime targets, and what is left of their budgets in a month.

        A budget is the time that the stores may be down. Unobserved and
        excused time neither spends nor earns any.
        """
        viewer = scope.viewer(request.user)
        try:
            with reading() as moment:
                found = budgets(moment, params.month, viewer, params.labels)
        except NoFigures as error:
            raise Conflict(str(error)) from error
        rows = [row._asdict() for row in found.rows]
        return Response(
            Table(
                columns_of(BudgetAnswer),
                rows,
                as_of=moment.as_of,
                month=f"{found.month:{MONTH}}",
                first_day=found.first_day,
                targets=rows,
            )
        )

    @extend_schema(
        summary="Set an uptime target",
        request=NewTarget,
        responses=answers(TargetAnswer, 413),
    )
    @query(NoParameters)
    def update(self, request, params):
        """Set the uptime that stores with a label, or all, shall have in each month."""
        data = read_json(NewTarget, request)
        set_target(data.label, data.target_percent)
        target = {"label": data.label, "target_percent": float(data.target_percent)}
        return Response(target)

    @extend_schema(
        summary="Remove an uptime target",
        responses={204: None, **refusals(400, 404, 406, 415)},
    )
    @query(OneTarget)
    def destroy(self, request, params):
        """Remove the target of a label, or of all stores."""
        if not set_target(params.label, None):
            raise NotFound(f"there is no target of {params.label}")
        return Response(status=204)
