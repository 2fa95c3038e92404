"""The simulator as a process of its own."""

import gc
import signal
import subprocess
import sys
import urllib.request
from collections import UserDict
from pathlib import Path
from typing import NoReturn

import pytest

from simulator import main
from simulator.server import Options, serve_in_thread

STARTED = "listening on http://127.0.0.1:"


def _start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "simulator", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_ends_when_asked(tmp_path: Path, end: signal.Signals) -> None:
    """It writes its first line and the ready file; a signal ends it with exit code 0."""
    ready = tmp_path / "ready"
    with _start("--seed", "7", "--ready-file", str(ready)) as process:
        assert process.stdout
        line = process.stdout.readline()
        url = line.removeprefix("listening on ").strip()

        with urllib.request.urlopen(url) as answer:
            assert answer.status == 200
        process.send_signal(end)
        assert process.wait(10) == 0

    assert line.startswith(STARTED)
    assert ready.read_text() == f"{url}\n"


def test_a_port_that_is_taken_is_reported() -> None:
    """Exit code 1; the process that asked goes on as before."""
    with _start() as process:
        assert process.stdout
        port = process.stdout.readline().rsplit(":", 1)[1].strip()

        assert main.main(["--port", port]) == 1
        assert gc.isenabled()
        process.terminate()


class Exiting(UserDict[str, float]):
    """Durations that end who reads them."""

    def keys(self) -> NoReturn:
        """Raise what is no ordinary exception."""
        raise SystemExit("no durations")


def test_a_thread_that_cannot_serve_raises_why_at_once() -> None:
    """Whatever ends the start, no time-out hides it."""
    with (
        pytest.raises(SystemExit, match="no durations"),
        serve_in_thread(Options(durations=Exiting())),
    ):
        pass
