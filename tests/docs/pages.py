"""Pages as a reader takes them: block after block, each typed, written to a file, or compared.

The word behind a fence says what its block is for. `sh` is typed, and its exports stay for the
blocks to come. `console` is typed in a terminal of its own, where a command keeps running: the next
`console` block of the page interrupts it with Ctrl-C, unless a name follows (`console poller`),
which opens another terminal. `text` is what was printed last, with "…" for what changes. A block
behind the name of a file is written to that file; Python without a file is run. `fails` marks
commands that end with an error, `printed` a program that was printed last, `compose` what only
`make compose-test` runs, `not-run` what cannot be run.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from tests.stack import TIMEOUT
from tests.tracked_files import ROOT, tracked_files

DOCS = ROOT / "docs"
NOT_RUN = "not-run"
COMPOSE = "compose"
FAILS = "fails"
PRINTED = "printed"
READY = ("Ctrl-C", " ready.")  # printed by `xenflow up`, and by a worker or a poller
DRAWN = "mermaid"
SHOWN = {"toml", "js", "yaml", "go"}  # kinds that other tests check

_BLOCK = re.compile(
    r"(?:^[^\n]*`(?P<file>\w[\w./-]*\.\w+)`[^\n`]*:\n\n)?"
    r"^```(?P<kind>\w+)(?P<marks>[^\n]*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One block of a page."""

    kind: str
    marks: tuple[str, ...]
    file: str
    text: str

    @property
    def is_run(self) -> bool:
        """Whether a test runs, writes or compares it."""
        return not {NOT_RUN, COMPOSE} & {*self.marks} and self.kind != DRAWN


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page, in their order."""
    return [
        Block(found["kind"], tuple(found["marks"].split()), _file(found), found["text"])
        for found in _BLOCK.finditer(page.read_text(encoding="utf-8"))
    ]


def _file(found: re.Match[str]) -> str:
    """Return the file that a block is written to; commands are typed, whatever file they name."""
    return "" if found["kind"] == "sh" else found["file"] or ""


def marked(page: Path, mark: str) -> list[Block]:
    """Return the blocks of a page that have a mark, in their order."""
    return [block for block in blocks(page) if mark in block.marks]


def fences(page: Path) -> int:
    """Count the lines that begin or end a block."""
    return sum(line.startswith("```") for line in page.read_text(encoding="utf-8").splitlines())


class Terminal:
    """A terminal in which a command keeps running."""

    def __init__(self, folder: Path, output: Path) -> None:
        self._folder = folder
        self._output = output
        self._process: subprocess.Popen[bytes] | None = None

    def type(self, text: str, environment: Mapping[str, str]) -> str:
        """Send Ctrl-C, type the lines, and wait until the last one is ready; return the output."""
        self.interrupt()
        with self._output.open("wb") as out:
            self._process = subprocess.Popen(
                ["bash", "-eo", "pipefail", "-c", text],
                cwd=self._folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + 2 * TIMEOUT
        while time.monotonic() < deadline:
            ended = self._process.poll()
            printed = self._output.read_text(encoding="utf-8", errors="replace")
            if ended is not None:
                assert ended == 0, f"{text}\n{printed}"
                return printed
            if any(word in printed for word in READY):
                return printed
            time.sleep(0.05)
        pytest.fail(f"is not ready: {text}\n{printed}")

    def interrupt(self) -> None:
        """Send Ctrl-C, and wait until the command has ended."""
        if self._process and self._process.poll() is None:
            _signal(self._process.pid, signal.SIGINT)
            try:
                self._process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                _signal(self._process.pid, signal.SIGKILL)
                pytest.fail(f"Ctrl-C did not end it: {self._process.args!r}")

    def kill(self) -> None:
        """End what still runs: with Ctrl-C, so that it ends its own processes, then by force."""
        if self._process:
            _signal(self._process.pid, signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(TIMEOUT)
            _signal(self._process.pid, signal.SIGKILL)


class Reader:
    """Does what a page says, in one folder; ends what it left running."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], *, columns: int = 60, path: str = ""
    ) -> None:
        self.folder = folder
        self.printed = ""
        path = path or f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        fixed = {"PATH": path, "COLUMNS": str(columns), "NO_COLOR": "1"}
        self._first = {**os.environ, **environment, **fixed}
        self._environment = dict(self._first)
        self._terminals: dict[str, Terminal] = {}
        self._sessions: list[int] = []

    def __enter__(self) -> Self:
        """Return the reader."""
        return self

    def __exit__(self, *_: object) -> None:
        """End what was started in the background, and in the terminals."""
        for session in self._sessions:
            _end(session)
        for terminal in self._terminals.values():
            terminal.kill()

    def read(self, page: Path, *, instead: Mapping[str, str] | None = None) -> None:
        """Run a page; replace addresses of other hosts by those of this test."""
        self.read_blocks((b for b in blocks(page) if b.is_run), instead=instead)

    def read_blocks(
        self, chosen: Iterable[Block], *, instead: Mapping[str, str] | None = None
    ) -> None:
        """Run some blocks, with the same replacements."""
        for block in chosen:
            text = block.text
            for written, meant in (instead or {}).items():
                text = text.replace(written, meant)
            self._do(block, text)

    def _do(self, block: Block, text: str) -> None:
        match block:
            case Block(file=name) if name:
                path = self.folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            case Block(kind="sh"):
                self._type(text, fails=FAILS in block.marks)
            case Block(kind="console", marks=()):
                self._terminal("first").type(text, self._first)
            case Block(kind="console", marks=(name,)):
                self._terminal(name).type(text, self._environment)
            case Block(kind="python", marks=marks) if PRINTED not in marks:
                self._run([sys.executable, "-c", text], fails=False)
            case Block(kind="text" | "python"):
                assert _seen(text, self.printed), f"{text}\n--- printed was ---\n{self.printed}"
            case _:
                assert block.kind in SHOWN, block

    def _terminal(self, name: str) -> Terminal:
        output = self.folder / f".terminal-{name}"
        return self._terminals.setdefault(name, Terminal(self.folder, output))

    def _type(self, text: str, *, fails: bool) -> None:
        """Type lines; what they export stays for the blocks to come."""
        kept = self.folder / ".environment"
        self._run(["bash", "-eo", "pipefail", "-c", f"{text}\nenv -0 > {kept}"], fails=fails)
        if not fails:
            exported = kept.read_text(encoding="utf-8").rstrip("\0").split("\0")
            self._environment = dict(line.partition("=")[::2] for line in exported)

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
            self.printed, _ = typed.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            _signal(typed.pid, signal.SIGKILL)
            pytest.fail(f"did not end: {words[-1]}\n{typed.communicate()[0]}")
        if not _signal(typed.pid, 0):  # nothing in the background: the pid can be used again
            self._sessions.remove(typed.pid)
        assert (typed.returncode != 0) is fails, f"{words[-1]}\n{self.printed}"


