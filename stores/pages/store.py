"""The page of one store, and what it shows as CSV.

Its figures come from the functions that the API uses, all from one snapshot.
"""

from datetime import date
from itertools import groupby
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import BadRequest
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import Http404, QueryDict
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

import sql
from restaurant_monitor.access.pages import page
from restaurant_monitor.http.paging import MOST_ROWS
from restaurant_monitor.http.segments import as_segment
from restaurant_monitor.http.tables import CsvRenderer
from stores import excused, scope
from stores.api import timeline
from stores.hours.special_dates import last_as_text
from stores.hours.week import DAYS, week_as_text
from stores.models import StoreLabel, UnknownStore, Unsettled
from stores.polling.probes import error_of_round, last_result, probe_of
from stores.timeline import uptime
from stores.timeline.moments import (
    DAY,
    NoFigures,
    Pruned,
    first_moment,
    refuse_pruned,
)
from stores.timeline.outages import with_reasons
from stores.timeline.reading import Behind, reading, reading_now

NEEDED = [
    "stores.view_store",
    "stores.view_period",
    "stores.view_outage",
    "stores.view_poll",
    "stores.view_businesshours",
    "stores.view_specialhours",
]
HEAT_DAYS = 28
DATES_SHOWN = 30
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2100, 1, 1)


class WeekForm(forms.Form):
    week = forms.DateField(
        required=False,
        input_formats=["%Y-%m-%d"],
        validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)],
    )


# --- The page


@require_safe
@never_cache
@page(*NEEDED)
def store_page(request, store_id):
    """Show a store: its state, figures, a week of its timeline, outages and hours."""
    form = WeekForm(request.GET)
    form.is_valid()  # otherwise it shows the error, with the last week
    try:
        context = described(request.user, store_id, form.cleaned_data.get("week"))
    except UnknownStore as error:
        raise Http404(str(error)) from error
    return render(request, "pages/store/page.html", context | {"form": form})


def described(user, store_id, first_day):
    """Return what the page shows. Without figures, `nothing` is the reason."""
    found = {"store": scope.find(user, store_id)} | settings_of(store_id)
    try:
        with reading() as moment:
            found["store"] = scope.find(user, store_id)
            figures = figures_of(user, found["store"], moment, first_day)
            return found | figures | {"local": found["local"] | figures["local"]}
    except (NoFigures, Behind) as error:
        return found | {"nothing": str(error)}


def settings_of(store_id):
    """Return what is known of a store without its polls."""
    texts = week_as_text(store_id)
    special = last_as_text(store_id, limit=DATES_SHOWN + 1)
    return {
        "labels": StoreLabel.objects.filter(store=store_id).order_by("name"),
        "missing": list(
            Unsettled.objects.filter(store=store_id)
            .order_by("missing")
            .values_list("missing", flat=True)
        ),
        "hours": texts and [(day, texts.get(day, "closed")) for day in DAYS],
        "special": special[-DATES_SHOWN:],
        "has_more_special": len(special) > DATES_SHOWN,
        **polling_of(store_id),
    }


def polling_of(store_id):
    """Return the probe of a store, what its newest look found, and when, locally."""
    result = last_result(store_id)
    instants = [result.looked_at] if result else []
    rows = sql.rows("stores/local_times", store_id=store_id, instants=instants)
    return {
        "probe": probe_of(store_id),
        "result": result,
        "round_error": error_of_round(result) if result else "",
        "local": {row.instant: row.local for row in rows},
    }


def figures_of(user, store, moment, first_day):
    """Return the figures up to a moment. Needs its transaction."""
    as_of, kept_from = moment.as_of, first_moment(moment.history_from)
    windows, status = uptime.windows(store.pk, as_of, kept_from)
    found = {
        "as_of": as_of,
        "kept_from": kept_from,
        "windows": windows,
        "status": status,
        "heat": heat_of(store, as_of, kept_from),
        "week": week_of(user, store, moment, first_day),
    }
    return found | {"local": local_times(store, found)}


def heat_of(store, as_of, kept_from):
    """Return the figures of the last weeks by weekday and hour, and their start."""
    since = uptime.kept_since(as_of - HEAT_DAYS * DAY, kept_from)
    rows = uptime.cut(store.pk, since, as_of).by_weekday_hour()
    return {
        "since": since,
        "cells": rows if any(r.business_seconds for r in rows) else [],
    }


