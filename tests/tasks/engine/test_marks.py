"""A copy that takes no name is found by the mark of its source, when its task is gone."""

from collections.abc import Callable
from typing import Any

import pytest

from tasks.engine.execution.execution import Answered, End, Failed, Suspended
from tests.tasks.engine.deliveries import Engine, Worker
from xenserver import errors
from xenserver.values import Value

DISK = "web01 system"
MARKS = "xenflow:mark:"
VERBS = pytest.mark.parametrize("verb", ["snapshot", "clone"])


def lost(engine: Engine, *, heard: bool = True) -> Callable[[Callable[[], Value]], Value]:
    """Lose the answer of a call, and its task: it has had its effect, or was never heard."""

    def lose(call: Callable[[], Value]) -> Value:
        if heard:
            ref = call()
            while engine.see("task.get_status", ref) == "pending":
                continue
            engine.see("task.destroy", ref)
        raise errors.from_api("XENFLOW_ANSWER_LOST", ["the pool", "reset"])

    return lose


def until_ended(engine: Engine, worker: Worker, task: str, **fields: Any) -> End:
    for _ in range(5):
        engine.land()
        end = worker.deliver(task, "op", **fields)
        if not isinstance(end, Suspended):
            return end
    pytest.fail("does not end")


def configs(engine: Engine) -> list[dict[str, Any]]:
    """Return the other_config of all disks that have an own one."""
    records = engine.see("VDI.get_all_records").values()
    return [record["other_config"] for record in records if record["other_config"]]


def marked(engine: Engine) -> list[str]:
    return [key for config in configs(engine) for key in config if key.startswith(MARKS)]


def source(engine: Engine) -> str:
    [ref] = engine.see("VDI.get_by_name_label", DISK)
    return str(ref)


@VERBS
@pytest.mark.parametrize("heard", [True, False])
def test_a_lost_copy_is_made_once(engine: Engine, verb: str, *, heard: bool) -> None:
    """It bears the stamp of its call, and no mark is left."""
    worker, fields = engine.worker(), {"vdi": DISK, "name": "kept"}
    worker.hooks[f"Async.VDI.{verb}"] = lost(engine, heard=heard)
    assert isinstance(worker.deliver(f"xenserver.vdi.{verb}", "op", **fields), Suspended)
    assert marked(engine)
    worker.hooks.clear()

    end = until_ended(engine, worker, f"xenserver.vdi.{verb}", **fields)

    assert isinstance(end, Answered)
    assert engine.effects(f"VDI.{verb}") == 1
    assert engine.names("VDI").count("kept") == 1
    assert marked(engine) == []
    assert [config.get("xenflow:operation") for config in configs(engine)] == ["op/0"]


@VERBS
def test_a_copy_that_two_calls_may_have_made_is_claimed_by_neither(
    engine: Engine, verb: str
) -> None:
    """Another call was at work at the same disk: nobody can tell, and nothing is done twice."""
    worker, fields = engine.worker(), {"vdi": DISK, "name": "kept"}
    engine.see("VDI.add_to_other_config", source(engine), f"{MARKS}other/0", "")
    worker.hooks[f"Async.VDI.{verb}"] = lost(engine)
    worker.deliver(f"xenserver.vdi.{verb}", "op", **fields)

    end = until_ended(engine, worker, f"xenserver.vdi.{verb}", **fields)

    assert isinstance(end, Failed)
    assert isinstance(end.error, errors.Unknown)
    assert engine.effects(f"VDI.{verb}") == 1


@VERBS
def test_a_copy_loses_the_marks_that_it_has_from_others(engine: Engine, verb: str) -> None:
    """They would be taken for its own; what the disk has besides stays."""
    worker = engine.worker()
    disk = source(engine)
    engine.see("VDI.set_other_config", disk, {f"{MARKS}other/0": "", "mine": "1"})
    worker.deliver(f"xenserver.vdi.{verb}", "op", vdi=DISK, name="kept")

    until_ended(engine, worker, f"xenserver.vdi.{verb}", vdi=DISK, name="kept")

    [made] = engine.see("VDI.get_by_name_label", "kept")
    config = engine.see("VDI.get_other_config", made)
    assert config == {"mine": "1", "xenflow:operation": "op/0"}
    assert engine.see("VDI.get_other_config", disk) == {f"{MARKS}other/0": "", "mine": "1"}


@VERBS
def test_a_copy_whose_caller_is_answered_at_once_leaves_no_mark(engine: Engine, verb: str) -> None:
    """What goes on has another id, and takes off the mark of the call that it goes on with."""
    worker = engine.worker()
    worker.deliver(f"xenserver.vdi.{verb}", "op", vdi=DISK, name="kept", run_async=True)
    assert marked(engine)

    assert engine.carry_out(worker) == [f"xenserver.vdi.{verb}"]

    assert marked(engine) == []
    assert engine.names("VDI").count("kept") == 1


@VERBS
def test_a_refused_copy_leaves_no_mark(engine: Engine, verb: str) -> None:
    worker = engine.worker()
    worker.deliver(f"xenserver.vdi.{verb}", "op", vdi="debian-12.iso", name="kept")

    end = until_ended(engine, worker, f"xenserver.vdi.{verb}", vdi="debian-12.iso", name="kept")

    assert isinstance(end, Failed)
    assert end.error.code == "SR_OPERATION_NOT_SUPPORTED"
    assert marked(engine) == []


def test_a_copy_that_was_never_sent_leaves_no_mark(engine: Engine) -> None:
    """XenServer was busy until the deadline."""
    worker, fields = engine.worker(), {"vdi": DISK, "name": "kept"}

    def busy(call: Callable[[], Value]) -> Value:
        raise errors.from_api("TOO_MANY_PENDING_TASKS", [])

    worker.hooks["Async.VDI.snapshot"] = busy
    worker.deliver("xenserver.vdi.snapshot", "op", **fields)
    assert marked(engine)
    engine.put_back("op", deadline=60.0)

    end = until_ended(engine, worker, "xenserver.vdi.snapshot", **fields)

    assert isinstance(end, Failed)
    assert marked(engine) == []
