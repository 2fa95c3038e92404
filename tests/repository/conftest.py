"""Fixtures of the repository's tests: its files, packages and tools."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def tools() -> Path:
    """Return the folder of the installed tools."""
    return Path(sys.executable).parent


@pytest.fixture(scope="session")
def packages() -> list[str]:
    """Return the product's top-level packages, from pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return list(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])


@pytest.fixture(scope="session")
def modules(packages: list[str]) -> list[Path]:
    """Return the product's modules."""
    return [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    """Return the files that git tracks or would track: new ones, but not ignored ones."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return [path for path in paths if path.is_file()]
