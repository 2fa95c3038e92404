"""A worker that takes nothing although messages wait logs that, ends, and is restarted."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack import TIMEOUT, StackHarness
from workers.local_stack.supervisor import XENFLOW
from workers.watchdog import EXIT_CODE

STOP_TAKING = '''
"""An operation that has its worker take nothing more, as a lost slot does."""

from tasks.engine.declaration.answers import Done
from tasks.engine.declaration.operation import operation
from workers.broker.acknowledgement import QoS
from xenserver.client import Xen


@operation(queue="change", name="xenserver.test.stop_taking")
def stop_taking(xen: Xen) -> Done:
    """Have no slot left."""
    QoS.can_consume = lambda self: False
    return Done(return_result="unresponsive")
'''


def health(stack: StackHarness) -> subprocess.CompletedProcess[str]:
    """Ask as a container's health check does."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("xenflow-alive")), "worker"],
        env=stack.environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


@pytest.fixture
def idle_worker(isolated_stack: StackHarness, tmp_path: Path) -> StackHarness:
    """Run a worker that can be made to take nothing."""
    operations = tmp_path / "operations"
    operations.mkdir()
    (operations / "stop_taking.py").write_text(STOP_TAKING, encoding="utf-8")
    isolated_stack.services.choose(operations_path=str(operations), unresponsive_timeout="4")
    isolated_stack.services.worker()
    return isolated_stack


def test_an_unresponsive_worker_is_unhealthy_and_ends(idle_worker: StackHarness) -> None:
    """It answers pings all the while; its exit code is not 0."""
    [worker] = [one for one in idle_worker.processes if one.name == "worker"]
    assert health(idle_worker).returncode == 0

    idle_worker.do("xenserver.test.stop_taking")
    waiting = idle_worker.send("xenserver.host.find")
    reply = idle_worker.until(lambda: (h := health(idle_worker)).returncode and h, "unhealthy")

    node = f"worker@{socket.gethostname()}"
    assert reply.returncode == 1
    assert len(reply.stderr.splitlines()) == 1
    assert node in reply.stderr
    assert worker.process.wait(timeout=TIMEOUT) == EXIT_CODE
    assert "worker.unresponsive" in worker.output()
    idle_worker.services.worker(name="heir")
    assert waiting.get(timeout=TIMEOUT)["count"] == 3


def test_health_without_redis_names_it_and_the_next_step() -> None:
    """There is no traceback, and the status is 1."""
    environment = {**os.environ, "XENFLOW_REDIS_URL": "redis://127.0.0.1:1/0"}

    ended = subprocess.run(
        [str(Path(sys.executable).with_name("xenflow-alive")), "worker"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )

    assert ended.returncode == 1
    reason, further = ended.stderr.splitlines()
    assert reason.startswith("xenflow-alive: cannot reach Redis at 127.0.0.1:1:")
    assert further.startswith("Next: ")


def test_a_worker_ended_by_a_signal_exits_with_0(isolated_stack: StackHarness) -> None:
    """SIGTERM is not a failure, and what Celery says of it is a record of the log."""
    isolated_stack.services.choose(log_format="json")
    worker = isolated_stack.services.worker()

    worker.process.terminate()

    assert worker.process.wait(timeout=TIMEOUT) == 0
    records = [json.loads(line) for line in worker.output().splitlines()]
    assert any("shutdown" in record["event"] for record in records)


def test_a_worker_that_cannot_begin_says_so(isolated_stack: StackHarness) -> None:
    """Its exit code is not 0, as for any command with a wrong setting."""
    ended = subprocess.run(
        [*XENFLOW, "worker"],
        env={**isolated_stack.environment, "XENFLOW_TARGETS": "/nowhere"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )

    assert ended.returncode == 2
    assert "/nowhere" in ended.stderr
