"""The complete reports that a form offers."""

from collections import Counter

from reports.api.reports import COMPLETE, reports_of

MOST_OFFERED = 50
SHOWN = ["report_id", "as_of", "requested_at", "labels", "is_of_all"]


def offered_reports(user):
    """Return the newest complete reports with windows that a user may see, as dicts.

    Those of one minute are told apart by when they were requested (`is_twin`).
    """
    found = (
        reports_of(user).filter(state=COMPLETE, since=None).order_by("-requested_at")
    )
    rows = list(found.values(*SHOWN)[:MOST_OFFERED])
    of_minute = Counter(minute_of(row) for row in rows)
    return [row | {"is_twin": of_minute[minute_of(row)] > 1} for row in rows]


def minute_of(report):
    return report["as_of"].replace(second=0, microsecond=0)


def pair_fields(user, before_id="", after_id=""):
    """Return what the fields for two reports show: by default, the newest two."""
    offered = offered_reports(user)
    newest = sorted(offered[:2], key=lambda report: report["as_of"])
    ids = [str(report["report_id"]) for report in newest] or [""]
    return {
        "reports": offered,
        "before_id": before_id or ids[0],
        "after_id": after_id or ids[-1],
    }


def with_chosen(offered, chosen):
    """Return what is offered, and those chosen reports that are older."""
    ids = {report["report_id"] for report in offered}
    older = [report for report in chosen if report.pk not in ids]
    return offered + [
        {name: getattr(report, name) for name in SHOWN} | {"is_twin": True}
        for report in older
    ]
