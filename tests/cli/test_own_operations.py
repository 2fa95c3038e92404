"""An error in somebody's own operations ends a command with one line that names it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from tests.cli.conftest import Run
from workers import loader

HEAD = """\
from tasks.engine.declaration.answers import Done, done
from tasks.engine.declaration.field_types import Label, VmName
from tasks.engine.declaration.operation import Steps, Undo, operation
from xenserver.client import Xen

"""  # five lines: what follows begins at the sixth
RENAME = '''\
@operation()
def rename(xen: Xen, *, vm: VmName, name: Label) -> Done:
    """Give a VM another name."""
    found = xen.find.vm(vm)
    xen.VM.set_name_label(found, name)
    return done("VM renamed", found)
'''


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """Leave nothing of a folder in the catalogue."""
    yield
    loader.load(Settings(operations_path=None))


@pytest.mark.parametrize("words", [["worker"], ["catalogue"], ["vm", "start", "--help"]])
def test_every_process_stops_with_one_line(run: Run, tmp_path: Path, words: list[str]) -> None:
    """The exit code is 2, and there is no stack trace."""
    wrong = tmp_path / "wrong.py"
    wrong.write_text("x =\n", encoding="utf-8")

    reply = run(*words, XENFLOW_OPERATIONS_PATH=str(tmp_path))

    assert reply.code == 2
    assert reply.err == (
        f"xenflow: {wrong}:1: invalid syntax\n"
        "Next: correct the operation, or the folder in XENFLOW_OPERATIONS_PATH\n"
    )


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which a package with operations of its own is installed."""
    package, about = tmp_path / "acme_xen", tmp_path / "acme_xen-1.dist-info"
    package.mkdir()
    about.mkdir()
    (package / "__init__.py").touch()
    (package / "backups.py").write_text(HEAD + RENAME, encoding="utf-8")
    (about / "METADATA").write_text("Name: acme-xen\nVersion: 1\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(
        f"[{loader.ENTRY_POINTS}]\nbackups = acme_xen.backups\n", encoding="utf-8"
    )
    return {**os.environ, "PYTHONPATH": str(tmp_path)}


def _catalogue(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", "catalogue", "--json"],
        env=environment,
        capture_output=True,
        check=False,
        text=True,
    )


def test_an_installed_package_brings_operations(installed: dict[str, str]) -> None:
    """Its entry point names the module."""
    reply = json.loads(_catalogue(installed).stdout)

    assert "xenserver.backups.rename" in {one["name"] for one in reply["operations"]}


def test_an_installed_package_that_is_wrong_is_named(
    installed: dict[str, str], tmp_path: Path
) -> None:
    """The error has file and line."""
    wrong = tmp_path / "acme_xen" / "backups.py"
    wrong.write_text("import os\n\nos.sandwich()\n", encoding="utf-8")

    reply = _catalogue(installed)

    assert reply.returncode == 2
    assert reply.stderr.startswith(f"xenflow: {wrong}:3: AttributeError: ")
