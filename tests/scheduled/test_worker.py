"""A real worker sends a scheduled report to a real mail server."""

from tests.scheduled.yesterday import load_yesterday, make_due
from tests.support import services
from tests.support.mailbox import mailbox


def test_the_worker_sends_it(own_database):
    load_yesterday()
    make_due()
    with mailbox() as box:
        variables = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(box.port)}
        with services.working(own_database, **variables) as service:
            services.wait_for("the mail is sent", service, lambda: box.mails)
    assert {part.get_content_type() for part in box.mails[0].walk()} >= {
        "text/plain",
        "text/html",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
