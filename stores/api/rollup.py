"""The uptime of all stores: one total, and groups that add up to it."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from restaurant_monitor.access.permissions import needs
from restaurant_monitor.http.docs import answers
from restaurant_monitor.http.reading import query
from restaurant_monitor.http.tables import Table, Tables, columns_of
from stores import scope
from stores.api.labels import Labelled
from stores.api.timeline import Figures, Range, Stretch, head, reading_range, refuse
from stores.models import LABEL_NAME
from stores.timeline import rollup
from stores.timeline.rollup import MOST_GROUPS, Ranges

LABEL = f"label:{LABEL_NAME.strip('^$')}"
GROUPINGS = f"^(day|weekday_hour|location|store|{LABEL}(,day)?)$"


# --- Requests


class Grouping:
    """How figures are grouped: the parameter `group_by`, or an empty text."""

    def __init__(self, text):
        self.kind, _, rest = text.partition(":")
        self.label, _, day = rest.partition(",")
        self.by_day = "day" in (self.kind, day)

    def find(self, ranges):
        """Return the total and the groups of Ranges."""
        if self.kind == "weekday_hour":
            return rollup.by_weekday_hour(ranges)
        if self.kind == "location":
            return rollup.by_location(ranges)
        if self.kind == "store":
            return rollup.by_store(ranges)
        return rollup.by_label_and_day(ranges, self.label or None, self.by_day)

    @property
    def keys(self):
        """The columns that tell the groups apart."""
        if self.kind == "weekday_hour":
            return ["weekday", "hour"]
        if self.kind == "store":
            return ["store_id", "display_name"]
        return ["value"] * (self.kind in ("label", "location")) + ["day"] * self.by_day

    @property
    def figures(self):
        """The columns of figures that can be compared."""
        return columns_of(LocationFigures if self.kind == "location" else Figures)


class GroupByField(serializers.RegexField):
    def __init__(self, **options):
        super().__init__(
            GROUPINGS,
            required=False,
            error_messages={
                "invalid": "This is not day, weekday_hour, location, store, or a label "
                "such as label:region or label:region,day."
            },
            help_text="Also return groups, which add up to the total. `day`: each "
            "local date. `weekday_hour`: each weekday (0 is Monday) and hour of each "
            "store's clock. `label:region`: each value of the label `region`; stores "
            "without it are the group whose value is null. `label:region,day`: each "
            "value and date. `location`: each value of the label `location`, with the "
            "time in which any or all of its stores were down. `store`: each store.",
            **options,
        )


class Rollup(Labelled, Range):
    group_by = GroupByField(default=None)
    compare = serializers.ChoiceField(
        ["previous"],
        required=False,
        default=None,
        help_text="Also return the figures of the range just before, which is as long. "
        "With `day`, it is whole days earlier, rounded up, so that each date is "
        "compared with an equal part of a date.",
    )

    def validate_group_by(self, text):
        return Grouping(text or "")


# --- Responses


class LocationFigures(Figures):
    any_down_seconds = serializers.FloatField(
        required=False,
        allow_null=True,
        help_text="If grouped by location: the time in which any store was down.",
    )
    all_down_seconds = serializers.FloatField(
        required=False,
        allow_null=True,
        help_text="If grouped by location: the time in which all stores were down that "
        "were within business hours. An unobserved store is not down.",
    )


class Stores(serializers.Serializer):
    stores = serializers.IntegerField(
        help_text="How many stores are known, also without business time in the range. "
        "In a group of a label: how many have its value."
    )


PREVIOUS = {
    "required": False,
    "allow_null": True,
    "help_text": "If compared. Null if polls of the previous range were pruned.",
}


class RollupGroup(LocationFigures, Stores):
    value = serializers.CharField(
        required=False,
        allow_null=True,
        help_text="If grouped by a label or location. Null: the stores without one.",
    )
    day = serializers.DateField(required=False, help_text="If grouped by day.")
    store_id = serializers.CharField(required=False, help_text="If grouped by store.")
    display_name = serializers.CharField(required=False)
    weekday = serializers.IntegerField(required=False, help_text="0 is Monday.")
    hour = serializers.IntegerField(required=False)
    previous = LocationFigures(**PREVIOUS)


class RollupAnswer(Figures, Stores, Stretch):
    previous_from = serializers.DateTimeField(required=False, help_text="If compared.")
    previous_to = serializers.DateTimeField(required=False, help_text="If compared.")
    previous = Figures(**PREVIOUS)
    groups = RollupGroup(many=True, required=False)


# --- The endpoint


@needs(GET="stores.view_period")
class AllUptime(Tables, APIView):
    @extend_schema(
        summary="Get the uptime of all stores",
        responses=answers(RollupAnswer, 409, csv=True),
    )
    @query(Rollup)
    def get(self, request, params):
        """Get how long all stores together were up, down and unobserved in a range.

        The percentage is that of the summed time, and no mean of percentages. As CSV:
        the groups if grouped, otherwise one row with the total.
        """
        with reading_range(params) as moment:
            ranges = ranges_of(request, params)
            is_kept = ranges.previous_is_kept(moment.history_from)
            found = params.group_by.find(ranges if is_kept else ranges.uncompared())
        total, groups = found
        if len(groups) > MOST_GROUPS:
            refuse("group_by", f"there are more than {MOST_GROUPS:,} groups")
        return Response(table(params, ranges, is_kept, total, groups))


def ranges_of(request, params):
    viewer = scope.viewer(request.user)
    ranges = Ranges(params.since, params.until, viewer, params.labels)
    return ranges.compared(params.group_by.by_day) if params.compare else ranges


def table(params, ranges, is_kept, total, groups):
    """Return the answer: nested as JSON, and with all figures in one row as CSV."""
    grouping, content = params.group_by, head(params)
    previous = []
    if params.compare:
        content["previous_from"] = ranges.previous_since
        content["previous_to"] = ranges.previous_until
        previous = [f"previous_{name}" for name in grouping.figures]
    content |= nested(total, [], columns_of(Figures), params.compare, is_kept)
    columns = [*grouping.keys, "stores", *grouping.figures, *previous]
    rows = [group._asdict() for group in groups] if grouping.kind else [total._asdict()]
    if not is_kept:
        rows = [row | dict.fromkeys(previous) for row in rows]
    if grouping.kind:
        content["groups"] = [
            nested(group, grouping.keys, grouping.figures, params.compare, is_kept)
            for group in groups
        ]
    return Table(columns, rows, **content)


def nested(row, keys, figures, compare, is_kept):
    """Return a row with its previous figures in an object of their own, or null."""
    shown = {name: getattr(row, name) for name in (*keys, "stores", *figures)}
    if compare:
        previous = {name: getattr(row, f"previous_{name}") for name in figures}
        shown["previous"] = previous if is_kept else None
    return shown
