"""A disk that moves while others use it, or as a step of a flow."""

from typing import Any

import pytest

from tasks.engine.execution.execution import Answered, End, Failed, Suspended
from tests.tasks.engine.deliveries import Engine, Worker

LOCAL = "Local storage xs1"
MOVE = "xenserver.vdi.move"


def disk(engine: Engine, name: str) -> str:
    """Make a disk; return its reference."""
    [sr] = engine.see("SR.get_by_name_label", "NFS virtual disk storage")
    flags: dict[str, Any] = {"type": "user", "sharable": False, "read_only": False}
    fields = {"name_label": name, "SR": sr, "virtual_size": 1 << 30, "other_config": {}}
    return str(engine.see("VDI.create", {**fields, **flags}))


def until_ended(
    engine: Engine, worker: Worker, task: str, headers: dict[str, str], **fields: Any
) -> End:
    """Deliver an operation, and the steps that it sends, until it has ended."""
    for _ in range(8):
        end = worker.deliver(task, "op", headers, **fields)
        if not isinstance(end, Suspended):
            return end
        engine.land()
        engine.carry_out(worker)
    pytest.fail("does not end")


@pytest.mark.parametrize(
    ("task", "fields", "count"),
    [
        (MOVE, {"vdi": "kept", "sr": LOCAL}, 0),
        ("xenserver.vdi.clone", {"vdi": "kept", "name": "copied"}, 1),
    ],
)
def test_a_finished_move_is_not_undone_by_its_flow(
    engine: Engine, task: str, fields: dict[str, str], count: int
) -> None:
    """What it made stands in for what is gone; what other operations make, the flow undoes."""
    disk(engine, "kept")
    worker = engine.worker()

    end = until_ended(engine, worker, task, {"xenflow_path": "flow", "root_id": "flow"}, **fields)

    assert isinstance(end, Answered)
    assert len(worker.runtime.journal.made("flow")) == count


def test_a_vm_that_ran_meanwhile_keeps_its_disk(engine: Engine) -> None:
    """The copy lacks what it wrote, and is destroyed."""
    [vm] = engine.see("VM.get_by_name_label", "web02")
    [drive] = engine.see("VM.get_VBDs", vm)
    before = engine.see("VBD.get_record", drive)
    name = str(engine.see("VDI.get_name_label", before["VDI"]))
    worker = engine.worker()
    for _ in ("VDI.create", "VDI.copy"):
        worker.deliver(MOVE, "op", vdi=name, sr=LOCAL)
        engine.land()
    assert engine.effects("VDI.copy") == 1
    engine.see("VM.start", vm, False, False)  # noqa: FBT003 - in wire order
    engine.see("VM.hard_shutdown", vm)

    end = until_ended(engine, worker, MOVE, {}, vdi=name, sr=LOCAL)

    assert isinstance(end, Failed)
    assert "its VM ran meanwhile, and wrote to it" in end.error.message
    assert engine.names("VDI").count(name) == 1
    assert engine.see("VBD.get_VDI", drive) == before["VDI"]
