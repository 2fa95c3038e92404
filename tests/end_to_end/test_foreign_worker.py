"""A worker of another service that consumes our queues by mistake: what it drops is said."""

import sys
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Run, run
from tests.stack import StackHarness
from workers.doctor import processes
from workers.doctor.context import Context
from workers.doctor.finding import Severity
from workers.local_stack.supervisor import Supervisor

__all__ = ["run"]  # a fixture

COMMAND = [sys.executable, "-m", "celery", "-A", "tests.end_to_end.foreign", "worker", "-P", "solo"]
OPTIONS = ["-Q", "change,foreign", "-n", "thief@here", "--without-mingle"]


@pytest.fixture
def robbed(
    isolated_stack: StackHarness, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StackHarness]:
    """Start a bare worker on a queue of ours, which answers to the doctor."""
    environment = {**isolated_stack.environment, "FOREIGN_REMOTE_CONTROL": "1"}
    with Supervisor(tmp_path_factory.mktemp("thief")) as supervisor:
        member = supervisor.start("thief", [*COMMAND, *OPTIONS], environment=environment)
        first = isolated_stack.app.send_task("foreign.after", args=[None], queue="foreign")
        supervisor.wait(member, first.ready)
        yield isolated_stack


def test_a_message_that_a_foreign_worker_takes_is_not_lost_in_silence(
    robbed: StackHarness, run: Run, name: str
) -> None:
    """The command says who took it, the doctor which one; the same id works once it is gone."""
    names = ("XENFLOW_REDIS_URL", "XENFLOW_TARGETS")
    environment = {name: robbed.environment[name] for name in names}
    words = ("vm", "start", "--vm", "web02", "--id", name)

    reply = run(*words, **environment)

    assert "XENFLOW_TAKEN_ELSEWHERE" in reply.err
    runtime = robbed.runtime
    found = [
        finding
        for finding in processes.check(Context(runtime.settings, robbed.app, runtime.journal))
        if finding.about == "thief@here"
    ]
    assert [finding.severity for finding in found] == [Severity.BROKEN]
    assert "consumes change" in found[0].text
    robbed.app.control.cancel_consumer("change", destination=["thief@here"], reply=True)
    robbed.services.worker()
    robbed.services.poller()
    assert run(*words, **environment).out.startswith("VM started\n")
