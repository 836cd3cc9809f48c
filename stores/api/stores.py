"""Stores: list, create, change and delete them."""

from django.core.exceptions import ValidationError as Invalid
from django.db import IntegrityError
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

import sql
from restaurant_monitor.access.permissions import needs
from restaurant_monitor.http.bodies import read_json
from restaurant_monitor.http.docs import answers
from restaurant_monitor.http.errors import Conflict
from restaurant_monitor.http.etags import (
    IF_MATCH,
    IF_NONE_MATCH,
    refuse_changed,
    with_etag,
)
from restaurant_monitor.http.paging import Page, page_of
from restaurant_monitor.http.reading import (
    InstantField,
    NoParameters,
    Strict,
    TextField,
    query,
)
from restaurant_monitor.http.tables import Tables, columns_of
from stores import editing, scope
from stores.addresses import LinkedStore, with_url, with_urls
from stores.api.labels import Labelled
from stores.models import (
    DEFAULT_ZONE,
    LONGEST_ID,
    LONGEST_NAME,
    WHITE_SPACE,
    Store,
    UnknownStore,
    Unsettled,
)
from stores.timeline.reading import reading_now

ORDERS = ["store_id", "display_name", "last_seen_at"]
STATUSES = ["up", "down", "unobserved", "closed"]


# --- Requests


class StoreQuery(Labelled, Page):
    search = serializers.CharField(
        required=False,
        default="",
        max_length=200,
        help_text="The beginning of an id, or a part of a name in any letter case.",
    )
    timezone = serializers.CharField(
        required=False,
        default="",
        max_length=100,
        help_text="Only stores in this zone. A store without one is in "
        f"{DEFAULT_ZONE}.",
    )
    status = serializers.ChoiceField(
        STATUSES,
        required=False,
        default="",
        help_text="Only stores with this status now.",
    )
    seen_since = InstantField(
        required=False,
        default=None,
        help_text="Only stores whose newest poll is at or after this.",
    )
    not_seen_since = InstantField(
        required=False,
        default=None,
        help_text="Only stores without a poll at or after this.",
    )
    order = serializers.ChoiceField(
        [sign + name for name in ORDERS for sign in ("", "-")],
        required=False,
        default="store_id",
        help_text="With a minus: descending. A store that was never polled counts as "
        "the earliest.",
    )


class StoreChange(Strict):
    display_name = TextField(
        required=False,
        allow_blank=True,
        max_length=LONGEST_NAME,
        help_text="What people call it.",
    )
    timezone = TextField(
        required=False,
        allow_null=True,
        help_text=f"A name of the tz database. Null means {DEFAULT_ZONE}.",
    )

    def validate_timezone(self, text):
        if text is not None and text not in editing.zones():
            raise ValidationError("This is not a name of the tz database.")
        return text


class StoreIdField(TextField):
    """The id of a new store. As in a file, white space around it is not part of it."""

    def __init__(self):
        super().__init__(max_length=LONGEST_ID, trim_whitespace=False)

    def to_internal_value(self, data):
        text = super().to_internal_value(data).strip(WHITE_SPACE)
        if not text:
            self.fail("blank")
        return text


class NewStore(StoreChange):
    store_id = StoreIdField()

    def validate_store_id(self, text):
        try:
            Store.refuse_id(text)
        except Invalid as error:
            raise ValidationError(error.messages) from error
        return text


# --- Responses


class StoreAnswer(serializers.Serializer):
    store_id = serializers.CharField()
    display_name = serializers.CharField(allow_blank=True)
    timezone = serializers.CharField(
        allow_null=True, help_text=f"Null means {DEFAULT_ZONE}."
    )
    status = serializers.ChoiceField(
        STATUSES,
        allow_null=True,
        help_text="At as_of. Closed means outside business hours. Unobserved means "
        "that no poll shows the status. Null while no store has a poll, and until "
        "the first poll is computed.",
    )
    last_seen_at = serializers.DateTimeField(
        allow_null=True,
        help_text="The instant of the store's newest poll, even if that was pruned.",
    )
    unsettled = serializers.ListField(
        child=serializers.ChoiceField(Unsettled.Missing),
        help_text="What nobody knows of the store, because the rows of a file were "
        "rejected. Until good rows come, all of its time is unobserved.",
    )
    labels = serializers.DictField(
        child=serializers.CharField(), help_text="The value of each label, by its name."
    )


class ListedStore(StoreAnswer, LinkedStore):
    pass


class StoreNow(ListedStore):
    as_of = serializers.DateTimeField(
        allow_null=True,
        help_text="The instant of the newest poll of all stores, or now if that is "
        "earlier.",
    )


@extend_schema_serializer(many=False)
class StoresAnswer(serializers.Serializer):
    as_of = serializers.DateTimeField(
        allow_null=True,
        help_text="The instant of the newest poll of all stores, or now if that is "
        "earlier.",
    )
    next = serializers.URLField(allow_null=True, help_text="The next page.")
    results = ListedStore(many=True)


class DeletedAnswer(serializers.Serializer):
    store_id = serializers.CharField()
    polls_deleted = serializers.IntegerField()


def list_stores(as_of, viewer, order="store_id", **conditions):
    """Return stores with their status at as_of; see stores/list."""
    return sql.rows(
        "stores/list",
        as_of=as_of,
        viewer=viewer,
        order_by=order.removeprefix("-"),
        is_descending=order.startswith("-"),
        **conditions,
    )


def store_now(request, store_id):
    """Return a store with its current status."""
    with reading_now() as as_of:
        viewer = scope.viewer(request.user)
        for row in list_stores(as_of, viewer, store_id=store_id):
            content = {name: getattr(row, name) for name in columns_of(StoreAnswer)}
            return with_url(request, content) | {"as_of": as_of}
    raise UnknownStore(store_id)  # it was deleted in the meantime


def answer(request, store_id, **options):
    """Return a response with a store and its ETag."""
    content = store_now(request, store_id)
    names = (content["display_name"], content["timezone"])
    return with_etag(request, Response(content, **options), [store_id, *names])


def refuse_changed_store(request, store_id):
    store = Store.objects.get(pk=store_id)
    refuse_changed(request, [store_id, store.display_name, store.timezone])


# --- The endpoints


@needs(
    GET="stores.view_store",
    POST="stores.add_store",
    PATCH="stores.change_store",
    DELETE="stores.delete_store",
)
class Stores(Tables, ViewSet):
    parser_classes = (JSONParser,)

    @extend_schema(summary="List stores", responses=answers(StoresAnswer, csv=True))
    @query(StoreQuery)
    def list(self, request, params):
        """List stores with their current status."""
        after_key, after_id = params.cursor or (None, None)
        with reading_now() as as_of:
            found = list_stores(
                as_of,
                scope.viewer(request.user),
                params.order,
                search=params.search,
                timezone=params.timezone,
                labels=params.labels,
                status=params.status,
                seen_since=params.seen_since,
                not_seen_since=params.not_seen_since,
                after_key=after_key,
                after_id=after_id,
                limit=params.page_size + 1,
            )
        columns, key = columns_of(StoreAnswer), ["key", "store_id"]
        page = page_of(request, params, found, columns, key, as_of=as_of)
        page.data["results"] = with_urls(request, page.data["results"])
        return page

    @extend_schema(
        summary="Create a store",
        request=NewStore,
        responses=answers(StoreNow, 409, 413, status=201),
    )
    @query(NoParameters)
    def create(self, request, params):
        """Add a store. It is always open until its hours are set."""
        data = vars(read_json(NewStore, request))
        if not scope.may_add(request.user, data["store_id"]):
            raise PermissionDenied("this store is not yours")
        try:
            editing.add(Store(**data))
        except IntegrityError as error:
            raise Conflict("there is a store with this id") from error
        created = answer(request, data["store_id"], status=201)
        created["Location"] = created.data["store_url"]
        return created

    @extend_schema(
        summary="Get a store",
        parameters=[IF_NONE_MATCH],
        responses={304: None} | answers(StoreNow, 404),
    )
    @query(NoParameters)
    def retrieve(self, request, params, store_id):
        """Get a store with its current status."""
        return answer(request, scope.find(request.user, store_id).pk)

    @extend_schema(
        summary="Change a store",
        parameters=[IF_MATCH],
        request=StoreChange,
        responses=answers(StoreNow, 404, 412, 413),
    )
    @query(NoParameters)
    def partial_update(self, request, params, store_id):
        """Change a store's name or time zone.

        A new time zone moves its business hours, and changes its past figures.
        """
        store = scope.find(request.user, store_id)
        data = vars(read_json(StoreChange, request))
        with scope.editing(request.user, store.pk):
            refuse_changed_store(request, store.pk)
            if "display_name" in data:
                editing.rename(store.pk, data["display_name"])
            if "timezone" in data:
                editing.set_timezone(store.pk, data["timezone"])
        return answer(request, store.pk)

    @extend_schema(
        summary="Delete a store",
        parameters=[IF_MATCH],
        responses=answers(DeletedAnswer, 404, 412),
    )
    @query(NoParameters)
    def destroy(self, request, params, store_id):
        """Permanently delete a store with its polls, hours and timeline.

        Existing reports keep their rows for it. If a file or a poll names the store
        later, it is created again, without its past.
        """
        store = scope.find(request.user, store_id)
        with scope.editing(request.user, store.pk):
            refuse_changed_store(request, store.pk)
            deleted = editing.delete([store.pk])
        return Response({"store_id": store.pk, "polls_deleted": deleted})
