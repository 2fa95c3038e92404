"""A small supervisor: processes by name, each with its log, all stopped together.

`xenflow up`, the demo and the tests use it. Every process leads a session of its own, so that
Ctrl-C on the terminal reaches only the supervisor, which stops the others in reverse order:
SIGTERM, and after a grace period SIGKILL for the process and whatever it started.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

GRACE = 10.0  # seconds that a process has to end after SIGTERM
SHORTEST_RUN = 10.0  # seconds; a process that ends sooner would end again if it were restarted
READY = 30.0  # seconds that a process has to become ready
INTERVAL = 0.05  # seconds between two checks of a process

Handler = Callable[[int, FrameType | None], None]

XENFLOW = (sys.executable, "-m", "cli")


class StackError(RuntimeError):
    """A process did not become ready, or ended by itself; the text has the end of its log."""


@dataclass(frozen=True)
class ManagedProcess:
    """A process under supervision."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path
    log_start: int = 0  # where its part of the log begins; what is before is of an earlier one
    command: Sequence[str] = ()  # by which it can be started again
    environment: Mapping[str, str] | None = None
    essential: bool = True  # the others are stopped where it does not run
    started: float = field(default_factory=time.monotonic)

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self.process.poll() is None

    def output(self) -> str:
        """Return its log so far."""
        written = self.log.read_bytes() if self.log.exists() else b""
        return written[self.log_start :].decode(errors="replace")

    def error(self, problem: str) -> StackError:
        """Return an error that shows the end of its log."""
        return StackError(
            f"{self.name} {problem}; its log ({self.log}) ends:\n{self.output()[-1500:]}"
        )


class Supervisor:
    """Start processes, wait for them, and leave none behind."""

    def __init__(
        self, folder: Path, *, grace: float = GRACE, shortest_run: float = SHORTEST_RUN
    ) -> None:
        self.folder = folder
        self._shortest_run = shortest_run
        self._grace = grace
        self._processes: list[ManagedProcess] = []
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        """Return the supervisor."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop every process."""
        self.stop()

    @property
    def processes(self) -> Sequence[ManagedProcess]:
        """All processes, in the order in which they started."""
        return tuple(self._processes)

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        essential: bool = True,
    ) -> ManagedProcess:
        """Start a process, in our environment or a given one; its output goes to `<name>.log`.

        The others run on where one ends that is not essential.
        """
        log = self.folder / f"{name}.log"
        with log.open("ab") as out, signals_deferred():
            start = out.tell()
            process = subprocess.Popen(  # noqa: S603 - the caller names the command
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
            managed = ManagedProcess(
                name, process, log, start, tuple(command), environment, essential
            )
            self._processes.append(managed)
            return managed

    def adopt(self, name: str, process: "subprocess.Popen[bytes]", log: Path) -> ManagedProcess:
        """Supervise a process that somebody else started in a session of its own."""
        managed = ManagedProcess(name, process, log)
        self._processes.append(managed)
        return managed

    def wait(
        self, managed: ManagedProcess, ready: Callable[[], bool], *, seconds: float = READY
    ) -> None:
        """Wait until a process is ready; raise StackError when it ends or takes too long."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not managed.is_running:
                self._let_go(managed)
                raise managed.error(f"ended with {managed.process.returncode}")
            if time.monotonic() > deadline:
                raise managed.error(f"was not ready after {seconds:g} s")
            time.sleep(INTERVAL)

    def check(self) -> None:
        """Raise StackError when a process has ended by itself."""
        for managed in self._processes:
            if not managed.is_running:
                raise managed.error(f"ended with {managed.process.returncode}")

    def run_until(
        self, stop: threading.Event, *, on_restart: Callable[[str], None] = lambda _: None
    ) -> None:
        """Supervise until the event is set; start a process that ends before again, and say so.

        Raise StackError where that would not help: it ended as soon as it began.
        """
        while not stop.wait(0.5):
            for managed in self.processes:
                if not managed.is_running:
                    on_restart(self._restart(managed))

    def _restart(self, managed: ManagedProcess) -> str:
        ended = f"ended with {managed.process.returncode}"
        lived = time.monotonic() - managed.started
        if not managed.command or lived < self._shortest_run:
            if managed.essential:
                raise managed.error(ended)
            self._let_go(managed)
            return (
                f"{managed.name} {ended} at once and is not started again; its log: {managed.log}"
            )
        self._processes.remove(managed)
        self.start(
            managed.name,
            managed.command,
            environment=managed.environment,
            essential=managed.essential,
        )
        return f"{managed.name} {ended} and is started again; its log: {managed.log}"

    def _let_go(self, managed: ManagedProcess) -> None:
        """Look no more after a process that has ended and is not essential."""
        if not managed.essential:
            self._processes.remove(managed)

    def stop(self) -> None:
        """Stop every process, the last one first; ignore further signals meanwhile."""
        with _signals_ignored():
            while self._processes:
                _stop(self._processes[-1], self._grace)
                self._processes.pop()


@contextmanager
def stop_requested(
    on_stop: Callable[[], None] = lambda: None,
) -> Iterator[threading.Event]:
    """Yield an event that SIGTERM, SIGHUP and Ctrl-C set while the block runs.

    `on_stop` is called when the first of them comes.
    """
    event = threading.Event()

    def set_event(_number: int, _frame: FrameType | None) -> None:
        if not event.is_set():
            event.set()
            on_stop()

    with _handling(set_event):
        yield event


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Interrupt the block on SIGTERM and SIGHUP as on Ctrl-C, so that it cleans up."""

    def interrupt(number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    with _handling(interrupt):
        yield


@contextmanager
def signals_deferred() -> Iterator[None]:
    """Handle signals after the block, so that no process that it starts is left behind."""
    received: list[int] = []
    with _handling(lambda number, _frame: received.append(number)):
        yield
    for number in received:
        signal.raise_signal(number)


@contextmanager
def _signals_ignored() -> Iterator[None]:
    with _handling(signal.SIG_IGN):
        yield


@contextmanager
def _handling(handler: "Handler | signal.Handlers") -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread receives signals
        return
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [(number, signal.signal(number, handler)) for number in numbers]
    try:
        yield
    finally:
        for number, old in before:
            signal.signal(number, old)


def _stop(managed: ManagedProcess, grace: float) -> None:
    _signal(managed, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        managed.process.wait(grace)
    _signal(managed, signal.SIGKILL)
    managed.process.wait()


def _signal(managed: ManagedProcess, number: signal.Signals) -> None:
    """Send a signal to the process; SIGKILL goes to its whole session, which may outlive it."""
    try:
        if number is signal.SIGKILL:
            os.killpg(managed.process.pid, number)
        else:
            managed.process.send_signal(number)
    except ProcessLookupError:
        return
