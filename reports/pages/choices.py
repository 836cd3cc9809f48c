"""The complete reports that a form offers."""

from reports.api.reports import COMPLETE, reports_of

MOST_OFFERED = 50
SHOWN = ["report_id", "as_of", "requested_at", "labels", "is_of_all"]


def offered_reports(user):
    """Return the newest complete reports that a user may see, as dicts."""
    found = reports_of(user).filter(state=COMPLETE).order_by("-requested_at")
    return list(found.values(*SHOWN)[:MOST_OFFERED])


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
    return offered + [{n: getattr(report, n) for n in SHOWN} for report in older]
