"""Orphans are objects that bear the tag of a call and belong to nothing; nothing else is one."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tasks.engine.execution import probes
from tasks.engine.journal import counters
from tasks.engine.journal.record import Document
from tests.stack import StackHarness
from workers.reconciler import orphans, reconcile
from workers.reconciler.orphans import Orphan

Find = Callable[[], list[Orphan]]
DEFAULT: Mapping[str, Document] = {"default": {"target": "default"}}


@pytest.fixture
def find(stack: StackHarness) -> Find:
    """Return a search that counts every ended operation as min_age."""

    def everything() -> list[Orphan]:
        found = reconcile.find(stack.runtime, DEFAULT, min_age=-1.0)
        assert found.unreachable == {}
        return found.orphans

    known = {orphan.uuid for orphan in everything()}  # of other tests on the same stack
    return lambda: [orphan for orphan in everything() if orphan.uuid not in known]


def _disk(stack: StackHarness, operation: str, label: str = "0") -> str:
    """Create a disk as a call of an operation would have."""
    pool: Any = next(iter(stack.xenserver("pool.get_all_records").values()))
    fields = {
        "name_label": "late",
        "name_description": "",
        "SR": pool["default_SR"],
        "virtual_size": "1073741824",
        "type": "user",
        "sharable": False,
        "read_only": False,
        "other_config": {"xenflow:operation": f"{operation}/{label}"},
        "sm_config": {},
    }
    ref = stack.xenserver("VDI.create", fields)
    return str(stack.xenserver("VDI.get_uuid", ref))


def _counted(stack: StackHarness) -> float:
    """Return how many orphans the reconciler has counted."""
    known = counters.read(stack.redis, stack.runtime.journal.keys.counters)
    return known.get(("reconciler", "orphan"), 0.0)


def _vm(stack: StackHarness, operation: str, label: str = "0") -> str:
    """Clone a template as a call of an operation would have, before it gets its own name."""
    (template,) = stack.xenserver("VM.get_by_name_label", "deb12")
    ref = stack.xenserver("VM.clone", template, f"xenflow:{operation}/{label}")
    return str(stack.xenserver("VM.get_uuid", ref))


def _clone(stack: StackHarness, name: str, **fields: Any) -> tuple[str, str]:
    operation = str(uuid.uuid4())
    answer = stack.send("xenserver.vm.clone", task_id=operation, vm="deb12", name=name, **fields)
    return operation, answer.get(timeout=60)["return_result"]


def _default_sr(stack: StackHarness) -> str:
    pool: Any = next(iter(stack.xenserver("pool.get_all_records").values()))
    return str(stack.xenserver("SR.get_uuid", pool["default_SR"]))


def test_a_pool_on_which_everything_went_well_has_no_orphan(
    stack: StackHarness, find: Find, name: str
) -> None:
    """The stamp stays on what operations made."""
    stack.do("xenserver.vdi.create", name=name, sr=_default_sr(stack), size="1GiB")
    _clone(stack, name)

    assert find() == []


def test_a_second_object_of_an_ended_call_is_an_orphan(
    stack: StackHarness, find: Find, name: str
) -> None:
    """A late request made it: the operation has answered with another one."""
    operation, made = _clone(stack, name)
    late = _vm(stack, operation)

    found = find()
    reconcile.reconcile(stack.runtime, DEFAULT, min_age=-1.0)
    stack.until(lambda: late not in stack.xenserver.records("VM"), "the orphan is destroyed")

    assert [(one.cls, one.uuid, one.is_ours) for one in found] == [("VM", late, True)]
    assert made in stack.xenserver.records("VM")


def test_an_orphan_is_destroyed_as_a_step_of_its_run(
    stack: StackHarness, find: Find, name: str
) -> None:
    """People see in the run what was done, and what the operation made stays."""
    operation, made = _clone(stack, name)
    late = _vm(stack, operation)
    before, counted = stack.xenserver.inventory(), _counted(stack)

    found = reconcile.reconcile(stack.runtime, DEFAULT, min_age=-1.0)
    stack.until(lambda: late not in stack.xenserver.records("VM"), "the orphan is destroyed")

    (orphan,) = [one for one in found.orphans if one.uuid == late]
    step = reconcile.destroy(stack.runtime, orphan)
    assert step in stack.runtime.journal.run(operation)
    assert made in stack.xenserver.records("VM")
    assert before["VM"] - stack.xenserver.inventory()["VM"] == {late}
    assert _counted(stack) - counted == sum(one.is_ours for one in found.orphans)
    stack.until(lambda: find() == [], "nothing is left")


def test_the_object_of_an_operation_under_way_is_no_orphan(
    stack: StackHarness, find: Find, name: str
) -> None:
    """Its operation will find it, or what became of it."""
    with stack.xenserver.held():
        result = stack.send("xenserver.vm.clone", vm="deb12", name=name)
        stack.until_parks(result.id)
        under_way = find()
    result.get(timeout=60)

    assert under_way == []


def test_what_was_made_after_the_caller_was_answered_is_no_orphan(
    stack: StackHarness, find: Find, name: str
) -> None:
    """An `async` operation goes on under another id; its call bears the first one's tag."""
    sr = _default_sr(stack)
    sent = {"name": name, "sr": sr, "size": "1GiB", "async": True}
    stack.do("xenserver.vdi.create", **sent)
    stack.until(
        lambda: any(r["name_label"] == name for r in stack.xenserver.records("VDI").values()),
        "the disk exists",
    )
    stack.until(lambda: not stack.runtime.journal.open_operations(most=10), "everything ended")

    assert find() == []


