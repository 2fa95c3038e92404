"""Processes end in order on SIGTERM."""

from tests.stack import TIMEOUT, StackHarness
from workers.local_stack.supervisor import ManagedProcess


def stop_requested(*members: ManagedProcess) -> None:
    for member in members:
        member.process.terminate()
    for member in members:
        assert member.process.wait(timeout=TIMEOUT) == 0, member.output()


def test_processes_log_out_of_xenserver_when_they_end(
    isolated_stack: StackHarness, name: str
) -> None:
    """No session is left that only its age would end."""
    before = isolated_stack.xenserver.control("stats")["sessions"]
    worker, poller = isolated_stack.services.worker(), isolated_stack.services.poller()
    isolated_stack.do("xenserver.vm.clone", vm="deb12", name=name)

    stop_requested(worker, poller)

    after = isolated_stack.xenserver.control("stats")["sessions"]
    assert after["logins"] == before["logins"] + 2
    assert after["open"] == before["open"]


def test_what_a_worker_has_in_hand_is_finished_or_left_to_others(
    isolated_stack: StackHarness, name: str
) -> None:
    """A worker ends under load; another one continues, and nothing is done twice."""
    stack = isolated_stack
    first = stack.services.worker(name="first")
    stack.services.poller()
    with stack.xenserver.held():
        results = [
            stack.send("xenserver.vm.clone", vm="deb12", name=f"{name}-{n}") for n in range(30)
        ]
        stack.until_parked(10)
        stop_requested(first)
    stack.services.worker(name="second")

    assert len({result.get(timeout=TIMEOUT)["uuid"] for result in results}) == 30
    assert stack.xenserver.effects("VM.clone") == 30


def test_processes_end_on_sigterm_though_redis_is_away(
    isolated_stack: StackHarness, name: str
) -> None:
    """Nothing of theirs waits for it to come back."""
    stack = isolated_stack
    worker, poller = stack.services.worker(), stack.services.poller()
    stack.do("flow.create_vm_from_configured_template", template="deb12", name=name)
    (valkey,) = [member for member in stack.processes if member.name == "valkey"]
    stack.kill(valkey)

    stop_requested(worker, poller)
