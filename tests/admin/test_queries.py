"""How many queries the pages make, and which indexes they use."""

import re

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reports.compute import compute_now
from reports.models import Report
from stores.editing import zones
from stores.models import Ingest, Store
from stores.timeline.marks import mark
from tests.admin.pages import AS_OF, DENVER_PAGE, INGESTS, REPORTS, STORES, body
from tests.support.plans import explained

pytestmark = pytest.mark.django_db
LARGE = ["poll", "timeline", "business_hours", "special_hours", "report_row"]
# All pages, with the number of queries that each may make, including those for the
# session and the user.
PAGES = {
    "/admin/": 3,
    STORES: 6,
    f"{STORES}?q=den": 6,
    f"{STORES}?q=den&zone=America/Denver": 6,
    f"{STORES}?label=region:west": 6,
    f"{STORES}add/": 3,
    DENVER_PAGE: 18,
    f"{STORES}denver/delete/": 4,
    f"{STORES}denver/history/": 5,
    REPORTS: 5,
    f"{REPORTS}REPORT/change/": 4,
    f"{REPORTS}REPORT/delete/": 3,
    INGESTS: 4,
    f"{INGESTS}INGEST/change/": 5,
    f"{INGESTS}INGEST/rejects/": 4,
}
MANY = """
insert into store (store_id, timezone)
select 'store ' || n, 'America/Denver' from generate_series(1, 800) as n;
insert into business_hours (store_id, weekday, starts, ends)
select store_id, d, '09:00', '17:00' from store, generate_series(0, 6) as d
where store_id like 'store %';
insert into special_hours (store_id, date, starts, ends)
select store_id, date '2023-01-01' + 7 * n, '{10:00}', '{12:00}'
from store, generate_series(1, 8) as n where store_id like 'store %';
insert into unsettled (store_id, missing)
select 'not known ' || n, 'hours' from generate_series(1, 1600) as n;
insert into poll (store_id, observed_at, is_active)
select store_id, timestamptz '2023-01-23 20:00Z' - h * interval '4 hours', h % 3 != 0
from store, generate_series(1, 42) as h where store_id like 'store %';
"""


@pytest.fixture
def many(denver):
    """Hundreds of stores and tens of thousands of polls, analyzed."""
    with connection.cursor() as cursor:
        cursor.execute(MANY)
        mark()
        compute_now(AS_OF)
        compute_now(AS_OF)
        cursor.execute("analyze")


def with_ids(address):
    """Put the ids of a report and an ingest into an address."""
    report = Report.objects.first() or compute_now(AS_OF)
    address = address.replace("REPORT", str(report.pk))
    return address.replace("INGEST", str(Ingest.objects.first().pk))


class TestQueries:
    @pytest.fixture
    def queries_of(self, admin_client):
        def queries(address):
            address = with_ids(address)
            # A process caches the zones between requests, but not the content types.
            zones()
            ContentType.objects.clear_cache()
            # It checks the migrations of the database only every few seconds.
            admin_client.get("/api/docs/")
            with CaptureQueriesContext(connection) as done:
                answer = admin_client.get(address)
            assert answer.status_code == 200
            if answer.streaming:
                body(answer)
            return [query["sql"] for query in done]

        return queries

    @pytest.mark.parametrize(("address", "most"), PAGES.items())
    @pytest.mark.usefixtures("denver")
    def test_a_page_makes_few_queries(self, queries_of, address, most):
        assert len(queries_of(address)) <= most

    @pytest.mark.usefixtures("many")
    def test_no_page_makes_more_queries_with_more_data(self, queries_of):
        for address, most in PAGES.items():
            assert len(queries_of(address)) <= most, address

    @pytest.mark.usefixtures("many")
    def test_only_the_pages_of_a_store_read_polls(self, queries_of):
        for address in PAGES:
            if "denver" not in address:
                looked_at = " ".join(queries_of(address))
                for table in ("poll", "timeline", "report_row"):
                    assert not re.search(rf'(from|join) "?{table}\b', looked_at, re.I)

    @pytest.mark.usefixtures("many")
    def test_the_pages_of_a_store_use_indexes(self, admin_client):
        with explained() as plans:
            admin_client.get(f"{STORES}store 201/change/")
            admin_client.get(f"{STORES}store 201/delete/")
        asked = "\n".join(plans)
        for table in [*LARGE, "store"]:
            assert re.search(rf'(from|join) "?{table}\b', asked, re.I), table
        for plan in plans:
            assert not re.search(rf"Seq Scan on ({'|'.join(LARGE)}|store)\b(?!_)", plan)

    @pytest.mark.usefixtures("many")
    def test_deleting_a_store_uses_indexes(self, admin_client):
        with explained() as plans:
            admin_client.post(f"{STORES}store 201/delete/", {"post": "yes"})
        deletions = [plan for plan in plans if "Delete on" in plan]
        for table in [*LARGE, "timeline_mark", "store"]:
            if table != "report_row":
                assert any(re.search(rf"Delete on {table}\b", p) for p in deletions)
        for table in LARGE:
            scan = re.compile(rf"Seq Scan on {table}\b")
            assert not any(map(scan.search, deletions)), deletions
        assert not Store.objects.filter(pk="store 201").exists()

    @pytest.mark.usefixtures("many")
    def test_a_search_by_the_beginning_of_an_id_uses_the_index(self):
        found = Store.objects.filter(store_id__startswith="store 777")
        assert "Seq Scan" not in found.explain()
