"""A child process that can be restarted, and ended with all its descendants."""

import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress

import psutil

RESTART_SECONDS = 1  # limits the restarts of a command that cannot run
KILL_SECONDS = 0.05
LINUX = sys.platform == "linux"
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1  # of Linux' prctl


class Child:
    """A command that does not receive the terminal's Ctrl-C.

    It has its own session. If `own_session` is false, it only has its own process
    group, and ends with the session of this process. On Linux, the kernel sends it
    SIGTERM when this process is killed. `log` is called with a line of text.
    """

    def __init__(self, name, command, log, own_session=True):
        self.name = name
        self.command = command
        self.log = log
        self.own_session = own_session
        self.process = None

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def start(self):
        """Start the process, for the first time or after it ended."""
        if self.process:
            self.log(
                f"{self.name} ended ({self.process.returncode}), starting it again"
            )
            self.kill()
            time.sleep(RESTART_SECONDS)
        self.process = subprocess.Popen(
            self.command,
            start_new_session=self.own_session,
            process_group=None if self.own_session else 0,
            # This is safe because this process has no threads.
            preexec_fn=end_with_parent if LINUX else None,  # noqa: PLW1509
        )

    def ask_to_end(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)

    def end_within(self, seconds):
        """Wait for the end; kill it and its descendants after so many seconds."""
        if self.process is None:
            return
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.log(f"{self.name} did not end within {seconds} s, killing it")
        self.kill()

    def kill(self):
        """Kill all processes of its session and group, orphans included."""
        while found := [pid for pid in psutil.pids() if self.is_mine(pid)]:
            for pid in found:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.poll()
            time.sleep(KILL_SECONDS)
        self.process.wait()

    def has_children(self):
        """Return if the process has a child that runs."""
        with suppress(psutil.NoSuchProcess):
            found = psutil.Process(self.process.pid).children()
            return any(p.status() != psutil.STATUS_ZOMBIE for p in found)
        return False

    def has_dead_children(self):
        """Return if a descendant has ended and its parent has not noticed."""
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
    """Let the kernel send SIGTERM to this process when its parent ends."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class StopSignals:
    """Notes SIGTERM and Ctrl-C, from now on. They do not interrupt anything."""

    def __init__(self):
        self.reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, frame: None)

    def come_within(self, seconds):
        """Wait for a signal, at most so long; return if one has come, even before."""
        return bool(select.select([self.reader], [], [], seconds)[0])
