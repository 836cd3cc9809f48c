"""The rules of alerts, and the names of the channels that they tell."""

from collections import namedtuple

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError as Invalid
from django.db.models import OuterRef
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

from reports.alerts.models import AlertChannel, AlertRule
from reports.alerts.rules import changing, delete_rule, set_rule
from reports.api.alerts import KINDS
from restaurant_monitor.access.permissions import needs
from restaurant_monitor.http.bodies import read_json
from restaurant_monitor.http.docs import answers, refusals
from restaurant_monitor.http.errors import invalid
from restaurant_monitor.http.paging import Page, page_of
from restaurant_monitor.http.reading import (
    FlagField,
    InstantField,
    NoParameters,
    Strict,
    TextField,
    query,
    read_id,
)
from restaurant_monitor.http.tables import columns_of
from stores import scope
from stores.api.labels import LabelField
from stores.api.probes import MinutesField
from stores.models import LONGEST_ID, LONGEST_NAME, MOST_LABELS
from stores.targets import LEAST, MOST

RULE_ID = OpenApiParameter("rule_id", OpenApiTypes.UUID, OpenApiParameter.PATH)
CHANNEL_KINDS = AlertChannel.Kind.values
MOST_NUMBER = 2**31 - 1  # of a column of PostgreSQL
MOST_CHANNELS = 100


def help_of(name):
    return AlertRule._meta.get_field(name).help_text


def number(name, least=0, **options):
    """Return the field of a whole number of a rule."""
    return MinutesField(
        required=False,
        min_value=least,
        max_value=MOST_NUMBER,
        help_text=help_of(name),
        **options,
    )


# --- Requests


class RuleChange(Strict):
    name = TextField(required=False, max_length=LONGEST_NAME, help_text=help_of("name"))
    store_id = TextField(
        required=False,
        allow_null=True,
        max_length=LONGEST_ID,
        help_text="The id of the only store. Null: all, or those with the labels.",
    )
    labels = serializers.ListField(
        child=LabelField(),
        required=False,
        max_length=MOST_LABELS,
        help_text=help_of("labels"),
    )
    label_name = TextField(
        required=False,
        allow_blank=True,
        max_length=32,
        help_text="Of `together` and `uptime`. " + help_of("label_name"),
    )
    minutes = number("minutes")
    stores = number("stores", least=2)
    percent = serializers.DecimalField(
        required=False,
        allow_null=True,
        max_digits=5,
        decimal_places=2,
        min_value=LEAST,
        max_value=MOST,
        help_text=help_of("percent"),
    )
    channels = serializers.ListField(
        child=TextField(max_length=LONGEST_NAME),
        required=False,
        max_length=MOST_CHANNELS,
        help_text="The names of all channels that it tells.",
    )
    tells_end = FlagField(required=False, help_text=help_of("tells_end"))
    remind_hours = number("remind_hours", least=1, allow_null=True)
    quiet_minutes = number("quiet_minutes")
    muted_until = InstantField(
        required=False, allow_null=True, help_text=help_of("muted_until")
    )

    def validate_labels(self, labels):
        return list(dict.fromkeys(labels))

    def validate_channels(self, names):
        found = AlertChannel.objects.in_bulk(names, field_name="name")
        if unknown := sorted({*names} - {*found}):
            raise ValidationError([f"There is no channel {name}." for name in unknown])
        return list(found.values())


class NewRule(RuleChange):
    name = TextField(max_length=LONGEST_NAME, help_text=help_of("name"))
    kind = serializers.ChoiceField(KINDS, help_text="It does not change later.")


# --- Answers


class RuleAnswer(serializers.Serializer):
    rule_id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(KINDS)
    store_id = serializers.CharField(allow_null=True)
    labels = serializers.ListField(child=serializers.CharField())
    label_name = serializers.CharField(allow_blank=True)
    minutes = serializers.IntegerField()
    stores = serializers.IntegerField()
    percent = serializers.FloatField(allow_null=True)
    channels = serializers.ListField(child=serializers.CharField())
    tells_end = serializers.BooleanField()
    remind_hours = serializers.IntegerField(allow_null=True)
    quiet_minutes = serializers.IntegerField()
    muted_until = serializers.DateTimeField(allow_null=True)


@extend_schema_serializer(many=False)  # an object with the list in it
class RulesAnswer(serializers.Serializer):
    next = serializers.URLField(allow_null=True, help_text="The next page.")
    results = RuleAnswer(many=True)


class ChannelAnswer(serializers.Serializer):
    channel_id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(CHANNEL_KINDS)


@extend_schema_serializer(many=False)  # an object with the list in it
class ChannelsAnswer(serializers.Serializer):
    next = serializers.URLField(allow_null=True, help_text="The next page.")
    results = ChannelAnswer(many=True)


