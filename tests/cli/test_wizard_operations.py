"""What the pages about one's own operations say is true: their blocks are run as they stand."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from tasks.engine.declaration import catalogue
from tests.stack import StackHarness
from workers import loader
from workers.local_stack.supervisor import ManagedProcess, Supervisor

DOCS = Path(__file__).parents[2] / "docs"
TUTORIAL = DOCS / "tutorials" / "wizard.md"
HOW_TO = DOCS / "how-to" / "own-operations.md"

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"`operations/(\w+\.py)`:\n\n```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
_EXPORT = re.compile(r"^export (\w+)=(.+)$", re.MULTILINE)


class Reader:
    """Does what a reader of the tutorial does, in two terminals and one folder."""

    def __init__(self, folder: Path, supervisor: Supervisor) -> None:
        self.folder = folder
        self.said = ""
        self._supervisor = supervisor
        self._second = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        self._up: ManagedProcess | None = None

    def up(self, block: str) -> None:
        """Bring everything up in the first terminal, after Ctrl-C; paste what it exports."""
        if self._up:
            self._supervisor.stop()
        script = f"cd {self.folder} && {block.strip().replace(chr(10), ' && ')}"
        name = "up-again" if self._up else "up"
        up = self._up = self._supervisor.start(
            name, ["bash", "-c", script], environment=self._second
        )
        self._supervisor.wait(up, lambda: "Ctrl-C stops it all" in up.output(), seconds=90)
        self._second |= dict(_EXPORT.findall(up.output()))

    def do(self, block: str) -> None:
        """Type a block into the second terminal; every line of it must succeed."""
        exports = dict(_EXPORT.findall(block))
        typed = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", block],
            cwd=self.folder,
            env=self._second,
            capture_output=True,
            check=False,
            text=True,
        )
        assert typed.returncode == 0, f"{block}{typed.stdout}{typed.stderr}"
        pwd = str(self.folder)
        self._second |= {name: value.replace("$PWD", pwd) for name, value in exports.items()}
        self.said = typed.stdout


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """Sit down before an empty folder."""
    with Supervisor(tmp_path / "terminals") as supervisor:
        yield Reader(tmp_path, supervisor)


@pytest.mark.slow
def test_the_tutorial_does_what_it_says(reader: Reader) -> None:
    """Block after block; what it shows is what is seen."""
    for kind, block in _BLOCK.findall(TUTORIAL.read_text(encoding="utf-8")):
        match kind:
            case "console":
                reader.up(block)
            case "sh":
                reader.do(block)
            case _:
                assert block in reader.said

    assert "frontend" in reader.said


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Path]:
    """Write the files of the how-to into a folder."""
    for name, text in _FILE.findall(HOW_TO.read_text(encoding="utf-8")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    yield tmp_path
    loader.load(Settings(operations_path=None))


def test_the_how_to_loads(written: Path) -> None:
    """Under the names that it gives."""
    loader.load(Settings(operations_path=written))

    for name in ("xenserver.vm.relabel", "xenserver.vm.nap", "flow.keep_and_rest"):
        assert catalogue.find(name)


def test_the_how_to_is_formatted(written: Path) -> None:
    """As what the wizard writes."""
    words = [sys.executable, "-m", "ruff", "format", "--check", "--isolated", "--no-cache", "."]

    checked = subprocess.run(words, cwd=written, capture_output=True, check=False)

    assert checked.returncode == 0


def test_the_how_to_runs(written: Path, isolated_stack: StackHarness, name: str) -> None:
    """Both operations, and the flow that uses one of them."""
    isolated_stack.services.choose(operations_path=str(written))
    isolated_stack.services.worker()
    isolated_stack.services.poller()
    [web01] = isolated_stack.xenserver.named("VM", "web01")

    isolated_stack.do("flow.keep_and_rest", vm="web01", snapshot=name)
    isolated_stack.do("xenserver.vm.relabel", vm="web01", name=f"{name}-2")

    after = isolated_stack.xenserver.records("VM")[web01["uuid"]]
    assert (after["name_label"], after["power_state"]) == (f"{name}-2", "Running")
    assert [s["snapshot_of"] for s in isolated_stack.xenserver.named("VM", name)] == [web01["ref"]]
