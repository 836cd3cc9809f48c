"""A process that is kept running, and ended with all its own."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import psutil

RESTART_SECONDS = 1  # a command that cannot run must not spin
KILL_SECONDS = 0.05
LINUX = sys.platform == "linux"
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1  # of Linux' prctl


class Child:
    """A command out of reach of the terminal's Ctrl-C.

    It leads a session of its own, or, where it is to end with this process's session,
    only a process group. On Linux it is told to end when this process is killed.
    """

    def __init__(self, name, command, tell, own_session=True):
        self.name = name
        self.command = command
        self.tell = tell
        self.own_session = own_session
        self.process = None

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def start(self):
        """Start the process, for the first time or after it ended."""
        if self.process:
            self.tell(f"{self.name} ended ({self.process.returncode}), starting anew")
            self.kill()
            time.sleep(RESTART_SECONDS)
        self.process = subprocess.Popen(
            self.command,
            start_new_session=self.own_session,
            process_group=None if self.own_session else 0,
            # Safe, as there are no threads here.
            preexec_fn=end_with_parent if LINUX else None,  # noqa: PLW1509
        )

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
        """End all of the process's session and group at once, orphans included."""
        while found := [pid for pid in psutil.pids() if self.is_mine(pid)]:
            for pid in found:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.poll()
            time.sleep(KILL_SECONDS)
        self.process.wait()

    def has_dead_children(self):
        """Tell if a process below this one has ended, and nobody took note of it."""
        with suppress(psutil.NoSuchProcess):
            below = psutil.Process(self.process.pid).children(recursive=True)
            return any(p.status() == psutil.STATUS_ZOMBIE for p in below)
        return False

    def is_mine(self, pid):
        with suppress(psutil.NoSuchProcess, ProcessLookupError, PermissionError):
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                return self.process.pid in (os.getsid(pid), os.getpgid(pid))
        return False


def end_with_parent():
    """Have the kernel send SIGTERM to this process when the one above it is gone."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


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
