"""Clients that others wrote, which tests run where they are installed.

They are too large for the development dependencies.
"""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

CLIENTS = Path(__file__).parents[2] / ".cache/foreign_clients"
SECONDS = 120


def run_command(command: Sequence[str], folder: Path, **variables: str) -> str:
    """Return what a command that must succeed prints."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        check=False,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
