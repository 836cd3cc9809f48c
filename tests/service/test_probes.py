"""/livez, /readyz and /metrics of a running service whose parts go away."""

import json

from restaurant_monitor.local import postgres
from tests.service.answers import check_is_problem
from tests.support import processes, services

TOKEN = "a-token-of-the-tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def failed(service):
    """Return the checks of /readyz that fail."""
    answer = services.ask(service, "GET", "/readyz")
    checks = json.loads(answer.body)["checks"]
    found = [name for name, check in checks.items() if not check["ok"]]
    if found:
        check_is_problem(answer, 503)
    else:
        assert answer.status == 200
    return found


def is_in_metrics(service, line):
    answer = services.ask(service, "GET", "/metrics", headers=BEARER)
    assert answer.status == 200
    return f"restaurant_monitor_{line}\n" in answer.body.decode()


def test_it_is_ready_once_a_worker_lives_and_while_there_is_a_database():
    with services.own_postgres() as (local, database_url):
        processes.with_account(database_url)
        with services.serving(database_url, METRICS_TOKEN=TOKEN) as service:
            services.wait_for("it is ready", service, lambda: failed(service) == [])
            assert is_in_metrics(service, "worker_alive 1.0")

            [work] = services.running(service, "work")
            work.suspend()
            services.kill(services.running(service, "qcluster"))
            services.wait_for(
                "the worker is missed", service, lambda: failed(service) == ["worker"]
            )
            assert is_in_metrics(service, "worker_alive 0.0")
            work.resume()
            services.wait_for("it is ready", service, lambda: failed(service) == [])

            postgres.stop(local)
            assert failed(service) == ["database"]
            assert is_in_metrics(service, "database_up 0.0")
            assert services.ask(service, "GET", "/livez").status == 200

            postgres.ensure_running(local)
            services.wait_for("it is ready", service, lambda: failed(service) == [])


def test_a_served_report_is_in_the_metrics(database_url):
    line = 'job_duration_seconds_count{{kind="report",state="complete"}} {}.0'
    counted = "select times from counter where name = 'job' and kind = 'report'"
    with services.serving(database_url, METRICS_TOKEN=TOKEN) as service:
        # The database is a copy, with the report that filled it.
        [(before,)] = services.rows(database_url, counted)
        assert is_in_metrics(service, line.format(before))
        services.result(service, services.trigger(service))
        services.wait_for(
            "it is counted",
            service,
            lambda: is_in_metrics(service, line.format(before + 1)),
        )
