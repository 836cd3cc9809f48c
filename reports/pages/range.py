"""The uptime of a report of a range, as its page shows it."""

from stores.templatetags.figures import weekday

MOST_SHOWN = 1000
TITLES = {
    "day": "Date",
    "weekday_hour": "Hour of the week",
    "store": "Store",
    "location": "Location",
}


def range_shown(report):
    """Return the total of a report of a range, and its first groups, if it has any."""
    groups = report.figures["groups"] if report.group_by else []
    return {
        "total": report.figures["total"],
        "group_title": TITLES.get(report.group_by, "Group"),
        "groups": [(name_of(group), group) for group in groups[:MOST_SHOWN]],
        "groups_left_off": max(0, len(groups) - MOST_SHOWN),
    }


def name_of(group):
    """Return what a group is called: its store, hour, label value or date, or both."""
    if "store_id" in group:
        return group["display_name"] or group["store_id"]
    if "hour" in group:
        return f"{weekday(group['weekday'])} {group['hour']:02}:00"
    value = group["value"] or "without one" if "value" in group else None
    return ", ".join(filter(None, [value, group.get("day")]))


def grouping_choices(labels):
    """Return the texts of `group_by`, each with what it means."""
    names = sorted({label.name for label in labels})
    return (
        {"": "only the total", "day": "date", "weekday_hour": "hour of the week"}
        | {"store": "store"}
        | {f"label:{name}": name for name in names}
        | {f"label:{name},day": f"{name} and date" for name in names}
    )
