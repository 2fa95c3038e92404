"""A command that waits while Redis restarts waits on."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack import TIMEOUT, StackHarness

XENFLOW = (sys.executable, "-m", "cli")


@pytest.mark.slow
def test_a_command_waits_on_while_redis_is_away(
    isolated_stack: StackHarness, name: str, tmp_path: Path
) -> None:
    """It says so, names the run, and prints the answer in the end."""
    stack, noted = isolated_stack, tmp_path / "noted"
    stack.services.worker()
    stack.services.poller()
    words = [*XENFLOW, "vm", "copy", "deb12", "--name", name]

    with stack.xenserver.held(), noted.open("w") as err:
        waiting = subprocess.Popen(
            words, env=stack.environment, stdout=subprocess.PIPE, stderr=err, text=True
        )
        stack.until_parked(1)
        [valkey] = [process for process in stack.processes if process.name == "valkey"]
        valkey.process.terminate()
        valkey.process.wait()
        stack.until(lambda: "is waited for" in noted.read_text(), "noticed")
        stack.services.valkey()
    out, _ = waiting.communicate(timeout=TIMEOUT)

    text = " ".join(noted.read_text().split())
    assert waiting.returncode == 0, text
    assert f"name_label {name}" in " ".join(out.split())
    [run] = re.findall(r"Redis is away .*; run ([0-9a-f-]{36}) is waited for", text)
    assert f"Redis is back; run {run} is still waited for" in text
    assert len(stack.xenserver.named("VM", name)) == 1
