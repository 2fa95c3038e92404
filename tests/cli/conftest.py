"""What the tests of the command line share: a way to run it, in an environment of its own."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import pytest

import cli
from cli import quick_finds
from config import sealing, settings
from tests.repository import words as retired
from tests.stack import CLOSED, TIMEOUT, StackHarness


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


class Run(Protocol):
    """Run a command with these words, and these variables of the environment."""

    def __call__(self, *words: str, **variables: str) -> Ended:
        """Return how it ended."""
        ...


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run `xenflow` in this process, as its console script does; refuse retired words in it."""
    for variable in [name for name in os.environ if name.startswith(settings.PREFIX)]:
        monkeypatch.delenv(variable)
    monkeypatch.delenv("COLUMNS", raising=False)  # pytest-xdist sets it in its workers

    def do(*words: str, **variables: str) -> Ended:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        _forget()
        capsys.readouterr()
        ended = Ended(cli.main(words), *capsys.readouterr())
        assert retired.hits(f"xenflow {' '.join(words)}", ended.out + ended.err) == []
        return ended

    yield do
    _forget()


class Submitter:
    """Run commands in the stack."""

    def __init__(self, run: Run, stack: StackHarness) -> None:
        self._run = run
        self._stack = stack

    def __call__(self, *words: str, **variables: str) -> Ended:
        """Return how the command ended."""
        return self._run(*words, **{**self._stack.services.environment, **variables})

    def json(self, *words: str) -> Any:
        """Return the one object it printed."""
        return json.loads(self(*words, "--json").out)


@pytest.fixture
def act(run: Run, stack: StackHarness, monkeypatch: pytest.MonkeyPatch) -> Submitter:
    """Return a way to run commands in the stack, however busy the machine is."""
    monkeypatch.setattr(quick_finds, "SECONDS", TIMEOUT)
    return Submitter(run, stack)


@pytest.fixture
def nowhere() -> str:
    """Return an address at which no Redis answers."""
    return f"redis://127.0.0.1:{CLOSED}/0"


def _forget() -> None:
    settings.load.cache_clear()
    sealing._sealer.cache_clear()  # noqa: SLF001 - the one who set the keys forgets them
