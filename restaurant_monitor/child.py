"""A process that is kept running, and ended with all its own."""

import os
import signal
import subprocess
import time
from contextlib import suppress

RESTART_SECONDS = 1  # a command that cannot run must not spin


class Child:
    """A command in a process group of its own, which the terminal's Ctrl-C spares."""

    def __init__(self, name, command, tell):
        self.name = name
        self.command = command
        self.tell = tell
        self.process = None

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def start(self):
        """Start the process, for the first time or after it ended."""
        if self.process:
            self.tell(f"{self.name} ended ({self.process.returncode}), starting anew")
            self.kill()
            time.sleep(RESTART_SECONDS)
        self.process = subprocess.Popen(self.command, start_new_session=True)

    def stop(self, seconds):
        """Ask the process to end; after that time end it and all its children."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.tell(f"{self.name} did not end within {seconds} s, killing it")
        self.kill()

    def kill(self):
        """End the whole process group at once, orphans included."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Stop(BaseException):
    """This process is asked to end."""


def stop_on_signals():
    """From now on raise Stop, once, at SIGTERM or SIGINT."""

    def stop(number, frame):
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, signal.SIG_IGN)
        raise Stop

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
