"""An installation in containers: its commands, as a user of the host types them."""

import base64
import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib import error, request

import pytest

from tests.docs.pages import Block, Reader

POOL = Path(__file__).with_name("pool.yml")
POOL_PASSWORD = "of the pool"
WITHIN = 180.0  # seconds until a hang is named


@dataclass
class Installation:
    """A folder with a clone, where the Compose stack runs; `reader` follows pages in it."""

    folder: Path
    reader: Reader
    ports: Mapping[str, str]

    def type(self, *blocks: Block, instead: Mapping[str, str] | None = None) -> str:
        """Type the commands of a page; return what the last one prints."""
        self.reader.read_blocks(blocks, instead=instead)
        return self.reader.printed

    def compose(self, *words: str) -> str:
        """Run `docker compose`; return what it prints."""
        return _run("docker", "compose", *words, folder=self.folder, environment=self.ports)

    def execute(self, part: str, *words: str, expect: int | None = 0) -> str:
        """Run a command in the first container of a part; return what it prints.

        `expect` is its exit code, None where any will do.
        """
        command = ("docker", "compose", "exec", "--no-TTY", part, *words)
        return _run(*command, folder=self.folder, expect=expect, environment=self.ports)

    def xenflow(self, *words: str, expect: int = 0) -> Any:
        """Run a command line in a container of a worker; return the JSON that it prints."""
        return json.loads(self.execute("worker", "xenflow", *words, "--json", expect=expect))

    def containers(self) -> list[dict[str, Any]]:
        """Return the state of each container, as Compose prints it."""
        lines = self.compose("ps", "--all", "--format=json").splitlines()
        return [json.loads(line) for line in lines]

    def secrets(self) -> dict[str, str]:
        """Return the content of each file of the secrets' folder."""
        files = (self.folder / "secrets").iterdir()
        return {file.name: file.read_text(encoding="utf-8").strip() for file in files}

    def flower(self, path: str, *, password: str | None = None) -> str:
        """Return a page of Flower, as this host's port shows it; its status if it is an error."""
        password = password or self.secrets()["flower_password"]
        login = base64.b64encode(f"xenflow:{password}".encode()).decode()
        url = f"http://127.0.0.1:{self.ports['FLOWER_PORT']}{path}"
        asked = request.Request(url, headers={"Authorization": f"Basic {login}"})
        try:
            with request.urlopen(asked) as reply:
                return str(reply.read().decode())
        except error.HTTPError as failed:
            failed.close()
            return str(failed.code)

    def start_pool(self) -> None:
        """Start the pool, which no file of the installation knows."""
        self._pool("up", "--detach")

    def wait_until_healthy(self) -> None:
        """Wait until each container passes its health check."""
        self.wait_for(lambda: {c["Health"] for c in self.containers()} == {"healthy"})

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds; fail with the state and the end of the logs."""
        deadline = time.monotonic() + WITHIN
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"{self.compose('ps', '--all')}\n{self.compose('logs', '--tail=20')}")
            time.sleep(1.0)

    def take_down(self) -> None:
        """Remove all containers, networks and volumes; check that nothing is left."""
        self._pool("down", "--timeout=1")
        self.compose("down", "--volumes")
        assert self.containers() == []

    def _pool(self, *words: str) -> None:
        project = os.environ["COMPOSE_PROJECT_NAME"]
        options = ("--project-name", f"{project}-pool", "--file", str(POOL))
        environment = {
            "CERTIFICATE": str(self.folder / "certificate.pem"),
            "OUTSIDE": f"{project}_outside",
            "POOL_PASSWORD": POOL_PASSWORD,
        }
        command = ("docker", "compose", *options, *words)
        _run(*command, folder=self.folder, environment=environment)


def run_service(folder: Path, name: str) -> str:
    """Run a service of another project in a container; return what it prints."""
    try:
        project = ("docker", "compose", "--project-name", name)
        return _run(*project, "run", "--rm", "--no-TTY", name, folder=folder)
    finally:
        _run(*project, "down", folder=folder)


def _run(
    *words: str,
    folder: Path,
    environment: Mapping[str, str] = MappingProxyType({}),
    expect: int | None = 0,
) -> str:
    done = subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
    )
    assert expect in {None, done.returncode}, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout
