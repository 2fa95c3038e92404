"""Imports follow the layers."""

import subprocess
from pathlib import Path


def test_imports_go_down_only(root: Path, tools: Path) -> None:
    """The import contracts of pyproject.toml hold."""
    checked = subprocess.run(
        [tools / "lint-imports", "--no-cache", "--no-logo"],
        cwd=root,
        capture_output=True,
        check=False,
        text=True,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr
