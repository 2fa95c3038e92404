"""A destruction that ends early, whichever way, says what is gone and left, and can be finished."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.canvases.interference import at_work, cancel, endless, refused
from tests.canvases.test_destroying_vms import FLOW
from tests.stack import TIMEOUT, StackHarness
from tests.tasks.fixtures import Maker, fresh
from xenserver import errors

if TYPE_CHECKING:
    from celery.result import AsyncResult

FIELDS: dict[str, Any] = {"delete_disks": True, "shutdown": "force"}


@contextmanager
def held_up(stack: StackHarness, verb: str, vm: str) -> Iterator["AsyncResult[object]"]:
    """Send the flow; while the block runs, XenServer is at work on a verb of it."""
    with endless(stack.xenserver, verb):
        sent = stack.send(FLOW, vm=vm, **FIELDS)
        stack.until(lambda: at_work(stack.xenserver, verb), f"{verb} at work")
        yield sent


def by_cancel(stack: StackHarness, verb: str, vm: str) -> "AsyncResult[object]":
    """Cancel the flow while XenServer is at work on a verb."""
    with held_up(stack, verb, vm) as sent:
        cancel(stack, sent)
        with pytest.raises(errors.Cancelled):
            sent.get(timeout=TIMEOUT)
    return sent


def by_revocation(stack: StackHarness, verb: str, vm: str) -> "AsyncResult[object]":
    """Have Celery revoke it."""
    with held_up(stack, verb, vm) as sent:
        sent.revoke()
        stack.until(lambda: str(sent.state) == "REVOKED", "revoked")
    return sent


def by_deadline(stack: StackHarness, verb: str, vm: str) -> "AsyncResult[object]":
    """Let the time of the flow be over while XenServer is at work on a verb."""
    with endless(stack.xenserver, verb):
        sent = stack.send(FLOW, vm=vm, timeout=1, **FIELDS)
        with pytest.raises(errors.TimedOut):
            sent.get(timeout=TIMEOUT)
    return sent


def by_refusal(stack: StackHarness, verb: str, vm: str) -> "AsyncResult[object]":
    """Have XenServer refuse a verb once."""
    with refused(stack.xenserver, verb):
        sent = stack.send(FLOW, vm=vm, **FIELDS)
        with pytest.raises(errors.Unknown):
            sent.get(timeout=TIMEOUT)
    return sent


def uuids(stack: StackHarness, vm: str, maker: Maker) -> list[str]:
    """Give a VM a second disk and a snapshot; return the UUIDs of all that is to go."""
    stack.xenserver("VM.snapshot", maker.ref("VM", vm), fresh())
    maker.drive(vm)
    [taken] = stack.xenserver("VM.get_snapshots", maker.ref("VM", vm))
    drives = [
        drive
        for machine in (maker.ref("VM", vm), taken)
        for drive in stack.xenserver("VM.get_VBDs", machine)
    ]
    disks = {stack.xenserver("VBD.get_VDI", drive) for drive in drives}
    return [vm, maker.uuid("VM", taken), *(maker.uuid("VDI", disk) for disk in disks)]


def remaining(stack: StackHarness, to_go: list[str]) -> set[str]:
    """Return which of the VMs and disks that are to go are still in the pool."""
    there = stack.xenserver.inventory()
    return {*to_go} & (there["VM"] | there["VDI"])


def assert_it_tells(stack: StackHarness, sent: "AsyncResult[object]", to_go: list[str]) -> set[str]:
    """Compare what a failure says with what there is in the pool; return what is left."""
    left = remaining(stack, to_go)
    failure = stack.until(lambda: stack.record(sent.id).failure, "a failure")
    assert left <= {one["uuid"] for one in failure.left}
    assert set(to_go) - left <= {one["uuid"] for one in failure.gone}
    assert left.isdisjoint(one["uuid"] for one in failure.gone)
    gone, _, rest = failure.message.partition("; left: ")
    if left == set(to_go):
        assert failure.message.endswith("; nothing is gone")
        return left
    assert all(uuid in rest for uuid in left)
    assert all(uuid in gone for uuid in set(to_go) - left)
    return left


@pytest.mark.parametrize("verb", ["VM.destroy", "VDI.destroy"])
@pytest.mark.parametrize("end", [by_cancel, by_revocation, by_deadline, by_refusal])
def test_a_destruction_that_ends_early_lists_what_is_gone_and_left(
    stack: StackHarness,
    maker: Maker,
    end: Callable[[StackHarness, str, str], "AsyncResult[object]"],
    verb: str,
) -> None:
    """The error and the record list it; the same message finishes it."""
    vm = maker.running()
    to_go = uuids(stack, vm, maker)

    sent = end(stack, verb, vm)

    left = assert_it_tells(stack, sent, to_go)
    assert left, stack.record(sent.id).failure
    stack.do(FLOW, vm=vm, **FIELDS)
    assert not remaining(stack, to_go)


def test_a_destruction_that_ended_early_is_finished_under_its_id(
    stack: StackHarness, maker: Maker
) -> None:
    """It may begin anew: what is left of it is what it is to destroy."""
    vm = maker.running()
    to_go = uuids(stack, vm, maker)
    sent = by_refusal(stack, "VDI.destroy", vm)
    assert_it_tells(stack, sent, to_go)
    stack.until(lambda: stack.record(sent.id).published, "its end is stored")
    sent.forget()

    again = stack.send(FLOW, task_id=sent.id, vm=vm, repeat_failed=True, **FIELDS)

    assert again.get(timeout=TIMEOUT)["return_result"].startswith("VM ")
    assert not remaining(stack, to_go)


def test_a_destruction_whose_worker_died_lists_what_is_gone_and_left(
    isolated_stack: StackHarness,
) -> None:
    """It is cancelled while nobody works on it; the next worker says how far it came."""
    stack = isolated_stack
    maker = Maker(stack.xenserver, stack.xenserver.control)
    vm = maker.running()
    to_go = uuids(stack, vm, maker)
    dying = stack.services.worker(name="dying")
    stack.services.poller()

    with held_up(stack, "VDI.destroy", vm) as sent:
        stack.kill(dying)
        cancel(stack, sent)
        stack.services.worker(name="next")
        with pytest.raises(errors.Cancelled):
            sent.get(timeout=TIMEOUT)

    assert assert_it_tells(stack, sent, to_go)
