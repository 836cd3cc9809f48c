"""Labels of stores: those of one store, how many stores have each, and a filter."""

from argparse import ArgumentTypeError

from django.core.exceptions import ValidationError as Invalid
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

import sql
from restaurant_monitor.access.permissions import needs
from restaurant_monitor.http.bodies import read_json
from restaurant_monitor.http.docs import answers
from restaurant_monitor.http.etags import (
    IF_MATCH,
    IF_NONE_MATCH,
    refuse_changed,
    with_etag,
)
from restaurant_monitor.http.paging import Page, page_of
from restaurant_monitor.http.reading import NoParameters, Strict, TextField, query
from restaurant_monitor.http.tables import Table, Tables, columns_of
from stores import scope
from stores.ingest.staging import KINDS
from stores.labels import labels_of, read_label, refuse_label, set_labels
from stores.models import LONGEST_VALUE, MOST_LABELS

COLUMNS = KINDS["labels"]


# --- Requests


class LabelField(serializers.CharField):
    """A label such as region:west."""

    def to_internal_value(self, data):
        try:
            return read_label(super().to_internal_value(data))
        except ArgumentTypeError as error:
            raise ValidationError(str(error)) from error


class Labelled(serializers.Serializer):
    """The parameter of a list from which stores can be chosen by their labels."""

    label = serializers.ListField(
        source="labels",
        child=LabelField(),
        required=False,
        default=None,
        max_length=MOST_LABELS,
        help_text="Only stores with this label, such as `region:west`. It can be given "
        "several times: of several values of one name a store needs any, of different "
        "names it needs all.",
    )


class LabelsQuery(Page):
    name = serializers.CharField(
        required=False,
        default="",
        max_length=100,
        help_text="Only the labels of this name.",
    )


class NewLabels(Strict):
    labels = serializers.DictField(
        child=TextField(max_length=LONGEST_VALUE),
        help_text="The value of each label, by its name: at most "
        f"{MOST_LABELS}. A name has at most 32 lowercase letters, digits and _, and "
        "begins with a letter. An empty object removes all labels.",
    )

    def validate_labels(self, labels):
        if len(labels) > MOST_LABELS:
            raise ValidationError(f"A store has at most {MOST_LABELS} labels.")
        if wrong := dict(reasons(labels)):
            raise ValidationError(wrong)
        return labels


def reasons(labels):
    """Yield the names of what cannot be labels, and why."""
    for name, value in labels.items():
        try:
            refuse_label(name, value)
        except Invalid as error:
            yield name, error.messages


# --- Responses


class LabelsOfStore(serializers.Serializer):
    store_id = serializers.CharField()
    labels = serializers.DictField(
        child=serializers.CharField(), help_text="The value of each label, by its name."
    )


class LabelAnswer(serializers.Serializer):
    name = serializers.CharField()
    value = serializers.CharField()
    stores = serializers.IntegerField(help_text="How many stores have it.")


@extend_schema_serializer(many=False)  # an object with the list in it
class LabelsAnswer(serializers.Serializer):
    next = serializers.URLField(allow_null=True, help_text="The next page.")
    results = LabelAnswer(many=True)


# --- The endpoints


@needs(GET="stores.view_storelabel")
class Labels(Tables, APIView):
    @extend_schema(summary="List labels", responses=answers(LabelsAnswer, csv=True))
    @query(LabelsQuery)
    def get(self, request, params):
        """List all labels by name and value, and how many stores have each."""
        after_name, after_value = params.cursor or (None, None)
        found = sql.rows(
            "stores/count_labels",
            viewer=scope.viewer(request.user),
            label_name=params.name,
            after_name=after_name,
            after_value=after_value,
            limit=params.page_size + 1,
        )
        return page_of(
            request, params, found, columns_of(LabelAnswer), ["name", "value"]
        )


@needs(GET="stores.view_storelabel", PUT="stores.change_storelabel")
class StoreLabels(Tables, ViewSet):
    table_actions = ("retrieve",)
    parser_classes = (JSONParser,)

    @extend_schema(
        summary="Get a store's labels",
        parameters=[IF_NONE_MATCH],
        responses={304: None} | answers(LabelsOfStore, 404, csv=True),
    )
    @query(NoParameters)
    def retrieve(self, request, params, store_id):
        """Get all labels of a store. As CSV: the rows of a file of labels."""
        return labels_answer(request, scope.find(request.user, store_id))

    @extend_schema(
        summary="Replace a store's labels",
        parameters=[IF_MATCH],
        request=NewLabels,
        responses=answers(LabelsOfStore, 404, 412, 413),
    )
    @query(NoParameters)
    def update(self, request, params, store_id):
        """Replace all labels of a store.

        They change no figure, unless time of a label is excused.
        """
        store = scope.find(request.user, store_id)
        data = read_json(NewLabels, request)
        with scope.editing(request.user, store.pk):
            refuse_changed(request, [store.pk, labels_of(store.pk)])
            set_labels(store.pk, data.labels)
        return labels_answer(request, store)


def labels_answer(request, store):
    """Return a store's labels and their ETag."""
    labels = labels_of(store.pk)
    rows = [
        {"store_id": store.pk, "name": name, "value": value}
        for name, value in labels.items()
    ]
    answer = Response(Table(COLUMNS, rows, store_id=store.pk, labels=labels))
    return with_etag(request, answer, [store.pk, labels])
