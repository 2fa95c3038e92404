"""Code, docs and file names do not use the words that standard ones have replaced."""

from pathlib import Path

import pytest

from tests.repository import words

DATA = ("simulator/datamodel/", "docs/schemas/")  # XenServer's own words


def test_no_retired_word_is_used(root: Path, tracked: list[Path]) -> None:
    """A reader from the field would not understand them."""
    names = [path.relative_to(root) for path in tracked]
    read = {name: _text(root / name) for name in names if not str(name).startswith(DATA)}

    hits = [hit for name, text in read.items() for hit in words.hits(f"{name}", f"{name}\n{text}")]

    assert hits == []


def test_no_schema_uses_one(root: Path) -> None:
    """Their descriptions are ours; what XenServer named is in the data model."""
    texts = {path: path.read_text(encoding="utf-8") for path in root.glob("docs/schemas/**/*.json")}

    assert texts
    assert [hit for path, text in texts.items() for hit in words.hits(path.name, text)] == []


@pytest.mark.parametrize(
    "text", [f"a {'hou' + 'se'} of", f"def _{'des' + 'k'}_of", "xen.no" + "w.VM", "Tol" + "d"]
)
def test_a_retired_word_is_noticed(text: str) -> None:
    """Identifiers that contain one are found as well as prose."""
    assert len(words.hits("page.md", text)) == 1


def _text(path: Path) -> str:
    """Return the text of a file; of an image, nothing."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""
