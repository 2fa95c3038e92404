"""A supervisor starts processes, waits for them, and leaves none behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from workers.local_stack import supervisor
from workers.local_stack.supervisor import ManagedProcess, StackError, Supervisor

PYTHON = [sys.executable, "-c"]
SLEEPS = [*PYTHON, "import time; print('ready', flush=True); time.sleep(600)"]
_STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(600)
"""
_PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("child", child.pid, "ready", flush=True)
time.sleep(600)
"""
STUBBORN, PARENT = [*PYTHON, _STUBBORN], [*PYTHON, _PARENT]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Name a folder that is not there yet."""
    return tmp_path / "supervised"


def _started(supervised: Supervisor, command: list[str]) -> ManagedProcess:
    managed = supervised.start("one", command)
    supervised.wait(managed, lambda: "ready" in managed.output())
    return managed


def _runs(process: int) -> bool:
    """Whether a process runs; one that ended and waits for its parent does not."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")
    return not state.exists() or state.read_text(encoding="utf-8").split(") ")[1][0] != "Z"


def test_what_an_earlier_process_said_is_not_heard_again(folder: Path) -> None:
    """Both write into the same log; only the part of the later one counts."""
    with Supervisor(folder) as supervised:
        _started(supervised, SLEEPS)
    with Supervisor(folder) as supervised:
        managed = supervised.start("one", [*PYTHON, "import time; time.sleep(600)"])

        assert managed.output() == ""
        assert "ready" in managed.log.read_text(encoding="utf-8")


def test_a_process_has_a_log_of_its_own(folder: Path) -> None:
    """It has both outputs, and is in the folder of the stack."""
    with Supervisor(folder) as supervised:
        managed = _started(supervised, SLEEPS)

        assert managed.log == folder / "one.log"
        assert managed.output() == "ready\n"


def test_a_process_gets_its_environment(folder: Path) -> None:
    """It has no other variables."""
    command = [*PYTHON, "import os; print(os.environ['ROOM'], 'HOME' in os.environ)"]
    with Supervisor(folder) as supervised:
        managed = supervised.start("one", command, environment={"ROOM": "kitchen"})
        managed.process.wait()

        assert managed.output() == "kitchen False\n"


def test_in_the_end_every_process_has_ended(folder: Path) -> None:
    """SIGTERM gives it time to clean up."""
    with Supervisor(folder) as supervised:
        managed = _started(supervised, SLEEPS)

    assert managed.process.returncode == -signal.SIGTERM


def test_an_error_ends_them_too(folder: Path) -> None:
    """The error may be any."""
    all_managed = []

    def fail() -> None:
        with Supervisor(folder) as supervised:
            all_managed.append(_started(supervised, SLEEPS))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert not all_managed[0].is_running


def test_a_process_that_does_not_listen_is_killed(folder: Path) -> None:
    """SIGKILL follows a grace period."""
    with Supervisor(folder, grace=0.1) as supervised:
        managed = _started(supervised, STUBBORN)

    assert managed.process.returncode == -signal.SIGKILL


def test_what_a_process_started_ends_with_it(folder: Path) -> None:
    """The whole session is killed."""
    with Supervisor(folder) as supervised:
        child = int(_started(supervised, PARENT).output().split()[1])

    deadline = time.monotonic() + 10
    while _runs(child) and time.monotonic() < deadline:
        os.sched_yield()  # it was killed, and is about to be gone
    assert not _runs(child)


def test_a_process_that_ends_before_it_is_ready_is_named(folder: Path) -> None:
    """The error has its exit code and the end of its log."""
    with Supervisor(folder) as supervised:
        managed = supervised.start("one", [*PYTHON, "import sys; sys.exit('no bread')"])

        with pytest.raises(StackError, match=r"one ended with 1(.|\n)*no bread"):
            supervised.wait(managed, lambda: False)


def test_a_process_that_is_never_ready_is_named(folder: Path) -> None:
    """The error has the time that it was given."""
    with Supervisor(folder) as supervised:
        managed = supervised.start("one", SLEEPS)

        with pytest.raises(StackError, match=r"one was not ready after 0\.1 s"):
            supervised.wait(managed, lambda: False, seconds=0.1)


def test_a_process_that_ends_by_itself_is_noticed(folder: Path) -> None:
    """The supervisor raises an error."""
    with Supervisor(folder) as supervised:
        managed = supervised.start("one", [*PYTHON, "print('farewell')"])
        managed.process.wait()

        with pytest.raises(StackError, match="one ended with 0"):
            supervised.run_until(threading.Event())


def test_a_stop_that_is_requested_ends_the_supervision(folder: Path) -> None:
    """SIGTERM, SIGHUP and Ctrl-C set the event; old handlers are restored."""
    before = signal.getsignal(signal.SIGTERM)

    with Supervisor(folder) as supervised, supervisor.stop_requested() as reply:
        _started(supervised, SLEEPS)
        signal.raise_signal(signal.SIGTERM)
        supervised.run_until(reply)

    assert signal.getsignal(signal.SIGTERM) is before


def test_a_signal_interrupts_as_ctrl_c_does() -> None:
    with pytest.raises(KeyboardInterrupt, match="SIGTERM"), supervisor.interrupted_by_signals():
        signal.raise_signal(signal.SIGTERM)


def test_a_process_that_somebody_else_started_is_taken_in(folder: Path) -> None:
    """It is stopped with the others."""
    with Supervisor(folder) as supervised:
        process = subprocess.Popen(SLEEPS, stdout=subprocess.DEVNULL, start_new_session=True)
        managed = supervised.adopt("guest", process, folder / "guest.log")

        assert supervised.processes == (managed,)
        assert managed.output() == ""

    assert not managed.is_running


def _interrupted_while_it_starts(done: list[str]) -> None:
    with supervisor.signals_deferred():
        signal.raise_signal(signal.SIGINT)
        done.append("taken in")


def test_a_signal_waits_until_a_process_is_taken_in() -> None:
    """Otherwise a signal between start and entry would leave the process behind."""
    done: list[str] = []

    with pytest.raises(KeyboardInterrupt):
        _interrupted_while_it_starts(done)

    assert done == ["taken in"]


def test_a_process_that_ends_is_started_again(folder: Path) -> None:
    stop, reply = threading.Event(), []
    command = [*PYTHON, "import os, sys; print(os.environ['A']); sys.exit(70)"]

    def on_restart(line: str) -> None:
        reply.append(line)
        if len(reply) == 3:
            stop.set()

    with Supervisor(folder, shortest_run=0.0) as supervised:
        supervised.start("one", command, environment={"A": "again"})
        supervised.run_until(stop, on_restart=on_restart)
        [last] = supervised.processes
        last.process.wait()

    assert reply[0].startswith("one ended with 70 and is started again")
    assert (folder / "one.log").read_text(encoding="utf-8") == "again\n" * 4


def test_a_process_that_ends_as_it_begins_is_not_started_again(folder: Path) -> None:
    """A wrong setting would not become right by it."""
    with Supervisor(folder) as supervised:
        supervised.start("one", [*PYTHON, "import sys; sys.exit(2)"])

        with pytest.raises(StackError, match="one ended with 2"):
            supervised.run_until(threading.Event())


def test_a_process_that_is_not_essential_stops_no_other(folder: Path) -> None:
    """It is reported, once, and not started again."""
    stop, reports = threading.Event(), list[str]()

    def report(text: str) -> None:
        reports.append(text)
        stop.set()

    with Supervisor(folder) as supervised:
        supervised.start("other", SLEEPS)
        ends = supervised.start("extra", [*PYTHON, ""], essential=False)
        ends.process.wait()
        supervised.run_until(stop, on_restart=report)

        assert [one.name for one in supervised.processes] == ["other"]
        supervised.check()
    assert reports == [f"extra ended with 0 at once and is not started again; its log: {ends.log}"]


def test_a_process_that_is_not_essential_and_never_ready_is_let_go(folder: Path) -> None:
    """Who waits for it hears of it; the others are still looked after."""
    with Supervisor(folder) as supervised:
        ends = supervised.start("extra", [*PYTHON, "raise SystemExit('no port')"], essential=False)

        with pytest.raises(StackError, match="no port"):
            supervised.wait(ends, lambda: False)

        assert supervised.processes == ()
