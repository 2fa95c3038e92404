"""Hosted CI and the development container use what developers use."""

import json
import re
import tomllib
from pathlib import Path


def test_the_workflow_runs_the_same_script(root: Path) -> None:
    """The only command of the workflow is `.ci/run`."""
    workflow = (root / ".github/workflows/ci.yml").read_text(encoding="utf-8")

    assert re.findall(r"^\s*- run: (.*)$", workflow, re.MULTILINE) == ["./.ci/run"]


def test_the_workflow_tests_the_oldest_supported_python(root: Path) -> None:
    """Newer versions are compatible with code for the oldest one."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    workflow = (root / ".github/workflows/ci.yml").read_text(encoding="utf-8")

    oldest = project["requires-python"].removeprefix(">=")

    assert f'python-version: "{oldest}"' in workflow


def test_the_development_container_runs_a_target_that_exists(root: Path) -> None:
    """It installs the virtual environment as `make` does, with the oldest supported Python."""
    container = json.loads((root / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))

    assert container["postCreateCommand"] == "make .venv/.stamp"
    assert ":3.11-" in container["image"]
