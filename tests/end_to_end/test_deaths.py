"""Processes are killed while they execute: each message still has one answer and one effect."""

import pytest

from tests.stack import TIMEOUT, StackHarness

CREATE = "flow.create_vm_from_configured_template"


def all_named(stack: StackHarness, prefix: str) -> list[str]:
    return sorted(
        record["name_label"]
        for record in stack.xenserver.records("VM").values()
        if record["name_label"].startswith(prefix)
    )


def working_names(stack: StackHarness) -> list[str]:
    return all_named(stack, "xenflow:")


@pytest.mark.slow
def test_all_workers_die_with_fifty_two_leg_operations_parked(
    isolated_stack: StackHarness, name: str
) -> None:
    """The XenServer tasks end meanwhile; a new worker gives every answer, and repeats nothing."""
    stack = isolated_stack
    workers = [stack.services.worker(name=f"w{n}") for n in range(2)]
    stack.services.poller()
    with stack.xenserver.held():
        results = [
            stack.send("xenserver.vm.install", template="blank", name=f"{name}-{n}")
            for n in range(50)
        ]
        stack.until_parked(50)
        stack.kill(*workers)
    stack.services.worker(name="heir")

    answers = [result.get(timeout=TIMEOUT) for result in results]

    assert len({answer["uuid"] for answer in answers}) == 50
    assert all_named(stack, name) == sorted(f"{name}-{n}" for n in range(50))
    assert working_names(stack) == []
    assert stack.xenserver.effects("VM.clone") == 50
    assert stack.xenserver.effects("VM.provision") == 50


@pytest.mark.slow
def test_all_workers_die_between_two_legs(isolated_stack: StackHarness, name: str) -> None:
    stack = isolated_stack
    workers = [stack.services.worker(name=f"w{n}") for n in range(2)]
    stack.services.poller()
    with stack.xenserver.held():
        results = [
            stack.send("xenserver.vm.install", template="blank", name=f"{name}-{n}")
            for n in range(50)
        ]
        stack.until_parked(50)
    stack.until(lambda: stack.xenserver.effects("VM.provision") >= 5, "some second legs done")
    stack.kill(*workers)
    stack.services.worker(name="heir")

    assert len({result.get(timeout=TIMEOUT)["uuid"] for result in results}) == 50
    assert stack.xenserver.effects("VM.clone") == 50
    assert stack.xenserver.effects("VM.provision") == 50
    assert working_names(stack) == []


@pytest.mark.slow
def test_the_poller_dies_while_it_holds_the_lease(isolated_stack: StackHarness, name: str) -> None:
    """Another one takes over when the lease has lapsed."""
    stack = isolated_stack
    stack.services.worker()
    poller = stack.services.poller(name="first")
    with stack.xenserver.held():
        results = [
            stack.send("xenserver.vm.clone", vm="deb12", name=f"{name}-{n}") for n in range(20)
        ]
        stack.until_parked(20)
        stack.until(
            lambda: stack.runtime.journal.redis.exists("xenflow:lease:default"), "the lease"
        )
        stack.kill(poller)
    stack.services.poller(name="second")

    assert len({result.get(timeout=TIMEOUT)["uuid"] for result in results}) == 20
    assert all_named(stack, name) == sorted(f"{name}-{n}" for n in range(20))
    assert stack.xenserver.effects("VM.clone") == 20


@pytest.mark.slow
def test_workers_die_with_flows_under_way(isolated_stack: StackHarness, name: str) -> None:
    """Every flow ends once, with one VM each."""
    stack = isolated_stack
    workers = [stack.services.worker(name=f"w{n}") for n in range(2)]
    stack.services.poller()
    results = [stack.send(CREATE, template="deb12", name=f"{name}-{n}") for n in range(20)]
    stack.until(lambda: stack.xenserver.effects("VM.clone") >= 10, "half of the clones")
    stack.kill(*workers)
    stack.services.worker(name="heir")

    answers = [result.get(timeout=TIMEOUT) for result in results]

    assert len({answer["uuid"] for answer in answers}) == 20
    assert {answer["power_state"] for answer in answers} == {"Running"}
    assert all_named(stack, name) == sorted(f"{name}-{n}" for n in range(20))
    assert stack.xenserver.effects("VM.start") == 20


def test_the_toolstack_restarts_with_operations_parked(
    isolated_stack: StackHarness, name: str
) -> None:
    """Every XenServer task is gone, with or without effect: each operation finds out and ends."""
    stack = isolated_stack
    stack.services.worker()
    stack.services.poller()
    with stack.xenserver.held():
        results = [
            stack.send("xenserver.vm.clone", vm="deb12", name=f"{name}-{n}") for n in range(5)
        ]
        stack.until_parked(5)
        stack.xenserver.control("restart_toolstack", finish=True)
    stack.xenserver.log_in()  # sessions are gone with the toolstack

    assert len({result.get(timeout=TIMEOUT)["uuid"] for result in results}) == 5
    assert all_named(stack, name) == sorted(f"{name}-{n}" for n in range(5))
    assert working_names(stack) == []
