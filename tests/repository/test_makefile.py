"""The targets of the Makefile exist, and explain what is missing."""

import os
import re
import subprocess
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "target", ["demo", "test", "chaos", "fuzz", "lint", "docs", "lock", "clean", "help"]
)
def test_the_target_exists(root: Path, target: str) -> None:
    """Make has a recipe for it."""
    asked = subprocess.run(
        ["make", "--dry-run", "--always-make", target],
        cwd=root,
        capture_output=True,
        check=False,
        text=True,
    )

    assert asked.returncode == 0, asked.stderr


@pytest.mark.parametrize(
    ("python", "message"),
    [
        ("exit 127", "xenflow needs Python 3.11 or newer"),
        ("case $2 in *version_info*) exit 0;; *) exit 1;; esac", "python3-venv"),
    ],
)
def test_what_is_missing_is_named_in_one_line(
    root: Path, tmp_path: Path, python: str, message: str
) -> None:
    """The message names the package to install if Python is missing, or its venv module."""
    stand_in = tmp_path / "python3"
    stand_in.write_text(f"#!/bin/sh\n{python}\n", encoding="utf-8")
    stand_in.chmod(0o755)

    asked = subprocess.run(
        [
            "make",
            "--silent",
            "--no-print-directory",
            "test",
            f"PYTHON={stand_in}",
            f"VENV={tmp_path / 'venv'}",
        ],
        cwd=root,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        check=False,
        text=True,
    )

    first, last = asked.stderr.splitlines()
    assert message in first
    assert "***" in last


def test_ci_ends_with_the_tests(root: Path) -> None:
    """The last line of the tests is the last line of CI."""
    commands = (root / ".ci/run").read_text(encoding="utf-8").split("\n")

    assert [line for line in commands if re.match(r"set|make", line)] == [
        "set -eu",
        "make lint",
        "make test",
    ]


@pytest.mark.parametrize(("code", "left"), [(1, {"old.json"}), (0, {"new.json"})])
def test_docs_are_replaced_as_a_whole_or_not_at_all(
    root: Path, tmp_path: Path, code: int, left: set[str]
) -> None:
    """A generator that fails halfway leaves the folder as it was."""
    tools = tmp_path / ".venv" / "bin"
    schemas = tmp_path / "docs" / "schemas" / "messages"
    for folder in (tools, schemas):
        folder.mkdir(parents=True)
    for name in ("pyproject.toml", "requirements.lock", "dev.lock", "tools.lock"):
        (tmp_path / name).touch()
    (schemas / "old.json").touch()
    for name in ("bin/uv", ".stamp"):
        (tools.parent / name).touch()
    generator = tools / "xenflow"
    writes = 'mkdir -p "$3/messages" && touch "$3/messages/new.json"'
    generator.write_text(f"#!/bin/sh\n{writes}\nexit {code}\n", encoding="utf-8")
    generator.chmod(0o755)

    made = subprocess.run(
        ["make", f"--file={root / 'Makefile'}", "docs"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        check=False,
        text=True,
    )

    assert (made.returncode == 0) is (code == 0), made.stderr
    assert {path.name for path in schemas.iterdir()} == left
