#!/usr/bin/env python
import os
import signal
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from restaurant_monitor.local.postgres import EmbeddedPostgresError

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "restaurant_monitor.settings")
    # Ctrl-C ends a command even while it waits for the database, which then undoes
    # what was not committed. (Whoever ignores the signal goes on ignoring it.)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        settings.INSTALLED_APPS  # noqa: B018, reads the settings
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except EmbeddedPostgresError as error:
        # The settings start the server, before any command runs.
        sys.exit(f"the embedded PostgreSQL: {error}")
    except BrokenPipeError:
        # Whoever was reading, such as head, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
