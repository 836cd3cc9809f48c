"""The worker refuses a pooler, which would hand its locks to other clients."""

import pytest
from django.core.management import CommandError
from django.db import connection

from restaurant_monitor.jobs.management.commands.work import refuse_pooler


@pytest.mark.django_db
def test_the_worker_refuses_a_connection_that_lost_its_options():
    refuse_pooler()
    with connection.cursor() as cursor:
        cursor.execute("set client_connection_check_interval = 0")
    with pytest.raises(CommandError, match="there is a pooler"):
        refuse_pooler()
