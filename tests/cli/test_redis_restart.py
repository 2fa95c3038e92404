"""A command that waits while Redis restarts waits on."""

import re
import subprocess
import sys

import pytest

from tests.stack import TIMEOUT, StackHarness

XENFLOW = (sys.executable, "-m", "cli")


def restart_redis(stack: StackHarness) -> None:
    """Stop the server in order, and start it again with its data, port and password."""
    [valkey] = [process for process in stack.processes if process.name == "valkey"]
    valkey.process.terminate()
    valkey.process.wait()
    stack.services.valkey()


@pytest.mark.slow
def test_a_command_waits_on_while_redis_restarts(isolated_stack: StackHarness, name: str) -> None:
    """It says so, names the run, and prints the answer in the end."""
    isolated_stack.services.worker()
    isolated_stack.services.poller()
    words = [*XENFLOW, "vm", "copy", "deb12", "--name", name]

    with isolated_stack.xenserver.held():
        waiting = subprocess.Popen(
            words,
            env=isolated_stack.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        isolated_stack.until_parked(1)
        restart_redis(isolated_stack)
    out, err = waiting.communicate(timeout=TIMEOUT)

    assert waiting.returncode == 0, err
    assert f"name_label  {name}" in out
    [run] = re.findall(r"Redis is away .*; run ([0-9a-f-]{36}) is waited for", err)
    assert f"Redis is back; run {run} is still waited for" in err
    assert len(isolated_stack.xenserver.named("VM", name)) == 1
