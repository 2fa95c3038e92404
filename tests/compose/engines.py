"""The engine that runs the containers: one that answers, or Podman started for the tests."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

STARTS_WITHIN = 30.0  # seconds
HEALTH_CHECKS = """
while sleep 1; do
    for name in $(podman ps --quiet); do podman healthcheck run "$name"; done
done
"""
"""Podman leaves its health checks to systemd, which containers and small machines do not have."""


@dataclass(frozen=True)
class Engine:
    """Where images are built and containers run; words before a command to reach their ports."""

    builds_at: str
    runs_at: str
    enter: tuple[str, ...] = ()


@contextmanager
def started(folder: Path) -> Iterator[Engine]:
    """Return an engine; what was started for it ends with the block."""
    address = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if _answers(address):
        yield Engine(address, address)
    elif shutil.which("podman") and os.geteuid() == 0:
        with ExitStack() as processes:
            yield _podman(folder, processes)
    else:
        sys.exit(
            "no container engine answers: start Docker, set DOCKER_HOST, or be root and have Podman"
        )


def _podman(folder: Path, processes: ExitStack) -> Engine:
    """Start Podman twice: to build with the network of this host, to run in a network of its own.

    Nothing of the containers' networks, addresses and ports is left on the host.
    """
    builds, runs = f"unix://{folder}/build.sock", f"unix://{folder}/run.sock"
    service = ("podman", "system", "service", "--time=0")
    _start(processes, *service, builds)
    isolated = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
    runner = _start(processes, *isolated, *service, runs)
    _start(processes, "sh", "-c", HEALTH_CHECKS)
    for address in (builds, runs):
        _wait_for(address)
    return Engine(builds, runs, ("nsenter", f"--net=/proc/{runner.pid}/ns/net"))


def _start(processes: ExitStack, *words: str) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    processes.callback(process.wait)
    processes.callback(process.terminate)
    return process


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while not _answers(address):
        if time.monotonic() > deadline:
            sys.exit(f"Podman does not answer at {address}")
        time.sleep(0.1)


def _answers(address: str) -> bool:
    compose = Path(sys.executable).with_name("docker-compose")
    asked = subprocess.run(
        [compose, "ls"], env={"DOCKER_HOST": address}, capture_output=True, check=False
    )
    return asked.returncode == 0
