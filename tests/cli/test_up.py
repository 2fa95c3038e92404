"""A whole stack on this machine comes up, works, and leaves nothing behind."""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from workers.local_stack.supervisor import ManagedProcess, Supervisor

XENFLOW = (sys.executable, "-m", "cli")
PROC = Path("/proc")
FIND = ("vm", "find", "--name", "vm", "--is-search-expression", "--fields", "name_label")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Supervisor]:
    """Keep the processes of the test."""
    with Supervisor(tmp_path / "tests") as supervisor:
        yield supervisor


def _processes_in(folder: Path) -> list[str]:
    """Return of all processes that know of a folder, by their arguments or their environment."""
    found = []
    for process in PROC.iterdir() if PROC.is_dir() else []:
        try:
            reply = [(process / name).read_bytes() for name in ("cmdline", "environ")]
        except OSError:
            continue  # no process, or one that has ended
        if process.name != str(os.getpid()) and any(str(folder).encode() in one for one in reply):
            found.append(reply[0].decode().replace("\0", " "))
    return found


def _until(home: Supervisor, member: ManagedProcess, message: str) -> str:
    home.wait(member, lambda: message in member.output(), seconds=90)
    return member.output()


def _exported(message: str) -> dict[str, str]:
    lines = re.findall(r"^export (.+)$", message, re.MULTILINE)
    return dict(shlex.split(line)[0].split("=", 1) for line in lines)


@pytest.mark.slow
def test_the_demo_shows_all_and_leaves_nothing(tmp_path: Path) -> None:
    """It exits with 0; no process and no file is left."""
    folder = tmp_path / "demo"
    words = [*XENFLOW, "demo", "--vms", "5", "--folder", str(folder)]

    shown = subprocess.run(words, capture_output=True, check=False, text=True)

    assert (shown.returncode, shown.stderr) == (0, "")
    for message in (
        "5 of 5 made",
        "✓ xenserver.vm.clone",
        "5 VMs",
        "SUCCESS",
        "Async.VM.clone",
        "sessions",
    ):
        assert message in shown.stdout
    assert "export" not in shown.stdout
    assert shown.stdout.endswith("\neverything is stopped; make demo KEEP=1 keeps it running\n")
    assert not folder.exists()
    assert _processes_in(folder) == []


@pytest.mark.slow
def test_a_demo_that_is_kept_stays_until_ctrl_c(tmp_path: Path, home: Supervisor) -> None:
    """It prints the addresses; then it leaves nothing behind either."""
    folder = tmp_path / "demo"
    words = [*XENFLOW, "demo", "--vms", "1", "--folder", str(folder)]
    member = home.start("demo", words, environment={"KEEP": "1"})

    message = _until(home, member, "Ctrl-C")
    member.process.send_signal(signal.SIGINT)

    assert member.process.wait() == 0
    assert "export XENFLOW_REDIS_URL=redis://" in message
    assert not folder.exists()
    assert _processes_in(folder) == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_interrupted_leaves_nothing(
    number: signal.Signals, tmp_path: Path, home: Supervisor
) -> None:
    """The exit code is 130."""
    folder = tmp_path / "demo"
    member = home.start("demo", [*XENFLOW, "demo", "--folder", str(folder)])

    _until(home, member, "worker ")
    member.process.send_signal(number)

    assert member.process.wait() == 130
    assert not folder.exists()
    assert _processes_in(folder) == []


@pytest.mark.slow
def test_everything_runs_until_sigterm(tmp_path: Path, home: Supervisor) -> None:
    """It prints the lines by which another terminal finds it; SIGTERM ends it with 0."""
    folder = tmp_path / "up here"
    member = home.start("up", [*XENFLOW, "up", "--simulate", "--folder", str(folder)])

    message = _until(home, member, "Ctrl-C")
    found = subprocess.run(
        [*XENFLOW, "host", "find"],
        env={**os.environ, **_exported(message)},
        capture_output=True,
        check=False,
        text=True,
    )
    member.process.terminate()

    assert found.stdout.startswith("3 hosts")
    assert member.process.wait() == 0
    assert "\nstopping ...\n" in member.output()
    assert member.output().endswith("everything has stopped\n")
    assert _processes_in(folder) == []


@pytest.mark.slow
def test_a_second_start_has_the_same_addresses(tmp_path: Path, home: Supervisor) -> None:
    """A shell that sourced the file `env` of the first one reaches the second one and its pool."""
    folder, pool = tmp_path / "up", tmp_path / "lab.toml"
    pool.write_text('[[vms]]\nname = "vm-of-file"\n', encoding="utf-8")
    simulated = ["--simulate", "--control", "--vms", "6", "--pool", str(pool)]
    words = [*XENFLOW, "up", *simulated, "--folder", str(folder)]
    first = home.start("first", words)
    addresses = _until(home, first, "Ctrl-C")
    env = (folder / "env").read_text(encoding="utf-8")
    first.process.terminate()
    assert first.process.wait() == 0

    second = home.start("second", words)
    again = _until(home, second, "Ctrl-C")
    found = subprocess.run(
        ["sh", "-c", f'. {shlex.quote(str(folder / "env"))}; exec "$@"', "sh", *XENFLOW, *FIND],
        capture_output=True,
        check=False,
        text=True,
    )
    second.process.terminate()

    assert again == addresses
    assert _exported(env) == _exported(addresses)
    assert found.stdout.startswith("7 VMs\n")
    assert second.process.wait() == 0


@pytest.mark.slow
def test_a_part_that_dies_ends_the_stack_with_an_error(tmp_path: Path, home: Supervisor) -> None:
    """A stack without its Valkey is of no use; the exit code is 1."""
    folder = tmp_path / "up"
    member = home.start("up", [*XENFLOW, "up", "--folder", str(folder)])

    message = _until(home, member, "Ctrl-C")
    with Redis.from_url(_exported(message)["XENFLOW_REDIS_URL"]) as redis:
        redis.shutdown(nosave=True)

    assert member.process.wait() == 1
    assert "valkey ended with 0" in member.output()
    assert _processes_in(folder) == []
