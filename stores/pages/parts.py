"""The parts of the overview that take longer. Each loads by itself."""

from datetime import timedelta
from functools import wraps
from math import ceil

from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from restaurant_monitor.access.pages import page
from stores import scope
from stores.labels import label_names
from stores.pages.asked import read_asked
from stores.targets import budgets, midnight
from stores.timeline import rollup
from stores.timeline.moments import DAY, WEEK, Behind, NoFigures, first_moment
from stores.timeline.reading import reading
from stores.timeline.rollup import Ranges
from stores.timeline.uptime import kept_since

WINDOWS = {"hour": timedelta(hours=1), "day": DAY, "week": WEEK}
STORES_SHOWN = 20
VALUES_SHOWN = 10
USUAL_LABEL = "region"
HEAT_STEPS = 5  # the classes heat-1 to heat-5
LONGEST = timedelta(days=30)


def part(name):
    """Decorate a function that returns the template context of a part.

    It gets the request and a Window. The answer to htmx is the part alone. To others it
    is a page.
    """

    def decorate(read):
        @require_safe
        @page("stores.view_period")
        @vary_on_headers("HX-Request")
        @wraps(read)
        def view(request):
            asked = read_asked(request)
            kind, heading = ("part", "h2") if request.htmx else ("part_page", "h1")
            context = {
                "asked": asked,
                "layout": f"pages/overview/{kind}.html",
                "heading": heading,
            }
            try:
                with reading() as moment:
                    window = Window(moment, scope.viewer(request.user), asked.labels)
                    context |= {"as_of": moment.as_of} | read(request, window)
            except (NoFigures, Behind) as error:
                context["nothing"] = str(error)
            return render(request, f"pages/overview/{name}.html", context)

        return view

    return decorate


class Window:
    """The stores and the moment for which a part is shown."""

    def __init__(self, moment, viewer, labels):
        self.moment, self.viewer, self.labels = moment, viewer, labels

    def back(self, length):
        """Return the Ranges that end now and are this long, or as long as is kept."""
        kept_from = first_moment(self.moment.history_from)
        since = kept_since(self.moment.as_of - length, kept_from)
        return Ranges(since, self.moment.as_of, self.viewer, self.labels)


@part("uptime")
def uptime(request, window):
    """The uptime of the last hour, day and week, and of the time before each."""
    found = []
    for length in WINDOWS.values():
        ranges = window.back(length).compared()
        if not ranges.previous_is_kept(window.moment.history_from):
            ranges = ranges.uncompared()
        found.append(ranges)
    return {"windows": list(zip(WINDOWS, rollup.by_window(found), strict=True))}


@part("targets")
def targets(request, window):
    """What is left of the budget of each target in this month."""
    found = budgets(window.moment, None, window.viewer, window.labels)
    bars = [{"target": target, "spent": spent_percent(target)} for target in found.rows]
    return {"bars": bars, "month": found.month, "first_day": found.first_day}


def spent_percent(target):
    """Return how much of a budget is spent, at most 100; None if there is none."""
    if not target.budget_seconds:
        return None
    return min(100, 100 * target.down_seconds / target.budget_seconds)


@part("labels")
def labels(request, window):
    """The worst and the best values of a label."""
    names = label_names(window.viewer)
    name = request.GET.get("by")
    if name not in names:
        name = USUAL_LABEL if USUAL_LABEL in names else next(iter(names), None)
    if name is None:
        return {"names": []}
    _, groups = rollup.by_label_and_day(window.back(WEEK), label=name)
    seen = [group for group in groups if group.uptime_percent is not None]
    seen.sort(key=lambda group: group.uptime_percent)
    return {
        "names": names,
        "by": name,
        "tables": worst_and_best(seen),
        "values": len(seen),
        "unseen": len(groups) - len(seen),
    }


def worst_and_best(groups):
    """Return the titles and rows of tables, of groups with the worst first."""
    if len(groups) <= VALUES_SHOWN:
        return [("All, the worst first", groups)]
    half = VALUES_SHOWN // 2
    return [("Worst", groups[:half]), ("Best", groups[: -half - 1 : -1])]


@part("worst")
def worst(request, window):
    """The stores with the most downtime in the last week."""
    return {"stores": rollup.worst_stores(window.back(WEEK), STORES_SHOWN)}


@part("hours")
def hours(request, window):
    """How much of the observed time was down, by weekday and hour of the week."""
    _, groups = rollup.by_weekday_hour(window.back(WEEK))
    shares = [down_percent(group) for group in groups]
    most = max((share for share in shares if share), default=0)
    cells = [
        {
            "weekday": group.weekday,
            "hour": group.hour,
            "share": share,
            "unobserved": group.unobserved_seconds,
            "business": group.business_seconds,
            "step": heat_step(share, most),
        }
        for group, share in zip(groups, shares, strict=True)
    ]
    steps = range(1, HEAT_STEPS + 1)
    return {"cells": cells, "most": most, "clock": range(24), "steps": steps}


def heat_step(share, most):
    """Return how dark a cell is: HEAT_STEPS for the highest share, 0 for no downtime.

    The quotient comes first: it is exactly 1 for the highest share.
    """
    return ceil(share / most * HEAT_STEPS) if share else 0


@part("month")
def month(request, window):
    """How much of the observed time was down on each date of the last 30 days."""
    ranges = window.back(LONGEST)
    total, groups = rollup.by_label_and_day(ranges, by_day=True)
    bars = [{"group": group, "share": down_percent(group)} for group in groups]
    seen = [bar for bar in bars if bar["share"]]
    most = max((bar["share"] for bar in seen), default=None)
    for bar in seen:
        bar["height"] = 100 * bar["share"] / most
    whole = [bar for bar in seen if is_whole(bar["group"].day, ranges)]
    worst = max(whole, key=lambda bar: bar["share"], default=None)
    return {
        "total": total,
        "bars": bars,
        "worst": worst,
        "most": most,
        "last": bars[-1],
    }


def is_whole(day, ranges):
    """Return if a local date is within a range, whatever the zone.

    It begins at most 14 hours before it does in UTC, and ends at most 12 hours later.
    """
    begins = midnight(day)
    return (
        begins - timedelta(hours=14) >= ranges.since
        and begins + DAY + timedelta(hours=12) <= ranges.until
    )


def down_percent(figures):
    """Return how many percent of the observed time were down, or None."""
    observed = figures.up_seconds + figures.down_seconds
    return 100 * figures.down_seconds / observed if observed else None
