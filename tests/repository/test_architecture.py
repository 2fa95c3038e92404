"""The pictures of the architecture show what the imports are, and the imports go in no circle."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp
import pytest

PAGE = "docs/explanation/architecture.md"
PACKAGES = ("canvases", "cli", "config", "simulator", "tasks", "workers", "xenserver")
_PICTURE = re.compile(r"```mermaid\nflowchart TD\n(.*?)```", re.DOTALL)
_BOX = re.compile(r"(\w+)\[\"([\w.]+)")
_ARROW = re.compile(r"(\w+) --> (\w+)")


@cache
def graph() -> grimp.ImportGraph:
    """Return all imports, those for types too."""
    return grimp.build_graph(*PACKAGES)


def arrows(boxes: set[str]) -> set[tuple[str, str]]:
    """Return which of the packages or modules import which."""
    found = set()
    for module in graph().modules:
        for imported in graph().find_modules_directly_imported_by(module):
            found.add((_box(module, boxes), _box(imported, boxes)))
    return {(a, b) for a, b in found if a and b and a != b}


def _box(module: str, boxes: set[str]) -> str:
    """Return the innermost box that a module is in."""
    around = [box for box in boxes if f"{module}.".startswith(f"{box}.")]
    return max(around, key=len, default="")


def pictures(root: Path) -> list[str]:
    """Return the pictures of the page."""
    return _PICTURE.findall((root / PAGE).read_text(encoding="utf-8"))


@pytest.mark.parametrize("number", [0, 1])
def test_the_arrows_of_a_picture_are_the_imports(root: Path, number: int) -> None:
    """No more and no less, between the boxes it has."""
    picture = pictures(root)[number]
    boxes = dict(_BOX.findall(picture))
    drawn = {(boxes[a], boxes[b]) for a, b in _ARROW.findall(picture)}

    assert drawn == arrows(set(boxes.values()))


def test_every_package_is_in_the_picture(root: Path) -> None:
    """The first one shows them all, the second the parts of the engine."""
    whole, engine = (set(dict(_BOX.findall(picture)).values()) for picture in pictures(root))

    assert whole == set(PACKAGES)
    assert engine == graph().find_children("tasks.engine")


def test_no_imports_go_in_a_circle() -> None:
    """Imports for types alone count too."""
    assert list(_circles()) == []


def _circles() -> Iterator[list[str]]:
    """Yield the modules of each circle: take away, again and again, what imports nothing left."""
    left = {m: set(graph().find_modules_directly_imported_by(m)) for m in graph().modules}
    while free := {module for module, imported in left.items() if not imported & left.keys()}:
        left = {module: imported for module, imported in left.items() if module not in free}
    if left:
        yield sorted(left)
