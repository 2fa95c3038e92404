"""Imports go down only."""

import subprocess
from pathlib import Path


def test_imports_go_down_only(root: Path, tools: Path) -> None:
    """The contracts of pyproject.toml hold, the simulator's among them."""
    checked = subprocess.run(
        [tools / "lint-imports", "--no-cache", "--no-logo"],
        cwd=root,
        capture_output=True,
        check=False,
        text=True,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr
