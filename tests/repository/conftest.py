"""What the tests of the house share: its files and its rooms."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """Find the folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def tools() -> Path:
    """Find the folder of the tools that the lock installed."""
    return Path(sys.executable).parent


@pytest.fixture(scope="session")
def rooms() -> list[str]:
    """Read the product's top-level packages off pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return list(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])


@pytest.fixture(scope="session")
def modules(rooms: list[str]) -> list[Path]:
    """List the product's modules."""
    return [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    """List the files that git keeps, or would keep: new ones too, ignored ones not."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return [path for path in paths if path.is_file()]
