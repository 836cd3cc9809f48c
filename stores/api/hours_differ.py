"""The stores whose polls contradict their hours."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.views import APIView

from restaurant_monitor.access.permissions import needs
from restaurant_monitor.http.docs import answers
from restaurant_monitor.http.paging import page_of
from restaurant_monitor.http.reading import query
from restaurant_monitor.http.tables import Tables, columns_of
from stores import scope
from stores.addresses import LinkedStore, with_urls
from stores.api.labels import Labelled
from stores.api.timeline import PagedRange, Stretch, head, reading_range
from stores.hours.differing import differing_hours

KEY = ["polls", "store_id"]


class DifferingHours(Labelled, PagedRange):
    pass


class DifferingStore(serializers.Serializer):
    store_id = serializers.CharField()
    polls = serializers.IntegerField(
        help_text="How many polls found it out of hours while its hours say open."
    )
    newest_at = serializers.DateTimeField(help_text="The newest of them.")
    newest_local = serializers.CharField(
        help_text="The same on the store's clock, to the second."
    )
    timezone = serializers.CharField()
    hours = serializers.CharField(
        help_text="Its hours on that date, on its clock: what files, edits and special "
        "hours say."
    )


class LinkedDifferingStore(DifferingStore, LinkedStore):
    pass


class DifferingHoursAnswer(Stretch):
    next = serializers.URLField(allow_null=True)
    results = LinkedDifferingStore(many=True)


@needs(GET="stores.view_poll")
class HoursDiffer(Tables, APIView):
    @extend_schema(
        summary="List the stores whose hours differ",
        responses=answers(DifferingHoursAnswer, 409, csv=True),
    )
    @query(DifferingHours)
    def get(self, request, params):
        """List the stores that polls found out of hours while their hours say open.

        These polls have the reason `out_of_hours` and are inside business hours, so
        they count as downtime. Either the hours here are wrong, or the store's hours on
        the platform. The stores with most such polls come first. The range includes
        both its ends.
        """
        with reading_range(params):
            found = differing_hours(params, scope.viewer(request.user))
        columns = columns_of(DifferingStore)
        page = page_of(request, params, found, columns, KEY, **head(params))
        page.data["results"] = with_urls(request, page.data["results"])
        return page
