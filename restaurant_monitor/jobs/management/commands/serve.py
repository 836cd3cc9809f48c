"""manage.py serve: run the web server and the worker together, until Ctrl-C."""

import socket
import sys
from secrets import token_urlsafe

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import CommandError

from restaurant_monitor.access import accounts
from restaurant_monitor.jobs.child import Child, StopSignals
from restaurant_monitor.jobs.watch import STOP_SECONDS
from restaurant_monitor.versions import DataCommand

TICK_SECONDS = 0.5
WEB_SECONDS = 10  # for the requests at hand
WORKER_SECONDS = STOP_SECONDS + 10
HOST = "127.0.0.1"
OPEN = (
    "open mode: whoever is on this machine may do everything, and programs need no API "
    "key (REQUIRE_LOGIN=1 changes this)"
)
NOT_OPEN = "programs need an API key: manage.py api_key USER NAME"


class Command(DataCommand):
    help = (
        "Run the web server and the worker on 127.0.0.1 until Ctrl-C or SIGTERM. A "
        "process that dies is started again. The first start creates an admin user and "
        "shows its password once."
    )

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, port, **options):
        check_port_is_free(port)
        self.welcome(port)
        signals = StopSignals()
        web = Child("web", web_command(port), self.log)
        worker = Child("worker", [sys.executable, sys.argv[0], "work"], self.log)
        keep_running((web, worker), signals)
        self.log("ending")
        for child in (web, worker):
            child.ask_to_end()
        web.end_within(WEB_SECONDS)
        worker.end_within(WORKER_SECONDS)
        self.log("ended")

    def welcome(self, port):
        self.log(f"http://{HOST}:{port}/ for people")
        self.log(f"http://{HOST}:{port}/api/reports for programs")
        self.log(OPEN if settings.OPEN else NOT_OPEN)
        users = get_user_model().objects
        if not users.filter(is_superuser=True).exists():
            password = token_urlsafe(12)
            accounts.create_superuser("admin", password)
            self.log(f"log in as admin with {password} (not shown again; change it)")
        self.log("press Ctrl-C to end")

    def log(self, line):
        self.stdout.write(f"serve: {line}")
        self.stdout.flush()


def keep_running(children, signals):
    """Start the children again whenever they end, until a signal comes."""
    while True:
        for child in children:
            if not child.is_running():
                child.start()
        if signals.come_within(TICK_SECONDS):
            break


def check_port_is_free(port):
    """Raise CommandError if the port is not free, before the web server fails."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise CommandError(
                f"port {port} cannot be used, try another --port: {error}"
            ) from error


def web_command(port):
    return [
        *(sys.executable, "-m", "gunicorn"),
        *("--bind", f"{HOST}:{port}"),
        *("--workers", "2", "--threads", "4"),
        *("--log-level", "warning", "--no-control-socket"),
        *("--config", "python:restaurant_monitor.gunicorn"),
        "restaurant_monitor.wsgi",
    ]