COLUMNS = columns_of(RuleAnswer)
Row = namedtuple("Row", COLUMNS)


def rows_of(rules):
    """Return the rows of an answer of a queryset of rules."""
    names = AlertChannel.objects.filter(alertrule=OuterRef("pk")).order_by("name")
    named = rules.annotate(channel_names=ArraySubquery(names.values("name")))
    columns = [{"channels": "channel_names"}.get(name, name) for name in COLUMNS]
    return [as_row(Row(*values)) for values in named.values_list(*columns)]


def as_row(row):
    return row._replace(percent=row.percent and float(row.percent))


def answer(request, rule, status=200):
    [row] = rows_of(AlertRule.objects.filter(pk=rule.pk))
    headers = {}
    if status == 201:
        headers["Location"] = reverse("alert_rule", args=[rule.pk], request=request)
    return Response(row._asdict(), status=status, headers=headers)


def page_by_name(model, params):
    """Return the objects of one page and one more, by name."""
    found = model.objects.order_by("name")
    if params.cursor:
        found = found.filter(name__gt=params.cursor[0])
    return found[: params.page_size + 1]


def find(rule_id):
    """Return an AlertRule; raise NotFound."""
    key = read_id("rule_id", rule_id)
    for rule in AlertRule.objects.filter(pk=key):
        return rule
    raise NotFound(f"there is no rule {key}")


def set_or_refuse(rule, fields):
    """Set a rule; raise ValidationError with the reasons by field."""
    try:
        set_rule(rule, fields)
    except Invalid as error:
        raise invalid(error) from error


# --- The endpoints


@needs(
    GET="reports.view_alertrule",
    POST="reports.add_alertrule",
    PATCH="reports.change_alertrule",
    DELETE="reports.delete_alertrule",
)
class Rules(ViewSet):
    parser_classes = (JSONParser,)

    @extend_schema(summary="List alert rules", responses=answers(RulesAnswer))
    @query(Page)
    def list(self, request, params):
        """List the rules of alerts by name, with the channels that they tell.

        All endpoints of rules and channels need the permission `access.see_all` too: a
        rule may tell of any store.
        """
        scope.refuse_limited(request.user)
        rows = rows_of(page_by_name(AlertRule, params))
        return page_of(request, params, rows, COLUMNS, ["name"])

    @extend_schema(
        summary="Create an alert rule",
        request=NewRule,
        responses=answers(RuleAnswer, 413, status=201),
    )
    @query(NoParameters)
    def create(self, request, params):
        """Let the channels be told of what a new rule says.

        What is not given has its default, as in the admin.
        """
        scope.refuse_limited(request.user)
        fields = vars(read_json(NewRule, request))
        rule = AlertRule()
        with changing():
            set_or_refuse(rule, fields)
        return answer(request, rule, status=201)

    @extend_schema(
        summary="Get an alert rule",
        parameters=[RULE_ID],
        responses=answers(RuleAnswer, 404),
    )
    @query(NoParameters)
    def retrieve(self, request, params, rule_id):
        """Get a rule with the names of its channels."""
        scope.refuse_limited(request.user)
        return answer(request, find(rule_id))

    @extend_schema(
        summary="Change an alert rule",
        parameters=[RULE_ID],
        request=RuleChange,
        responses=answers(RuleAnswer, 404, 413),
    )
    @query(NoParameters)
    def partial_update(self, request, params, rule_id):
        """Change what is given of a rule. `muted_until` mutes it."""
        scope.refuse_limited(request.user)
        fields = vars(read_json(RuleChange, request))
        with changing():
            rule = find(rule_id)
            set_or_refuse(rule, fields)
        return answer(request, rule)

    @extend_schema(
        summary="Delete an alert rule",
        parameters=[RULE_ID],
        responses={204: None, **refusals(400, 404, 406, 415)},
    )
    @query(NoParameters)
    def destroy(self, request, params, rule_id):
        """Delete a rule with its alerts. Messages that are written are still sent."""
        scope.refuse_limited(request.user)
        with changing():
            delete_rule(find(rule_id))
        return Response(status=204)


@needs(GET="reports.view_alertrule")
class Channels(ViewSet):
    @extend_schema(summary="List alert channels", responses=answers(ChannelsAnswer))
    @query(Page)
    def list(self, request, params):
        """List where rules can send messages, by name, without addresses and secrets.

        Channels are made in the admin, or with `manage.py set_channel`.
        """
        scope.refuse_limited(request.user)
        columns = columns_of(ChannelAnswer)
        rows = page_by_name(AlertChannel, params).values_list(*columns, named=True)
        return page_of(request, params, rows, columns, ["name"])
