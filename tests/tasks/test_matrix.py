"""The matrix says what a second message does; here each one is sent twice."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from cli.generators.pages import repeats
from tasks.engine.declaration import catalogue
from tasks.engine.declaration.operation import Operation
from tests.cli import schemas
from tests.end_to_end.flow_cases import FLOWS, FlowCase
from tests.stack import StackHarness
from tests.tasks.fixtures import ISO, Maker
from tests.tasks.harness import Harness
from tests.tasks.table import TABLE, Case
from xenserver import errors

CLASSES = ("VM", "VDI", "VBD", "VIF", "network")


def _second(send: Callable[[], dict[str, Any]], call: Callable[..., Any], do: Any) -> str:
    """Send a message a second time; return in the words of the matrix what it did."""
    before, effects = _inventory(call), len(_effects(do))
    try:
        send()
    except errors.XenflowError as error:
        return repeats.refused(error.code)
    if _inventory(call) != before:
        return repeats.ANOTHER
    return repeats.AGAIN if len(_effects(do)) > effects else repeats.SAME


def _inventory(call: Callable[..., Any]) -> dict[str, int]:
    return {cls: len(call(f"{cls}.get_all")) for cls in CLASSES}


def _effects(do: Any) -> list[str]:
    """Return what XenServer has worked on; settings that are set again change nothing."""
    methods = [effect["method"] for effect in do("journal")["effects"]]
    settings = ("task.", "session.", "VM.set_", "VM.add_", "VM.remove_", "VDI.add_", "VDI.remove_")
    return [method for method in methods if not method.startswith(settings)]


def test_every_operation_is_in_the_matrix() -> None:
    unknown = [o.name for o in schemas.operations() if repeats.of(o).alone == repeats.UNKNOWN]

    assert unknown == []


def test_ensure_is_explained_where_it_is_a_field() -> None:
    for operation in schemas.operations():
        assert bool(repeats.of(operation).ensured) is ("ensure" in operation.model.model_fields)


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_an_operation_that_is_sent_again_does_what_the_matrix_says(
    harness: Harness, maker: Maker, case: Case
) -> None:
    fields = case.ready(maker)
    reply = repeats.of(case.operation)
    harness.do(case.operation, **fields)

    if reply.ensured:
        answer = harness.do(case.operation, **fields, ensure=True)
        assert answer.get("was_there") or answer["return_result"] == reply.ensured
    did = _second(lambda: harness.do(case.operation, **fields), harness.see, harness.pool.do)

    assert did in reply.alone


def _operation(name: str) -> Operation:
    found = catalogue.find(name)
    assert found
    return found


@pytest.mark.parametrize("case", FLOWS, ids=lambda case: case.name)
def test_a_flow_that_is_sent_again_does_what_the_matrix_says(
    stack: StackHarness, case: FlowCase
) -> None:
    maker = Maker(stack.xenserver, stack.xenserver.control)
    fields = case.ready(maker)
    reply = repeats.of(_operation(case.name))
    stack.do(case.name, **fields)

    if reply.ensured:
        before = _inventory(stack.xenserver)
        stack.do(case.name, **fields, ensure=True)
        assert _inventory(stack.xenserver) == before
    did = _second(
        lambda: dict(stack.do(case.name, **fields)), stack.xenserver, stack.xenserver.control
    )

    assert did in reply.alone


def test_an_existing_disk_is_set_up_once(stack: StackHarness) -> None:
    maker = Maker(stack.xenserver, stack.xenserver.control)
    fields = {"vm": maker.vm(), "existing_disk_name": ISO, "type": "CD"}
    stack.do("flow.setup_disk_or_cd", **fields)

    did = _second(
        lambda: dict(stack.do("flow.setup_disk_or_cd", **fields)),
        stack.xenserver,
        stack.xenserver.control,
    )

    assert did == repeats.SAME


def test_under_the_same_id_there_is_one_effect(stack: StackHarness) -> None:
    maker = Maker(stack.xenserver, stack.xenserver.control)
    fields, run = {"vm": maker.vm(), "name": f"once-{uuid.uuid4().hex}"}, str(uuid.uuid4())

    first = stack.send("xenserver.vm.clone", task_id=run, **fields).get(timeout=60)
    second = stack.send("xenserver.vm.clone", task_id=run, **fields).get(timeout=60)

    assert first == second
    assert len(stack.xenserver.named("VM", fields["name"])) == 1
