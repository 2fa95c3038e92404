"""The processes of a round under a supervisor: what ends is started again, as in production."""

import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from workers.local_stack.supervisor import ManagedProcess, Supervisor

if TYPE_CHECKING:
    import subprocess

INTERVAL = 0.2  # seconds between two checks of the processes
RESTART = 0.5  # seconds until one that ended is started again


@dataclass(frozen=True)
class Ended:
    """A process that ended by itself, which none of ours should do with exit code 0."""

    name: str
    code: int


class Processes:
    """Start processes by name, start each again that ends, and end all of them at last."""

    def __init__(self, supervisor: Supervisor, environment: Mapping[str, str]) -> None:
        self.ended: list[Ended] = []
        self._supervisor = supervisor
        self._environment = environment
        self._commands: dict[str, Sequence[str]] = {}
        self._managed: dict[str, ManagedProcess] = {}
        self._killed: set[int] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name="supervisor", daemon=True)

    def __enter__(self) -> Self:
        """Begin to supervise."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Start nothing any more; the supervisor ends what runs."""
        self._over.set()
        self._thread.join()

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a process, and again whenever it ends."""
        self._commands[name] = command
        self._managed[name] = self._supervisor.start(name, command, environment=self._environment)

    def alive(self) -> bool:
        """Return whether every process runs."""
        return all(managed.is_running for managed in self._managed.values())

    @contextmanager
    def killed(self, name: str) -> Iterator[None]:
        """End a process as a power cut does."""
        managed = self._managed[name]
        self._killed.add(managed.process.pid)
        _signal(managed, signal.SIGKILL)
        yield

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """Stop a process where it is while the block runs."""
        managed = self._managed[name]
        _signal(managed, signal.SIGSTOP)
        try:
            yield
        finally:
            _signal(managed, signal.SIGCONT)

    def _supervise(self) -> None:
        while not self._over.wait(INTERVAL):
            for name, managed in list(self._managed.items()):
                code = managed.process.poll()
                if code is not None:
                    self._note(name, managed, code)
                    self._over.wait(RESTART)
                    self.start(name, self._commands[name])

    def _note(self, name: str, managed: ManagedProcess, code: int) -> None:
        if managed.process.pid not in self._killed:
            self.ended.append(Ended(name, code))


def _signal(managed: ManagedProcess, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        if managed.process.poll() is None:
            os.killpg(managed.process.pid, number)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """End a process that leads a group of its own as a power cut does."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
