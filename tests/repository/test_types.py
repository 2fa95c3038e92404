"""Types say what a value is, down to where JSON, Lua or Celery hand in what has no type."""

import ast
import re
from collections import Counter
from pathlib import Path

UNTYPED = {
    "celery_tasks.py": 2,  # options of Celery's request; its Redis backend has no types
    "declaration/checks.py": 1,  # a body: its signature is checked at its declaration
    "declaration/message.py": 1,  # pydantic's definitions of fields
    "declaration/suspensions.py": 1,  # what XenServer, a guest or a step answered
    "journal/scripts.py": 1,  # what Lua returned
    "messages/chords.py": 2,  # parameters of Celery's own method
}
"""How often a module of the engine writes `Any`."""


def test_the_engine_has_types(root: Path) -> None:
    """`Any` is written where values without a type enter, and nowhere else."""
    engine = root / "tasks" / "engine"
    used = {str(path.relative_to(engine)): _uses(path) for path in engine.rglob("*.py")}

    assert {name: count for name, count in used.items() if count} == UNTYPED


def test_annotations_are_written_in_one_way(root: Path, tracked: list[Path]) -> None:
    """They are evaluated, as operations need it; what is not defined yet stands in quotes."""
    client = {  # it serves older Pythons
        root / "docs/client/xenflow_client.py",
        root / "cli/generators/schemas/client.py",
    }
    deferred = re.compile("^from __future__ import annot" + "ations$", re.MULTILINE)

    assert [
        str(path.relative_to(root))
        for path in tracked
        if path.suffix == ".py" and path not in client
        if deferred.search(path.read_text(encoding="utf-8"))
    ] == []


def _uses(path: Path) -> int:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = Counter(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return names["Any"] + sum(text in {"Any", "typing.Any"} for text in texts)