def test_a_failed_operation_that_kept_what_it_made_has_no_orphan(
    stack: StackHarness, find: Find, name: str
) -> None:
    """`on_failure="keep"` is the caller's wish."""
    result = stack.send(
        "flow.create_vm_from_configured_template",
        template="deb12",
        name=name,
        sr=str(uuid.uuid4()),
        on_failure="keep",
    )
    result.get(timeout=60, propagate=False)

    assert find() == []


def test_a_working_name_that_the_journal_does_not_know_is_reported_and_left(
    stack: StackHarness, find: Find
) -> None:
    """Another installation may be at work on the same pool."""
    stranger = _vm(stack, str(uuid.uuid4()))

    (orphan,) = [one for one in find() if one.uuid == stranger]
    stack.xenserver("VM.destroy", stack.xenserver("VM.get_by_uuid", stranger))

    assert not orphan.is_ours


def test_a_stamp_that_the_journal_does_not_know_is_nothing(stack: StackHarness, find: Find) -> None:
    """The record of its run was forgotten long ago."""
    disk = _disk(stack, str(uuid.uuid4()))

    assert disk not in {one.uuid for one in find()}


def test_what_ended_lately_is_not_judged_yet(stack: StackHarness, name: str) -> None:
    """The engine may be about to destroy it itself."""
    operation, _ = _clone(stack, name)
    late = _vm(stack, operation)

    recent = reconcile.find(stack.runtime, DEFAULT, min_age=3600.0).orphans
    reconcile.reconcile(stack.runtime, DEFAULT, min_age=-1.0)

    assert late not in {one.uuid for one in recent}


def test_a_target_that_cannot_be_reached_is_named(stack: StackHarness) -> None:
    """The others are looked at all the same."""
    both = reconcile.named(stack.runtime, ["nowhere", "default"])
    found = reconcile.find(stack.runtime, both, min_age=-1.0)

    assert list(found.unreachable) == ["nowhere"]


def test_every_class_that_calls_make_is_looked_at() -> None:
    """A creating call of a further class needs its place in the list."""
    made = {named.cls for named in probes.NAMED.values()} | set(probes.STAMPED.values())

    assert made == set(orphans.CLASSES)


@pytest.mark.parametrize("verb", ["VDI.snapshot", "VDI.clone"])
def test_a_copy_that_inherits_a_stamp_is_no_orphan(
    stack: StackHarness, find: Find, name: str, verb: str
) -> None:
    """XenServer copies `other_config`: a snapshot that somebody takes of a disk bears its stamp."""
    made = stack.do("xenserver.vdi.create", name=name, sr=_default_sr(stack), size="1GiB")["uuid"]
    heir = stack.xenserver(verb, stack.xenserver("VDI.get_by_uuid", made))

    reconcile.reconcile(stack.runtime, DEFAULT, min_age=-1.0)

    assert find() == []
    assert stack.xenserver("VDI.get_record", heir)["other_config"]


def test_the_devices_of_a_clone_are_no_orphans(stack: StackHarness, find: Find, name: str) -> None:
    """A clone has copies of the drives and interfaces of its source, stamps and all."""
    stack.do("xenserver.vm.clone", vm="web02", name=name)
    stack.do("xenserver.vif.create", vm=name, network="lab")
    stack.do("xenserver.vbd.create", vm=name, empty=True, type="CD")
    (source,) = stack.xenserver("VM.get_by_name_label", name)

    clone = stack.xenserver("VM.clone", source, f"{name} clone")

    assert find() == []
    assert len(stack.xenserver("VM.get_VIFs", clone)) == 2
