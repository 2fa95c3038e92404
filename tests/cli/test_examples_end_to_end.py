"""Examples do what they say: each is run as a command, as a program, and as a message by hand."""

import json
import shlex
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from cli import catalogue_build, examples
from tasks.engine.declaration.operation import Operation
from tests.cli.conftest import Run
from tests.end_to_end import messages
from tests.stack import TIMEOUT, StackHarness
from tests.tasks.fixtures import Maker, fresh
from tests.tasks.table import BETWEEN_POOLS, CASES

Fields = dict[str, Any]

READY: dict[str, Callable[[Maker], Fields]] = {
    "flow.assign_vms_to_network": lambda maker: {"vms": [maker.vm(), maker.vm()]},
    "flow.check_for_task_success": lambda maker: {"task": maker.short_job()},
    "flow.clone_vms": lambda maker: {"vm": maker.vm(), "name": fresh()},
    "flow.create_vm_from_configured_template": lambda _: {"name": fresh()},
    "flow.create_vm_from_unconfigured_template": lambda _: {"template": "blank", "name": fresh()},
    "flow.destroy_vm_and_disks": lambda maker: {"vm": maker.vm()},
    "flow.find_list_of_vms": lambda _: {},
    "flow.setup_disk_or_cd": lambda maker: {"vm": maker.vm(), "new_disk_name": fresh()},
    "flow.setup_network_devices": lambda maker: {"vm": maker.vm()},
    "flow.start_vms": lambda maker: {"vms": [maker.vm(), maker.vm()]},
    "xenserver.task.take_back": lambda maker: _job(maker),  # noqa: PLW0108 - it is defined below
    "xenserver.vbd.create": lambda maker: {"vm": maker.vm()},
    "xenserver.vbd.destroy": lambda maker: {"vbd": maker.drive(maker.vm())},
    "xenserver.vbd.plug_if_running": lambda maker: {"vbd": maker.drive(maker.vm())},
    "xenserver.vdi.destroy_or_report": lambda maker: {"vdi": maker.disk()},
    "xenserver.vdi.undo_move": lambda maker: {"vdi": maker.unfinished_move()},
    "xenserver.vif.destroy": lambda maker: {"vif": maker.interface(maker.vm())},
    "xenserver.vif.plug_if_running": lambda maker: {"vif": maker.interface(maker.vm())},
    "xenserver.vm.assign_each_to_network": lambda maker: {"vms": [maker.vm(), maker.vm()]},
    "xenserver.vm.check_creation": lambda _: {},
    "xenserver.vm.check_devices": lambda maker: {"parts": [_part(maker)]},
    "xenserver.vm.check_drive": lambda maker: {"vm": maker.vm()},
    "xenserver.vm.choose_disks": lambda maker: {"vm": maker.vm()},
    "xenserver.vm.configure": lambda maker: {"vm": maker.vm()},
    "xenserver.vm.destroy_snapshot_or_report": lambda maker: {"snapshot": maker.snapshot()},
    "xenserver.vm.destroy_with_disks": lambda maker: {"vm": maker.vm()},
    "xenserver.vm.free_devices": lambda maker: {"vm": maker.vm()},
    "xenserver.vm.mark_leftovers": lambda maker: {"vm": maker.vm(), "disks": [maker.disk()]},
    "xenserver.vm.power_off": lambda maker: {"vm": maker.running()},
    "xenserver.vm.report_destruction": lambda _: {"parts": [_gone()]},
    "xenserver.vm.start_each": lambda maker: {"vms": [maker.vm(), maker.vm()]},
    "xenserver.vm.resolve": lambda maker: {"vms": [maker.vm()]},
}
"""What an example works on, beside what it names, where the table of operations does not tell."""


def _job(maker: Maker) -> Fields:
    """Return a task of XenServer that makes nothing, by its reference."""
    return {"task": maker.ref("task", maker.short_job()), "method": "VM.start"}


def _gone() -> Fields:
    return {"kind": "disk", "uuid": str(uuid.uuid4())}


def _part(maker: Maker) -> Fields:
    vm = maker.vm()
    return {"uuid": maker.interface(vm), "vm": vm}


OPERATIONS = [one for one in catalogue_build.operations() if one.name not in BETWEEN_POOLS]


@pytest.fixture(params=OPERATIONS, ids=lambda operation: operation.name)
def operation(request: pytest.FixtureRequest) -> Operation:
    """Each operation and flow."""
    found: Operation = request.param
    return found


@pytest.fixture
def example(stack: StackHarness, operation: Operation) -> Callable[[], Fields]:
    """Return a way to have its example, with objects that are there and that nobody else uses."""
    maker = Maker(stack.xenserver, stack.xenserver.control)
    ready = READY.get(operation.name) or CASES[operation.name].ready

    def make() -> Fields:
        reply, there = examples.message_of(operation), {**ready(maker), "target": "default"}
        return {key: there.get(key, value) for key, value in reply.items()}

    return make


def test_it_is_run_in_a_shell(
    run: Run, stack: StackHarness, operation: Operation, example: Callable[[], Fields]
) -> None:
    """The line is run as it is printed; `--yes` answers the question of what destroys."""
    line = examples.shell(operation, example())

    reply = run(*shlex.split(line)[1:], "--yes", **stack.services.environment)

    assert reply.code == 0, f"{line}\n{reply.err}"


def test_it_is_run_as_a_program(
    stack: StackHarness, operation: Operation, example: Callable[[], Fields]
) -> None:
    """Only the address of Redis is filled in."""
    program = examples.python(operation, example())
    there: Fields = {}

    try:
        exec(program.replace("redis://...", stack.services.settings.redis_url), there)  # noqa: S102 - it is what is tested
    finally:
        there["app"].close()
        stack.app.set_current()

    assert there["answer"]["return_result"]


def test_it_is_run_as_a_message_by_hand(
    stack: StackHarness, operation: Operation, example: Callable[[], Fields]
) -> None:
    """Headers and body are those of the example, the id is another."""
    reply, own = json.loads(examples.wire(operation, example())), str(uuid.uuid4())
    headers = {**reply["headers"], "id": own}

    message = messages.envelope(headers, reply["body"], queue=reply["queue"])
    stack.runtime.journal.redis.lpush(reply["queue"], message)

    assert stack.app.AsyncResult(own).get(timeout=TIMEOUT)["return_result"]
