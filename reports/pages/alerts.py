"""The page of alerts, on which they are acknowledged and rules are muted."""

from datetime import UTC, datetime, timedelta

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from rest_framework.exceptions import APIException

from reports.alerts.models import AlertMessage, AlertRule
from reports.alerts.reading import (
    LONGEST_COMMENT,
    UnknownAlert,
    acknowledge,
    listed_alerts,
)
from reports.alerts.rules import mute_rule
from reports.api.alerts import KEY, AlertsQuery
from restaurant_monitor.access.limits import CHANGES, count_on_page
from restaurant_monitor.access.pages import page
from restaurant_monitor.http.paging import page_of
from stores import scope
from stores.labels import offered_labels
from stores.pages.asking import asked, refused

TEMPLATE = "pages/alerts.html"
STATES = {"": "open and closed", "true": "open", "false": "closed"}
# For how many hours a rule is muted; 0 ends it.
MUTES = {1: "1 hour", 4: "4 hours", 24: "1 day", 168: "1 week", 0: "not at all"}
COLUMNS = [
    *("alert_id", "rule", "kind", "store_id", "label", "stores", "name", "zone"),
    *("date", "uptime_percent"),
    *("starts_at", "starts_local", "ended_at", "ended_local", "ended_as"),
    *("down_seconds", "is_open", "told_at", "told_with"),
    *("acknowledged_at", "acknowledged_by", "comment", "labels"),
]


@require_safe
@never_cache
@page("reports.view_alert")
def alerts(request):
    """Show the alerts of the stores that a user sees, the open ones first."""
    context = form_of(request)
    try:
        sent, params = asked(AlertsQuery, request)
        found = listed_alerts(params, scope.viewer(request.user))
        shown = page_of(sent, params, found, COLUMNS, KEY).data
    except APIException as error:
        return refused(request, TEMPLATE, error, context)
    context |= {"rows": shown["results"], "next": shown["next"]}
    return render(request, TEMPLATE, context)


def form_of(request):
    """Return what the page shows beside the list. Rules may name any store."""
    sent, viewer = request.GET, scope.viewer(request.user)
    sees_rules = viewer is None and request.user.has_perm("reports.view_alertrule")
    sees_messages = viewer is None and request.user.has_perm(
        "reports.view_alertmessage"
    )
    dead = AlertMessage.objects.filter(state=AlertMessage.State.DEAD)
    return {
        "labels": offered_labels(viewer),
        "states": STATES,
        "state": sent.get("is_open", ""),
        "wanted": [*filter(None, sent.getlist("label")), ""],
        "wanted_rule": sent.get("rule", ""),
        "rules": AlertRule.objects.all() if sees_rules else [],
        "mutes": MUTES,
        "now": datetime.now(UTC),
        "dead": dead.count() if sees_messages else 0,
        "longest_comment": LONGEST_COMMENT,
    }


@require_POST
@page("reports.change_alert")
def acknowledge_one(request, alert_id):
    """Acknowledge an alert, and show the list again."""
    comment = request.POST.get("comment", "").strip()[:LONGEST_COMMENT]
    try:
        count_on_page(request.user, CHANGES)
        acknowledge(scope.viewer(request.user), alert_id, comment)
    except UnknownAlert as error:
        raise Http404(str(error)) from error
    except APIException as error:
        return refused(request, TEMPLATE, error, form_of(request))
    messages.success(request, "The alert is acknowledged.")
    return redirect("alerts_page")


@require_POST
@page("reports.change_alertrule")
def mute(request, rule_id):
    """Let a rule tell nothing for some hours. It concerns all who are told."""
    scope.refuse_limited(request.user)
    hours = {str(hours): hours for hours in MUTES}.get(request.POST.get("hours"))
    rule = AlertRule.objects.filter(pk=rule_id).first()
    if rule is None or hours is None:
        raise Http404("there is no such rule, or no such time")
    try:
        count_on_page(request.user, CHANGES)
    except APIException as error:
        return refused(request, TEMPLATE, error, form_of(request))
    until = datetime.now(UTC) + timedelta(hours=hours) if hours else None
    mute_rule(rule, until)
    text = f"until {until:%Y-%m-%d %H:%M} UTC" if until else "no longer"
    messages.success(request, f"The rule {rule.name} is muted {text}.")
    return redirect("alerts_page")
