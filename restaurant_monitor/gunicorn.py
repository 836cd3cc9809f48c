"""The configuration of gunicorn. It logs as the application does."""

import os
from ipaddress import ip_address
from socket import AF_UNIX

from restaurant_monitor.logs import configuration

logconfig_dict = configuration(os.environ.get("LOG_FORMAT", "line"))
# Otherwise a header of a request, SCRIPT_NAME, moves the addresses of the application.
forwarder_headers = ""


def when_ready(server):
    """Refuse to be in open mode for other machines, before a worker takes a request."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "restaurant_monitor.settings")
    from django.conf import settings

    elsewhere = [host for host in hosts(server) if not is_of_this_machine(host)]
    if settings.OPEN and elsewhere:
        raise SystemExit(
            "In open mode nobody needs an account, so only 127.0.0.1 can be bound, not "
            f"{', '.join(elsewhere)}. Bind to 127.0.0.1, or set REQUIRE_LOGIN=1."
        )


on_reload = when_ready


def hosts(server):
    """Return the addresses that gunicorn listens on. A Unix socket has none."""
    if server.cfg.reuse_port:  # the workers bind them
        return [address[0] for address in server.cfg.address]
    sockets = [listener.sock for listener in server.LISTENERS]
    return [found.getsockname()[0] for found in sockets if found.family != AF_UNIX]


def is_of_this_machine(host):
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
