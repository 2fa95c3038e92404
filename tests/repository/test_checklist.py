"""Every line of the checklist of XenServer's behaviour, F001 to F125, has a test."""

import re
from pathlib import Path

LINES = {f"F{number:03d}" for number in range(1, 126)}


def test_every_line_of_the_checklist_is_named_by_a_test(root: Path) -> None:
    """Tests of the simulator name the lines that they check, and none that does not exist."""
    tests = (root / "tests/simulator").glob("test_*.py")
    named = {name for test in tests for name in _named(test.read_text(encoding="utf-8"))}

    assert named == LINES


def _named(text: str) -> set[str]:
    """Return the lines that the docstrings of tests name; F101-F103 are three."""
    found = re.findall(r"\bF(\d{3})(?:-F(\d{3}))?", text)
    spans = ((int(first), int(last or first)) for first, last in found)
    return {f"F{number:03d}" for first, last in spans for number in range(first, last + 1)}
