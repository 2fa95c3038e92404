"""Public names have docstrings."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repository import sentences

_Named = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def test_every_public_name_is_documented(root: Path, modules: list[Path]) -> None:
    """Modules, classes, functions and methods have a docstring."""
    mute = [
        f"{path.relative_to(root)}: {name}"
        for path in modules
        for name, node in _public(ast.parse(path.read_text(encoding="utf-8")), "")
        if not ast.get_docstring(node)
    ]

    assert mute == []


def test_a_docstring_is_a_sentence(root: Path, modules: list[Path]) -> None:
    """The first line of a docstring ends with a full stop, or leads to what follows."""
    cut = [
        f"{path.relative_to(root)}: {name}"
        for path in modules
        for name, node in _public(ast.parse(path.read_text(encoding="utf-8")), "")
        if not (ast.get_docstring(node) or ".").partition("\n\n")[0].endswith((".", ":", "?", "!"))
    ]

    assert cut == []


def test_a_test_is_described_by_a_sentence_or_by_its_name(root: Path) -> None:
    """A fragment means nothing without the code, so it is no docstring."""
    fragments = [
        f"{path.relative_to(root)}: {node.name}"
        for path in sorted((root / "tests").rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        if (text := ast.get_docstring(node)) and not sentences.is_sentence(text)
    ]

    assert fragments == []


@pytest.mark.parametrize(
    "text",
    [
        "And says so.",
        "Its record, as it ended.",
        "Where that is waited for.",
        "Whatever is asked for.",
        "without a capital it is none.",
        "It has no full stop",
        "F024: with a session or without.",
    ],
)
def test_a_fragment_is_noticed(text: str) -> None:
    """It has no verb of its own, or leans on what stands before it."""
    assert not sentences.is_sentence(text)


def _public(node: ast.Module | _Named, within: str) -> Iterator[tuple[str, ast.Module | _Named]]:
    yield within or "(module)", node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    for child in node.body:
        if isinstance(child, _Named) and not child.name.startswith("_") and not _overloads(child):
            yield from _public(child, f"{within}.{child.name}".lstrip("."))


def _overloads(node: _Named) -> bool:
    return any(ast.unparse(decorator).endswith("overload") for decorator in node.decorator_list)


_EXCEPTION = re.compile(r"# (noqa|type: ignore|fmt: skip)\b(?P<rest>.*)")
_REASON = re.compile(r": [A-Z]+\d+(, [A-Z]+\d+)* - \S|\[[a-z, -]+\]  # \S|  # \S")


def test_every_exception_has_its_reason(root: Path, tracked: list[Path]) -> None:
    """One style is allowed: `noqa: CODE - reason`, and `type: ignore[code]  # reason`."""
    bare = [
        f"{path.relative_to(root)}:{number}"
        for path in tracked
        if path.suffix == ".py" and path != Path(__file__) and "docs" not in path.parts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if (found := _EXCEPTION.search(line)) and not _REASON.match(found["rest"])
    ]

    assert bare == []
