"""A clock of its own for a process, which can be set while the process runs."""

import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("clock.c")
COMPILER = shutil.which("cc")


class Clock:
    """The clock of the processes that have these variables."""

    def __init__(self, folder):
        self.file = folder / "shift"
        self.shift(0)
        library = folder / "clock.so"
        self.variables = {"LD_PRELOAD": str(library), "CLOCK_SHIFT": str(self.file)}
        command = [COMPILER, "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"]
        subprocess.run(command, check=True)

    def shift(self, seconds):
        draft = self.file.with_suffix(".new")
        draft.write_text(str(seconds))
        draft.replace(self.file)
