"""Fixtures of the repository's tests: its files, packages and tools."""

import sys
import tomllib
from pathlib import Path

import pytest

from tests.tracked_files import ROOT, tracked_files


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
    """Return the files that git tracks or would track."""
    return tracked_files()
