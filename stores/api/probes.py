"""The probe of a store: how this service polls it."""

from django.core.exceptions import ValidationError as Invalid
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from restaurant_monitor.access.permissions import needs
from restaurant_monitor.http.bodies import read_json
from restaurant_monitor.http.docs import answers, refusals
from restaurant_monitor.http.errors import invalid
from restaurant_monitor.http.etags import (
    IF_MATCH,
    IF_NONE_MATCH,
    refuse_changed,
    with_etag,
)
from restaurant_monitor.http.reading import NoParameters, Strict, TextField, query
from stores import scope
from stores.models import (
    FEWEST_MINUTES,
    LONGEST_URL,
    LONGEST_WANTED,
    MOST_MINUTES,
    PROBE_DEFAULTS,
    Probe,
)
from stores.polling.probes import (
    as_json,
    last_result,
    probe_of,
    refuse_probe,
    set_probe,
)


def help_of(name):
    return Probe._meta.get_field(name).help_text


def wanted(name):
    """Return the field of a text that the answer of a store must have, or not have."""
    return TextField(
        required=False,
        default="",
        allow_blank=True,
        max_length=LONGEST_WANTED,
        help_text=f"{help_of(name)} Empty: none.",
    )


class MinutesField(serializers.IntegerField):
    """A whole number. A string or a boolean is not converted to one."""

    def to_internal_value(self, data):
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)


# --- Requests


class NewProbe(Strict):
    url = TextField(max_length=LONGEST_URL, help_text=help_of("url"))
    status_codes = TextField(
        required=False,
        default=PROBE_DEFAULTS["status_codes"],
        max_length=LONGEST_WANTED,
        help_text=help_of("status_codes"),
    )
    text = wanted("text")
    not_text = wanted("not_text")
    json_path = wanted("json_path")
    json_value = wanted("json_value")
    interval_minutes = MinutesField(
        required=False,
        default=PROBE_DEFAULTS["interval_minutes"],
        min_value=FEWEST_MINUTES,
        max_value=MOST_MINUTES,
        help_text=help_of("interval_minutes"),
    )

    def validate_status_codes(self, text):
        return text.replace(" ", "")

    def validate_json_value(self, text):
        return as_json(text)

    def validate(self, fields):
        try:
            refuse_probe(fields)
        except Invalid as error:
            raise invalid(error) from error
        return fields


# --- Responses


class ResultAnswer(serializers.Serializer):
    looked_at = serializers.DateTimeField(help_text="When the answer came.")
    is_active = serializers.BooleanField(
        allow_null=True, help_text="Null: it says nothing about the store."
    )
    reason = serializers.CharField(
        allow_blank=True, help_text="Why it is not active, such as `timeout`."
    )
    milliseconds = serializers.IntegerField(help_text="How long it took.")


class ProbeAnswer(serializers.Serializer):
    store_id = serializers.CharField()
    url = serializers.CharField()
    status_codes = serializers.CharField()
    text = serializers.CharField(allow_blank=True)
    not_text = serializers.CharField(allow_blank=True)
    json_path = serializers.CharField(allow_blank=True)
    json_value = serializers.CharField(allow_blank=True)
    interval_minutes = serializers.IntegerField()
    last_result = ResultAnswer(
        allow_null=True, help_text="What the newest look found. Null: there was none."
    )


# --- The endpoint


@needs(GET="stores.view_probe", PUT="stores.change_probe", DELETE="stores.change_probe")
class StoreProbe(ViewSet):
    parser_classes = (JSONParser,)

    @extend_schema(
        summary="Get a store's probe",
        parameters=[IF_NONE_MATCH],
        responses={304: None} | answers(ProbeAnswer, 404),
    )
    @query(NoParameters)
    def retrieve(self, request, params, store_id):
        """Get how a store is polled, and what the newest look found."""
        return answer(request, scope.find(request.user, store_id))

    @extend_schema(
        summary="Set a store's probe",
        parameters=[IF_MATCH],
        request=NewProbe,
        responses=answers(ProbeAnswer, 404, 412, 413),
    )
    @query(NoParameters)
    def update(self, request, params, store_id):
        """Let this service poll a store. It is asked soon, and then at its interval."""
        store = scope.find(request.user, store_id)
        fields = vars(read_json(NewProbe, request))
        with scope.editing(request.user, store.pk):
            refuse_changed(request, edited(store))
            set_probe(store.pk, fields)
        return answer(request, store)

    @extend_schema(
        summary="Remove a store's probe",
        parameters=[IF_MATCH],
        responses={204: None, **refusals(400, 404, 406, 412, 415)},
    )
    @query(NoParameters)
    def destroy(self, request, params, store_id):
        """Let this service poll a store no more. Its polls stay."""
        store = scope.find(request.user, store_id)
        with scope.editing(request.user, store.pk):
            refuse_changed(request, edited(store))
            set_probe(store.pk, None)
        return Response(status=204)


def edited(store):
    return [store.pk, probe_of(store.pk)]


def answer(request, store):
    if (fields := probe_of(store.pk)) is None:
        raise NotFound(f"the store {store.pk!a} has no probe")
    result = last_result(store.pk)
    found = {"store_id": store.pk, **fields, "last_result": None}
    if result:
        names = ResultAnswer().fields
        found["last_result"] = {name: getattr(result, name) for name in names}
    return with_etag(request, Response(found), edited(store))