def week_of(user, store, moment, first_day):
    """Return seven dates of a store: their periods, polls, outages and excused time.

    If not all of their polls are kept, `pruned` is the reason.
    """
    span, periods = uptime.picture(store.pk, moment.as_of, first_day)
    try:
        refuse_pruned(span.starts_at, moment.history_from)
    except Pruned as error:
        # In every time zone, this date begins after the first kept moment.
        return {
            "span": span,
            "pruned": error,
            "first_kept": moment.history_from + 2 * DAY,
        }
    polls = {row.day: row for row in uptime.picture_polls(store.pk, span)}
    days = [
        {
            "periods": list(rows),
            "polls": polls.get(day),
            "reasons": reasons_of(polls.get(day)),
        }
        for day, rows in groupby(periods, lambda period: period.day)
    ]
    return {
        "span": span,
        "days": days,
        "outages": outages_of(user, store, moment.as_of, span),
        "excused": excused_of(user, store, span),
        "has_excused": any(period.is_excused for period in periods),
    }


def reasons_of(polls):
    """Return the reasons of a date's polls, each with the number of its polls."""
    return polls and list(zip(polls.reasons, polls.reason_polls, strict=True))


def outages_of(user, store, as_of, span):
    """Return the ongoing outage of a store, and those of a span of dates."""
    asked = {
        "viewer": scope.viewer(user),
        "store_ids": [store.pk],
        "as_of": as_of,
        "since": span.starts_at,
        "newest_first": True,
    }
    going = sql.rows("uptime/outages", until=as_of, ongoing=True, **asked)
    ended = sql.rows("uptime/outages", until=span.ends_at, ongoing=False, **asked)
    return with_reasons([outage._asdict() for outage in going + ended])


def excused_of(user, store, span):
    """Return the excused time of a store in a span of dates; after the last, too."""
    until = span.ends_at if span.later_day else None
    return excused.listed(
        scope.viewer(user), store_id=store.pk, since=span.starts_at, until=until
    )


def local_times(store, found):
    """Return what the store's clock shows at each instant of the page."""
    instants = {found["as_of"], found["kept_from"], found["heat"]["since"]}
    status = found["status"]
    instants |= {
        store.last_seen_at,
        status.since,
        status.read_from,
        status.first_polled_at,
    }
    for window in found["windows"]:
        instants |= {window.since, window.previous_since}
    for outage in found["week"].get("outages", []):
        instants |= {outage["starts_at"], outage["ends_at"]}
    for row in found["week"].get("excused", []):
        instants |= {row.starts_at, row.ends_at}
    instants = list(instants - {None})
    rows = sql.rows("stores/local_times", store_id=store.pk, instants=instants)
    return {row.instant: row.local for row in rows}


# --- Its tables as CSV


def as_csv(view):
    """Return a view of the API that answers with CSV, whatever a browser accepts."""

    class OnlyCsv(view):
        def perform_content_negotiation(self, request, force=False):
            return CsvRenderer(), CsvRenderer.media_type

    return OnlyCsv.as_view()


TABLES = {
    "uptime": (as_csv(timeline.StoreUptime), {"group_by": "day"}),
    "timeline": (as_csv(timeline.StoreTimeline), {}),
    "outages": (as_csv(timeline.StoreOutages), {"page_size": MOST_ROWS}),
}


@require_safe
@never_cache
@page(*NEEDED)
def store_csv(request, store_id, what):
    """Answer with the API's CSV of the dates that the page shows, as a file."""
    form = WeekForm(request.GET)
    if not form.is_valid():
        raise BadRequest("week is not a date such as 2023-01-23")
    view, options = TABLES[what]
    first_day, span = span_of(request.user, store_id, form.cleaned_data["week"])
    request.GET = QueryDict(urlencode(options | span))
    answer = view(request, store_id=store_id)
    if answer.status_code == 200:
        name = f"{what}-{as_segment(store_id)}-{first_day}.csv"
        answer["Content-Disposition"] = content_disposition_header(True, name)
    return answer


def span_of(user, store_id, first_day):
    """Return the first of the dates, and the parameters of the API for them."""
    with reading_now() as as_of:
        try:
            scope.find(user, store_id)
        except UnknownStore as error:
            raise Http404(str(error)) from error
        if as_of is None:
            raise Http404("there are no figures yet")
        [span] = uptime.span_of_days(store_id, as_of, first_day)
    instants = {"from": span.starts_at, "to": span.ends_at, "as_of": as_of}
    sent = {name: instant.isoformat() for name, instant in instants.items()}
    return span.first_day, sent
