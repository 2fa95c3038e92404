"""Functions are small enough to be read at once."""

import ast
from pathlib import Path

LONGEST = 40  # lines


def test_no_function_is_long(root: Path, tracked: list[Path]) -> None:
    """One that needs more lines is two."""
    long = [
        f"{path.relative_to(root)}: {node.name} has {size} lines"
        for path in tracked
        if path.suffix == ".py" and "docs" not in path.relative_to(root).parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (size := (node.end_lineno or 0) - node.lineno + 1) > LONGEST
    ]

    assert long == []
