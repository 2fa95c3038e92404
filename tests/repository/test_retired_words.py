"""Code, docs and file names do not use the words that standard ones have replaced."""

import re
from pathlib import Path

import pytest

# In halves, so that this file does not contain them.
RETIRED = (
    "be" + "fall",
    "be" + "fell",
    "be" + "fallen",
    "bor" + "ne",
    "call" + "_off",
    "called" + " off",
    "call" + "ed_off",
    "des" + "k",
    "frai" + "l",
    "gat" + "es?",
    "guest" + "book",
    "hou" + "ses?",
    "ho" + "useholds?",
    "inhab" + "ited",
    "led" + "ger",
    "par" + "ade",
    "sea" + "ms?",
    "she" + "lf",
    "tell" + "er",
    "tol" + "d",
    "tra" + "vels?",
    "tra" + "velling",
    "wit" + "ness",
    r"xen\.no" + r"w(?=\.)",
    r"xen\.la" + r"ter(?=\.)",
)
TEXT = {".lua", ".md", ".py", ".sh", ".toml", ".yml"}
DATA = ("simulator/datamodel/", "docs/schemas/")  # XenServer's own words

_WORD = re.compile(rf"(?<![A-Za-z])(?:{'|'.join(RETIRED)})(?![a-z])", re.IGNORECASE)


def _hits(path: Path, text: str) -> list[str]:
    names = [f"{path}: {found[0]}" for found in _WORD.finditer(str(path))]
    lines = [
        f"{path}:{number}: {found[0]}"
        for number, line in enumerate(text.splitlines(), start=1)
        for found in _WORD.finditer(line)
    ]
    return names + lines


def test_no_retired_word_is_used(root: Path, tracked: list[Path]) -> None:
    """A reader from the field would not understand them."""
    texts = {
        path.relative_to(root): path.read_text(encoding="utf-8")
        for path in tracked
        if path.suffix in TEXT or path.name in {"Makefile", "Dockerfile"}
    }

    hits = [
        hit
        for path, text in texts.items()
        if not str(path).startswith(DATA)
        for hit in _hits(path, text)
    ]

    assert hits == []


@pytest.mark.parametrize(
    "text", [f"a {'hou' + 'se'} of", f"def _{'des' + 'k'}_of", "xen.no" + "w.VM"]
)
def test_a_retired_word_is_noticed(text: str) -> None:
    """Identifiers that contain one are found as well as prose."""
    assert len(_hits(Path("page.md"), text)) == 1
