"""The pages of the documentation, and the examples of a console on them."""

import re

from tests.support.processes import PROJECT

PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


def examples():
    """Return (command, shown output) of every example, as a reader meets them."""
    return [
        example
        for page in PAGES
        for block in BLOCK.findall(page.read_text())
        for example in COMMAND.findall(block)
    ]
