"""A flow is a task like any other: in chains and chords, with error callbacks, revoked."""

import re
from typing import Any

import pytest
from celery import Signature, chain, chord
from celery.exceptions import ChordError, TaskRevokedError

from tests.canvases.interference import is_parked
from tests.stack import TIMEOUT, StackHarness
from xenserver import errors

MAKE = "flow.create_vm_from_configured_template"
OTHERS = {"queue": "foreign"}


def make(name: str, template: str = "deb12") -> "Signature[Any]":
    """Create a VM from a template, as another service does it: by name, on the queue."""
    fields = {"template": template, "name": name, "start": False}
    return Signature(MAKE, kwargs=fields, options={"queue": "change"})


def after() -> "Signature[Any]":
    """Follow in a chain of another service."""
    return Signature("foreign.after", options=OTHERS)


def count() -> "Signature[Any]":
    """Run as the body of a chord of another service."""
    return Signature("foreign.count", options=OTHERS)


def note(key: str) -> "Signature[Any]":
    """Run as an error callback of another service."""
    return Signature("foreign.note", kwargs={"key": key}, options=OTHERS)


def noted(stack: StackHarness, key: str) -> list[bytes | str]:
    """Return the arguments of the error callback."""
    return list(stack.runtime.journal.redis.lrange(key, 0, -1))


def get(canvas: "Signature[Any]") -> Any:
    """Send a canvas and give its answer."""
    return canvas.apply_async().get(timeout=TIMEOUT)


def test_a_flow_stands_between_other_tasks(neighbour: StackHarness, name: str) -> None:
    """What comes before it is no concern of its; what comes after is given its answer."""
    first = Signature("foreign.after", args=("nothing",), options=OTHERS)

    reply = get(chain(first, make(name), after()))

    [made] = neighbour.xenserver.named("VM", name)
    assert reply["after"]["uuid"] == made["uuid"]


def test_a_flow_is_fed_by_the_step_before(stack: StackHarness, name: str) -> None:
    """By a flow, here: what the first makes, the second destroys."""
    before = stack.xenserver.inventory()
    destroy = Signature(
        "flow.destroy_vm_and_disks", kwargs={"feed": {"vm": "uuid"}, "delete_disks": True}
    )

    reply = get(chain(make(name), destroy))

    assert reply["name_label"] == name
    assert stack.xenserver.inventory() == before


def test_flows_are_the_parts_of_a_chord(neighbour: StackHarness, name: str) -> None:
    """Each is counted once; the chain continues after the body."""
    parts = [make(f"{name}-{n}") for n in range(4)]

    assert get(chain(chord(parts, count()), after())) == {"after": 4}
    assert all(len(neighbour.xenserver.named("VM", f"{name}-{n}")) == 1 for n in range(4))


def test_a_flow_is_the_body_of_a_chord(stack: StackHarness, name: str) -> None:
    """It takes its fields from the list of answers."""
    parts = [make(f"{name}-{n}") for n in range(2)]
    assign = Signature(
        "flow.setup_network_devices", kwargs={"network": "lab", "feed": {"vm": "1.uuid"}}
    )

    reply = get(chord(parts, assign))

    assert reply["vm"] == stack.xenserver.named("VM", f"{name}-1")[0]["uuid"]


def test_a_failing_flow_ends_its_chain_and_calls_back_once(
    neighbour: StackHarness, name: str
) -> None:
    """When the callback is called, nothing is left."""
    before = neighbour.xenserver.inventory()
    key = f"note:{name}"
    failing = make(name, template="web02").on_error(note(key))

    with pytest.raises(errors.Missing):
        get(chain(failing, after()))

    assert len(neighbour.until(lambda: noted(neighbour, key), "the note")) == 1
    assert neighbour.xenserver.inventory() == before


def test_a_failing_flow_ends_its_chord_and_leaves_the_others_be(
    neighbour: StackHarness, name: str
) -> None:
    """Its siblings belong to another service; the error callback of the body is called once."""
    key = f"note:{name}"
    parts = [make(f"{name}-0"), make(f"{name}-1", template="web02"), make(f"{name}-2")]

    with pytest.raises(ChordError, match="template"):
        chord(parts, count().on_error(note(key))).apply_async().get(
            timeout=TIMEOUT, follow_parents=False
        )

    assert len(neighbour.until(lambda: noted(neighbour, key), "the note")) == 1
    vms = neighbour.xenserver
    neighbour.until(lambda: vms.named("VM", f"{name}-2") and vms.named("VM", f"{name}-0"), "both")
    assert vms.named("VM", f"{name}-1") == []


def test_revoking_a_flow_undoes_it(stack: StackHarness, name: str) -> None:
    """A plain Celery revoke, while XenServer works on a step of it."""
    before = stack.xenserver.inventory()

    with stack.xenserver.held():
        result = make(name).apply_async()
        stack.until(lambda: is_parked(stack, result.id), "parked")
        waits = stack.until(lambda: stack.app.AsyncResult(result.id).info, "what it waits for")
        result.revoke()
        stack.until(lambda: stack.record(result.id).cancel, "the cancellation")

    with pytest.raises(TaskRevokedError):
        result.get(timeout=TIMEOUT)
    assert stack.xenserver.inventory() == before
    assert re.fullmatch(r"waits for its steps \(0 of \d ended\)", waits["reason"])


def test_a_flow_sent_three_times_is_done_once(stack: StackHarness, name: str) -> None:
    """The same id is the same flow: one VM, one answer."""
    result = make(name).apply_async()
    for _ in range(2):
        make(name).apply_async(task_id=result.id)

    answer = result.get(timeout=TIMEOUT)

    [made] = stack.xenserver.named("VM", name)
    assert answer["uuid"] == made["uuid"]
    assert stack.do(MAKE, task_id=result.id, **make(name).kwargs) == answer
    assert len(stack.xenserver.named("VM", name)) == 1
