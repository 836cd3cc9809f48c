"""The configuration of gunicorn. It logs as the application does."""

import os

from restaurant_monitor.logs import configuration

logconfig_dict = configuration(os.environ.get("LOG_FORMAT", "line"))
# Otherwise a header of a request, SCRIPT_NAME, moves the addresses of the application.
forwarder_headers = ""
