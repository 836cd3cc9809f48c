"""Whether the service is whole, and its reports come to the end they should."""

import json

from tests.support import service as svc


def check_all_is_well(service, database_url, expected, report_ids):
    """These reports and one more come out right, in one row a store."""
    report_ids = [*report_ids, svc.trigger(service)]
    for report_id in report_ids:
        answer = svc.result(service, report_id)
        assert answer.body == expected, svc.resource(service, report_id)
    check_rows(database_url)
    svc.wait_for("the service is whole", service, lambda: is_whole(service))


def check_rows(database_url):
    """A report that is complete has each store once, any other has no rows."""
    query = """
        select report_id, min(state), min(store_count), count(store_id),
            count(distinct store_id)
        from report full join report_row using (report_id) group by report_id
    """
    for report_id, state, promised, count, distinct in svc.rows(database_url, query):
        expected = promised if state == "complete" else 0
        assert count == distinct == expected, (report_id, state)


def is_whole(service):
    """Tell if all runs once, the cluster under the watch of the one there is."""
    watches, cluster = svc.running(service, "work"), svc.cluster_of(service)
    is_watched = cluster and [svc.parent(cluster.main)] == watches
    return is_watched and svc.web_of(service)


def check_failed(service, report_id, attempts, reason):
    answer = svc.result(service, report_id)
    assert answer.headers.get_content_type() == "application/json"
    told = json.loads(answer.body)
    assert told.keys() == {"status", "error"}
    assert told["status"] == "Failed"
    assert reason in told["error"]
    found = svc.resource(service, report_id)
    assert (found["state"], found["attempts"]) == ("failed", attempts)
    assert found["finished_at"]
    assert found["worker_alive"] is None
    assert "download" not in found["links"]
    download = svc.ask(service, "GET", f"/api/download/{report_id}")
    assert download.status == 409
    assert reason in json.loads(download.body)["detail"]
