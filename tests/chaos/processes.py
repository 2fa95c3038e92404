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

LOOK = 0.2  # seconds between two looks at the processes
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
        self._members: dict[str, ManagedProcess] = {}
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
        self._members[name] = self._supervisor.start(name, command, environment=self._environment)

    def alive(self) -> bool:
        """Return whether every process runs."""
        return all(member.is_running for member in self._members.values())

    @contextmanager
    def killed(self, name: str) -> Iterator[None]:
        """End a process as a power cut does."""
        member = self._members[name]
        self._killed.add(member.process.pid)
        _signal(member, signal.SIGKILL)
        yield

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """Stop a process where it is while the block runs."""
        member = self._members[name]
        _signal(member, signal.SIGSTOP)
        try:
            yield
        finally:
            _signal(member, signal.SIGCONT)

    def _supervise(self) -> None:
        while not self._over.wait(LOOK):
            for name, member in list(self._members.items()):
                code = member.process.poll()
                if code is not None:
                    self._note(name, member, code)
                    self._over.wait(RESTART)
                    self.start(name, self._commands[name])

    def _note(self, name: str, member: ManagedProcess, code: int) -> None:
        if member.process.pid not in self._killed:
            self.ended.append(Ended(name, code))


def _signal(member: ManagedProcess, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        if member.process.poll() is None:
            os.killpg(member.process.pid, number)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """End a process that leads a group of its own as a power cut does."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
