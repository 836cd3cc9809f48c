"""Creates reports, and requests and reads them over the API."""

from datetime import UTC, datetime, timedelta
from itertools import product

from reports.models import Report, ReportRow

TRIGGER, GET, REPORTS = "/api/trigger_report", "/api/get_report", "/api/reports"
AS_OF = datetime(2023, 1, 25, 12, tzinfo=UTC)
# From the fixtures.
ONE, OTHER = "7105291213975568516", "84674049105583586"
NOTHING = timedelta(0)


def create_report(state, **fields):
    return Report.objects.create(state=state, **fields)


def ask_for(client, body=None, **headers):
    return client.post(REPORTS, body, format="json", headers=headers)


def rows_at(report_id):
    return f"{REPORTS}/{report_id}/rows"


def results(client, path, **asked):
    """Follow the pages to the end; return the results of each."""
    pages = []
    while path:
        answer = client.get(path, asked)
        assert answer.status_code == 200, answer.content
        path, asked = answer.json()["next"], {}
        if path:
            assert answer["Link"] == f'<{path}>; rel="next"'
        pages.append(answer.json()["results"])
    return pages


def ids_of(client, report, **asked):
    [page] = results(client, rows_at(report.pk), **asked)
    return [row["store_id"] for row in page]


def complete_report(stores):
    """Make a complete report of (up, down, unobserved) of the week by store."""
    report = Report.objects.create(
        state="complete", as_of=AS_OF, store_count=len(stores)
    )
    kinds = ["up", "down", "unobserved"]
    none = {f"{kind}_{w}": NOTHING for kind, w in product(kinds, ["hour", "day"])}
    ReportRow.objects.bulk_create(
        ReportRow(
            report_id=report.pk,
            store_id=store_id,
            **none,
            **{f"{k}_week": t for k, t in zip(kinds, figures, strict=True)},
        )
        for store_id, figures in stores.items()
    )
    return report
