"""A small supervisor: processes of our own by name, each with its log, all ended together.

`xenflow up`, the demo and the tests keep house with it. Every process leads a session of its own,
so that Ctrl-C on the terminal reaches only the supervisor, which ends the others, the last that
came first: SIGTERM, and after a grace SIGKILL for the process and whatever it started.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

GRACE = 10.0  # seconds a process is given to end by itself
READY = 30.0  # seconds a process is given to be ready
LOOK = 0.05  # seconds between two looks at a process

Handler = Callable[[int, FrameType | None], None]

XENFLOW = (sys.executable, "-m", "cli")


class Trouble(RuntimeError):
    """A process did not get ready, or ended by itself; the text has the end of its log."""


@dataclass(frozen=True)
class Member:
    """One process of the household."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path
    begins: int = 0  # where in the log it begins; what stands before is of an earlier one

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def said(self) -> str:
        """Return its log so far."""
        written = self.log.read_bytes() if self.log.exists() else b""
        return written[self.begins :].decode(errors="replace")

    def trouble(self, problem: str) -> Trouble:
        """Return a trouble that shows the end of its log."""
        return Trouble(f"{self.name} {problem}; its log ({self.log}) ends:\n{self.said()[-1500:]}")


class Supervisor:
    """Start processes, wait for them, and leave none behind."""

    def __init__(self, folder: Path, *, grace: float = GRACE) -> None:
        self.folder = folder
        self._grace = grace
        self._members: list[Member] = []
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        """Begin to keep house."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End every process."""
        self.stop()

    @property
    def members(self) -> Sequence[Member]:
        """All processes, in the order in which they came."""
        return tuple(self._members)

    def start(
        self, name: str, command: Sequence[str], *, environment: Mapping[str, str] | None = None
    ) -> Member:
        """Start a process, in our environment or a given one; what it says is in `<name>.log`."""
        log = self.folder / f"{name}.log"
        with log.open("ab") as out, heard_later():
            begins = out.tell()
            process = subprocess.Popen(  # noqa: S603 - the caller names the command
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
            return self.adopt(name, process, log, begins=begins)

    def adopt(
        self, name: str, process: "subprocess.Popen[bytes]", log: Path, *, begins: int = 0
    ) -> Member:
        """Take in a process that somebody else started in a session of its own."""
        member = Member(name, process, log, begins)
        self._members.append(member)
        return member

    def wait(self, member: Member, ready: Callable[[], bool], *, seconds: float = READY) -> None:
        """Wait until a process is ready; raise Trouble when it ends, or takes too long."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not member.alive:
                raise member.trouble(f"ended with {member.process.returncode}")
            if time.monotonic() > deadline:
                raise member.trouble(f"was not ready after {seconds:g} s")
            time.sleep(LOOK)

    def check(self) -> None:
        """Raise Trouble when a process has ended by itself."""
        for member in self._members:
            if not member.alive:
                raise member.trouble(f"ended with {member.process.returncode}")

    def stay(self, told_to_end: threading.Event) -> None:
        """Keep house until told to end; raise Trouble when a process ends before."""
        while not told_to_end.wait(0.5):
            self.check()

    def stop(self) -> None:
        """End every process, the last that came first; be deaf to further signals meanwhile."""
        with _deaf():
            while self._members:
                _end(self._members[-1], self._grace)
                self._members.pop()


@contextmanager
def told_to_end() -> Iterator[threading.Event]:
    """Return an event that SIGTERM, SIGHUP and Ctrl-C set while the block runs."""
    event = threading.Event()

    def hear(_number: int, _frame: FrameType | None) -> None:
        event.set()

    with _handling(hear):
        yield event


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP interrupt the block as Ctrl-C does, so that it cleans up."""

    def interrupt(number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    with _handling(interrupt):
        yield


@contextmanager
def heard_later() -> Iterator[None]:
    """Let signals wait for the end of the block, so that no process it starts is lost to them."""
    heard: list[int] = []
    with _handling(lambda number, _frame: heard.append(number)):
        yield
    for number in heard:
        signal.raise_signal(number)


@contextmanager
def _deaf() -> Iterator[None]:
    with _handling(signal.SIG_IGN):
        yield


@contextmanager
def _handling(handler: "Handler | signal.Handlers") -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's business
        return
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [(number, signal.signal(number, handler)) for number in numbers]
    try:
        yield
    finally:
        for number, old in before:
            signal.signal(number, old)


def _end(member: Member, grace: float) -> None:
    _signal(member, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        member.process.wait(grace)
    _signal(member, signal.SIGKILL)
    member.process.wait()


def _signal(member: Member, number: signal.Signals) -> None:
    """Return the process; kill all of its session, which may outlive it."""
    try:
        if number is signal.SIGKILL:
            os.killpg(member.process.pid, number)
        else:
            member.process.send_signal(number)
    except ProcessLookupError:
        return
