"""The Compose stack, run for real: `python -m tests.compose [arguments of pytest]`.

The image is built, and the tests of this folder do what the documentation says. They need a
container engine: the one that DOCKER_HOST names or Docker's own, else Podman, as root. Compose
itself is in dev.lock. BASE_IMAGE, VALKEY_IMAGE and BUILD_NETWORK are those of env.example.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.compose import engines

ROOT = Path(__file__).parents[2]
IMAGE = "xenflow-compose-test"
DOCKER = """#!/bin/sh
# Docker's command, with the Compose of dev.lock.
[ "$1" = compose ] || exit 127
shift
exec "{tools}/docker-compose" "$@"
"""


def main(arguments: list[str]) -> int:
    """Build the image and run the tests; return the exit code."""
    with tempfile.TemporaryDirectory() as folder, engines.started(Path(folder)) as engine:
        environment = {
            **os.environ,
            "COMPOSE_PROJECT_NAME": IMAGE,
            "PATH": f"{_commands(Path(folder))}:{os.environ['PATH']}",
            "XENFLOW_IMAGE": IMAGE,
        }
        build = ["docker", "compose", "--env-file", "/dev/null", "build"]
        where = {"DOCKER_HOST": engine.builds_at}
        subprocess.run(build, cwd=ROOT, env={**environment, **where}, check=True)
        tests = [*engine.enter, sys.executable, "-m", "pytest", "-m", "compose", "tests/compose"]
        where = {"DOCKER_HOST": engine.runs_at}
        return subprocess.run(
            [*tests, *arguments], cwd=ROOT, env={**environment, **where}, check=False
        ).returncode


def _commands(folder: Path) -> Path:
    """Return a folder with the command `docker`, as the documentation types it."""
    command = folder / "bin" / "docker"
    command.parent.mkdir()
    command.write_text(DOCKER.format(tools=Path(sys.executable).parent), encoding="utf-8")
    command.chmod(0o755)
    return command.parent


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
