"""The queue in the admin: read-only, in our words."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django_q.models import Failure, OrmQ, Schedule, Success

from reports.compute import request_report
from reports.models import Report
from stores.models import Ingest
from tests.admin.pages import shown

pytestmark = pytest.mark.django_db
PAGE = "/admin/queue/"
FILES = {"status": "polls.csv"}
AT = datetime(2023, 1, 25, 23, 59, 52, tzinfo=UTC)


def clock(instant):
    return f"{instant:%Y-%m-%d %H:%M:%S}"


def test_the_models_of_the_queue_cannot_be_edited(admin_client):
    """A schedule of any function would run any code."""
    for model in (Schedule, Success, Failure, OrmQ):
        assert not admin.site.is_registered(model)
        name = model._meta.model_name
        assert admin_client.get(f"/admin/django_q/{name}/").status_code == 404
        assert admin_client.get(f"/admin/django_q/{name}/add/").status_code == 404
    assert "django_q" not in admin_client.get("/admin/").text.lower()


def test_it_shows_what_waits_and_since_when(admin_client):
    now = datetime.now(UTC)
    second = Report.objects.create(requested_at=now - timedelta(minutes=5))
    first = Ingest.objects.create(
        files=FILES,
        requested_at=now - timedelta(hours=3),
        started_at=now - timedelta(minutes=1),
        state="running",
        attempts=2,
        error="the worker died",
    )
    Report.objects.create(state="complete", finished_at=AT)
    page = admin_client.get(PAGE)
    text = shown(page)
    assert (
        f"ingest {first.pk} running {clock(first.requested_at)} 3 hours 2 "
        "the worker died "
        f"report {second.pk} queued {clock(second.requested_at)} 5 minutes 0"
    ) in text.replace("\xa0", " ")
    assert f'href="/admin/stores/ingest/{first.pk}/change/"' in page.text
    assert "Nothing has failed" in text
    assert page.text.count("complete") == 0


def test_it_shows_what_failed_the_newest_first(admin_client):
    failed = {"state": "failed", "attempts": 5}
    old = Report.objects.create(
        **failed, error="there is no poll", finished_at=AT - timedelta(days=1)
    )
    new = Ingest.objects.create(
        files=FILES, **failed, error="<b>line 3", finished_at=AT
    )
    page = admin_client.get(PAGE)
    assert (
        f"ingest {new.pk} 2023-01-25 23:59:52 5 &lt;b&gt;line 3 "
        f"report {old.pk} 2023-01-24 23:59:52 5 there is no poll"
    ) in shown(page)
    assert "Nothing is waiting" in shown(page)


def test_it_shows_the_tasks_by_the_clock_and_their_failures(admin_client):
    Schedule.objects.update(next_run=AT + timedelta(days=1))
    Failure.objects.create(
        id="1" * 32,
        name="of-django-q2",
        func="reports.tasks.prune_daily",
        started=AT,
        stopped=AT,
        success=False,
        result="the disk is full : Traceback (most recent call last):\n  File x",
    )
    Failure.objects.create(
        id="2" * 32,
        name="an-attempt",
        func="restaurant_monitor.jobs.tasks.attempt",
        started=AT,
        stopped=AT,
        success=False,
        result="it is on the job : Traceback",
    )
    text = shown(admin_client.get(PAGE))
    assert "prune daily 2023-01-26 23:59:52" in text
    assert "prune daily 2023-01-25 23:59:52 the disk is full" in text
    for hidden in ("Traceback", "it is on the job", "reports.tasks"):
        assert hidden not in text


def test_it_says_how_many_messages_there_are_and_that_no_worker_runs(admin_client):
    request_report()
    text = shown(admin_client.get(PAGE))
    assert "1 message" in text
    assert "No worker is running" in text


def test_it_cannot_change_anything(admin_client):
    report = Report.objects.create()
    for method in ("post", "put", "delete"):
        assert getattr(admin_client, method)(PAGE).status_code == 405
    assert "<form" not in admin_client.get(PAGE).text.partition('id="content"')[2]
    assert Report.objects.get() == report


def test_who_may_see_reports_only_sees_no_ingests(as_user):
    report, ingest = Report.objects.create(), Ingest.objects.create(files=FILES)
    text = shown(as_user("view_report").get(PAGE))
    assert str(report.pk) in text
    assert str(ingest.pk) not in text


def test_who_may_see_no_jobs_sees_no_queue(as_user, client):
    assert client.get(PAGE).url.startswith("/admin/login/")
    assert as_user("view_store").get(PAGE).status_code == 403


def test_it_is_linked_from_every_page(admin_client):
    header = admin_client.get("/admin/").text.partition('id="user-tools"')[2]
    assert f'href="{PAGE}">Queue<' in header


@pytest.mark.parametrize("password", ["short", "password", "4815162342108", "someone1"])
def test_a_weak_password_is_refused(admin_client, password):
    sent = {"username": "someone", "usable_password": "true"}
    sent |= {"password1": password, "password2": password}
    page = admin_client.post("/admin/auth/user/add/", sent)
    assert page.status_code == 200
    assert page.context["errors"]
    assert not User.objects.filter(username="someone").exists()
