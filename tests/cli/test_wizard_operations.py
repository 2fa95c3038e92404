"""What the pages about one's own operations say is true: their blocks are run as they stand."""

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

DOCS = Path(__file__).parents[2] / "docs"
HOW_TO = DOCS / "how-to" / "own-operations.md"

_FILE = re.compile(r"`operations/(\w+\.py)`:\n\n```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Path]:
    """Write the files of the how-to into a folder."""
    for name, text in _FILE.findall(HOW_TO.read_text(encoding="utf-8")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    yield tmp_path
    loader.load(Settings(operations_path=None))


def test_the_how_to_loads(written: Path) -> None:
    """Its operations have the names that the page gives."""
    loader.load(Settings(operations_path=written))

    for name in (
        "xenserver.vm.relabel",
        "xenserver.vm.suspend_and_resume",
        "flow.save_and_restart",
    ):
        assert catalogue.find(name)


def test_the_how_to_is_formatted(written: Path) -> None:
    """The layout is that of the wizard."""
    words = [sys.executable, "-m", "ruff", "format", "--check", "--isolated", "--no-cache", "."]

    checked = subprocess.run(words, cwd=written, capture_output=True, check=False)

    assert checked.returncode == 0


def test_the_how_to_runs(written: Path, isolated_stack: StackHarness, name: str) -> None:
    """Both operations run, and the flow that uses one of them."""
    isolated_stack.services.choose(operations_path=str(written))
    isolated_stack.services.worker()
    isolated_stack.services.poller()
    [web01] = isolated_stack.xenserver.named("VM", "web01")

    isolated_stack.do("flow.save_and_restart", vm="web01", snapshot=name)
    isolated_stack.do("xenserver.vm.relabel", vm="web01", name=f"{name}-2")

    after = isolated_stack.xenserver.records("VM")[web01["uuid"]]
    assert (after["name_label"], after["power_state"]) == (f"{name}-2", "Running")
    assert [s["snapshot_of"] for s in isolated_stack.xenserver.named("VM", name)] == [web01["ref"]]
