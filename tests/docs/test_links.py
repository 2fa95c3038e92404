"""Links of the pages lead somewhere."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS
from tests.tracked_files import ROOT

PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")])

_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def _prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def _anchors(page: Path) -> set[str]:
    """Return the anchors of a page, as the forges make them of headings."""
    return {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in _HEADING.findall(_prose(page))
    }


def _lost(page: Path) -> list[str]:
    links = [link for link in _LINK.findall(_CODE.sub("", _prose(page))) if "://" not in link]
    return [link for link in links if not _leads_somewhere(page, *link.partition("#")[::2])]


def _leads_somewhere(page: Path, path: str, anchor: str) -> bool:
    there = page.parent / path if path else page
    if not there.exists():
        return False
    return not anchor or anchor in _anchors(there)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert _lost(page) == []


def test_every_page_can_be_found() -> None:
    found: set[Path] = set()
    waiting = [DOCS / "README.md"]
    while waiting:
        page = waiting.pop()
        found.add(page)
        links = [link.partition("#")[0] for link in _LINK.findall(_prose(page))]
        leads = {(page.parent / link).resolve() for link in links if link.endswith(".md")}
        waiting += [there for there in leads if there.exists() and there not in found]

    assert set(DOCS.rglob("*.md")) - found == set()


def test_a_lost_link_is_noticed(tmp_path: Path) -> None:
    """The tests above can fail."""
    page = tmp_path / "page.md"
    page.write_text("# Here\n[a](nowhere.md) [b](#here) [c](#there) `[d](x.md)`\n")

    assert _lost(page) == ["nowhere.md", "#there"]
