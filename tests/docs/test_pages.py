"""The README is short, and the links of all pages work."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
README = PROJECT / "README.md"
PAGES = [
    README,
    PROJECT / "CONTRIBUTING.md",
    *sorted((PROJECT / "docs").glob("*.md")),
    # Packages may have their own README.
    *sorted(PROJECT.glob("[a-z]*/**/README.md")),
]
LINK = re.compile(r"\]\(([^)\s]+)\)")
ADDRESS = re.compile(r"[a-z]+:")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def test_the_readme_is_short():
    assert len(README.read_text().split()) <= 1200


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(PROJECT)))
def test_links_lead_somewhere(page):
    for link in LINK.findall(page.read_text()):
        if not ADDRESS.match(link):
            name, _, anchor = link.partition("#")
            target = page.parent / name if name else page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


def anchors(page):
    """Return the anchors of the headings of a page."""
    headings = HEADING.findall(page.read_text())
    words = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in words}
