"""The recipes of CONTRIBUTING.md name files and targets that exist."""

import re
from pathlib import Path

import pytest

RECIPES = 10


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    """Return the page."""
    return (root / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_every_file_exists(root: Path, text: str) -> None:
    """A file that was renamed is noticed."""
    named = set(re.findall(r"`((?:\.?\w[\w.-]*/)+(?:[\w.-]+\.\w+)?|[A-Z]+\.md)`", text))

    assert named
    assert [name for name in sorted(named) if not (root / name).exists()] == []


def test_every_target_exists(root: Path, text: str) -> None:
    """The Makefile has each target that the page names."""
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"`make ([\w-]+)", text))

    assert targets
    assert [name for name in targets if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []


def test_every_recipe_has_five_steps(text: str) -> None:
    """The last one names the test."""
    recipes = re.findall(r"^### (.+?)\n\n(.*?)(?=^#)", text, re.MULTILINE | re.DOTALL)

    assert len(recipes) == RECIPES
    for title, steps in recipes:
        lines = re.findall(r"^\d\. .*", steps, re.MULTILINE)
        assert len(lines) == 5, title
        assert "`tests/" in lines[-1], title
