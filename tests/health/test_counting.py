"""The counters behind the metrics."""

from django.db import connection

from stores.models import Poll
from tests.api.pushing import push
from tests.support.pushes import A9


def test_an_error_while_counting_does_not_undo_or_refuse_a_push(
    own_database, client, caplog
):
    with connection.cursor() as cursor:
        cursor.execute("drop table counter")
    assert push(client, [A9]).status_code == 201
    assert Poll.objects.count() == 1
    assert "on_commit" in caplog.text
