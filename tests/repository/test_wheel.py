"""The wheel is complete, and runs without the clone."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def wheel(root: Path, tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with the installed build backend."""
    out = tmp_path_factory.mktemp("wheel")
    command: list[str | Path] = [
        tools / "hatchling",
        "build",
        "--target",
        "wheel",
        "--directory",
        out,
    ]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    [built] = out.glob("*.whl")
    return built


def test_the_wheel_contains_every_file_of_every_package(
    root: Path, packages: list[str], tracked: list[Path], wheel: Path
) -> None:
    """Lua scripts and data files are in it too, and no other top-level name."""
    ours = {
        str(path.relative_to(root))
        for path in tracked
        if path.relative_to(root).parts[0] in packages
    }

    held = set(zipfile.ZipFile(wheel).namelist())

    assert ours <= held
    assert {name.partition("/")[0] for name in held} == {*packages, "xenflow-0.1.0.dist-info"}


@pytest.mark.slow
def test_the_wheel_runs_in_an_environment_of_its_own(
    root: Path, tools: Path, wheel: Path, tmp_path: Path
) -> None:
    """With the dependencies of requirements.lock, `xenflow --version` prints its version."""
    uv, python = str(tools / "uv"), str(tmp_path / "venv/bin/python")
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "version"
    ]
    pip = [uv, "pip", "install", "--quiet", "--python", python]
    for command in (
        [uv, "venv", "--quiet", "--python", sys.executable, str(tmp_path / "venv")],
        [*pip, "--require-hashes", "--requirement", str(root / "requirements.lock")],
        [*pip, "--no-deps", str(wheel)],
    ):
        subprocess.run(command, cwd=tmp_path, check=True)

    shown = subprocess.run(
        [tmp_path / "venv/bin/xenflow", "--version"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )

    assert shown.stdout.split()[-1] == version
