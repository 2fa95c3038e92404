"""Pages as a reader takes them: block after block, each done, written down, or compared.

A fence says what its block is for. `sh` is typed, and `console` in the first terminal; `text` is
what was seen last, with "…" for what changes. What stands behind a file's name is written into that
file; Python without one is run. Behind the kind may stand `fails`, when the command ends with an
error, and `not-run`, when it cannot be run here.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from tests.stack import PATIENCE

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
NOT_RUN = "not-run"
FAILS = "fails"

_BLOCK = re.compile(
    r"(?:^[^\n]*`(?P<file>\w[\w.-]*\.\w+)`:\n\n)?^```(?P<kind>\w+)(?P<marks>[^\n]*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)

FirstTerminal = Callable[[str], None]


@dataclass(frozen=True)
class Block:
    """One block of a page."""

    kind: str
    marks: tuple[str, ...]
    file: str
    text: str

    @property
    def is_done(self) -> bool:
        """Whether a test does, writes or compares it."""
        return NOT_RUN not in self.marks


def blocks(page: Path) -> list[Block]:
    """Read the blocks of a page, in their order."""
    return [
        Block(found["kind"], tuple(found["marks"].split()), found["file"] or "", found["text"])
        for found in _BLOCK.finditer(page.read_text(encoding="utf-8"))
    ]


def fences(page: Path) -> int:
    """Count the lines that begin or end a block, of a kind or of none."""
    return sum(line.startswith("```") for line in page.read_text(encoding="utf-8").splitlines())


class Reader:
    """Does what a page says, in a folder of its own; ends what it left running."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.said = ""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        wide = {"PATH": path, "COLUMNS": "200", "NO_COLOR": "1"}
        self._environment = {**os.environ, **environment, **wide}
        self._sessions: list[int] = []

    def __enter__(self) -> Self:
        """Sit down."""
        return self

    def __exit__(self, *_: object) -> None:
        """End what was started in the background."""
        for session in self._sessions:
            _signal(session, signal.SIGKILL)

    def read(
        self,
        page: Path,
        *,
        first_terminal: FirstTerminal = lambda _typed: None,
        instead: Mapping[str, str] | None = None,
    ) -> None:
        """Go through a page; where it speaks of an address, there may be another instead."""
        for block in filter(lambda block: block.is_done, blocks(page)):
            text = block.text
            for said, meant in (instead or {}).items():
                text = text.replace(said, meant)
            self._do(block, text, first_terminal)

    def read_blocks(self, chosen: Iterable[Block]) -> None:
        """Do what some blocks say."""
        for block in chosen:
            self._do(block, block.text, lambda _typed: None)

    def _do(self, block: Block, text: str, first_terminal: FirstTerminal) -> None:
        match block:
            case Block(file=name) if name:
                (self.folder / name).write_text(text, encoding="utf-8")
            case Block(kind="sh"):
                self._type(text, fails=FAILS in block.marks)
            case Block(kind="console"):
                first_terminal(text)
            case Block(kind="python"):
                self._run([sys.executable, "-c", text], fails=False)
            case Block(kind="text"):
                assert _seen(text, self.said), f"{text}\n--- was seen as ---\n{self.said}"
            case _:
                assert block.kind in {"toml", "js", "yaml", "go"}, (
                    block
                )  # shown, and checked elsewhere

    def _type(self, text: str, *, fails: bool) -> None:
        """Type lines; what they export stays for the blocks to come."""
        kept = self.folder / ".environment"
        self._run(["bash", "-eo", "pipefail", "-c", f"{text}\nenv -0 > {kept}"], fails=fails)
        if not fails:
            told = kept.read_text(encoding="utf-8").rstrip("\0").split("\0")
            self._environment = dict(line.partition("=")[::2] for line in told)

    def _run(self, words: list[str], *, fails: bool) -> None:
        typed = subprocess.Popen(
            words,
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._sessions.append(typed.pid)
        try:
            self.said, _ = typed.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            _signal(typed.pid, signal.SIGKILL)
            pytest.fail(f"did not end: {words[-1]}\n{typed.communicate()[0]}")
        if not _signal(
            typed.pid, 0
        ):  # nothing in the background: the number is somebody else's soon
            self._sessions.remove(typed.pid)
        assert (typed.returncode != 0) is fails, f"{words[-1]}\n{self.said}"


def _signal(session: int, number: int) -> bool:
    """Send a signal to all processes of a session; tell whether there is one."""
    try:
        os.killpg(session, number)
    except ProcessLookupError:
        return False
    return True


def _seen(text: str, said: str) -> bool:
    """Return whether what a page shows was seen, white space and what changes aside."""
    parts = [re.escape(part) for part in _squeezed(text).split("…")]
    return re.search(".*".join(parts), _squeezed(said)) is not None


def _squeezed(text: str) -> str:
    return " ".join(re.sub(r"[│├└]── |│", " ", text).split())