def clone(folder: Path) -> Path:
    """Return a copy of the clone, with a link to its virtual environment."""
    for path in tracked_files():
        copy = folder / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
        copy.chmod(path.stat().st_mode)
        os.utime(copy, (0, 0))  # older than the environment, which make then leaves alone
    (folder / ".venv").symlink_to(Path(sys.prefix))
    return folder


def _signal(session: int, number: int) -> bool:
    """Send a signal to all processes of a session; return whether there is one."""
    try:
        os.killpg(session, number)
    except ProcessLookupError:
        return False
    return True


def _end(session: int) -> None:
    """End a session: by SIGTERM, so that it ends its own processes, then by force."""
    deadline = time.monotonic() + TIMEOUT / 2
    _signal(session, signal.SIGTERM)
    while _signal(session, 0) and time.monotonic() < deadline:
        time.sleep(0.05)
    _signal(session, signal.SIGKILL)


def _seen(text: str, printed: str) -> bool:
    """Return whether the text of a page was printed, ignoring white space and what changes."""
    parts = [re.escape(part) for part in _squeezed(text).split("…")]
    return re.search(".*".join(parts), _squeezed(printed)) is not None


def _squeezed(text: str) -> str:
    return " ".join(re.sub(r"[│├└]── |│", " ", text).split())
