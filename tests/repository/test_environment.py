"""Only one package reads the environment."""

import ast
from pathlib import Path


def _reads_the_environment(path: Path) -> bool:
    named = {
        node.attr if isinstance(node, ast.Attribute) else node.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute | ast.alias)
    }
    return bool(named & {"environ", "environb", "getenv", "getenvb"})


def test_only_config_reads_the_environment(root: Path, modules: list[Path]) -> None:
    """All other packages receive settings as arguments."""
    readers = [path for path in modules if _reads_the_environment(path)]

    assert {path.relative_to(root).parts[0] for path in readers} == {"config"}
