"""The failure of what destroys says what is gone, also where nobody planned it."""

from typing import Any

from tasks.engine.execution.cancellation import GRACE
from tasks.engine.execution.execution import Answered, End, Failed, Suspended
from tests.tasks.engine.deliveries import Engine
from tests.tasks.fixtures import Maker


def carried_out(engine: Engine, task: str, operation: str, **fields: Any) -> End:
    """Deliver a message until its operation has ended."""
    worker = engine.worker()
    while isinstance(end := worker.deliver(task, operation, **fields), Suspended):
        engine.land()
    return end


def test_what_a_call_destroyed_after_the_deadline_is_named(engine: Engine) -> None:
    """XenServer could not be stopped in time."""
    worker = engine.worker()
    uuid = engine.see("VM.get_uuid", engine.see("VM.get_by_name_label", "web02")[0])
    assert isinstance(worker.deliver("xenserver.vm.destroy", "op", vm="web02"), Suspended)
    engine.put_back("op", deadline=GRACE + 1)
    while "web02" in engine.names():
        pass  # XenServer is at work

    ended = worker.deliver("xenserver.vm.destroy", "op", vm="web02")

    assert isinstance(ended, Failed)
    failure = engine.record("op").failure
    assert failure is not None
    assert failure.message.endswith(f"; gone: VM web02 ({uuid})")
    assert failure.gone == [{"class": "VM", "uuid": uuid, "name": "web02", "kind": "VM"}]
    assert failure.left == []
    assert "web02" not in engine.names()


def test_what_has_no_name_is_counted(engine: Engine) -> None:
    """A network goes after its VLANs, which nobody ever named."""
    pif = Maker(engine.see, engine.pool.do).pif
    create = {"name": "vlan 77", "pif": pif, "vlan": 77}
    assert isinstance(carried_out(engine, "xenserver.network.create", "made", **create), Answered)
    engine.pool.do("fault", what="refuse", method="network.destroy", code="INTERNAL_ERROR")

    destroy = {"network": "vlan 77", "remove_vlans": True}
    assert isinstance(carried_out(engine, "xenserver.network.destroy", "op", **destroy), Failed)

    failure = engine.record("op").failure
    assert failure is not None
    assert failure.message.endswith("; gone: 3 VLANs")
    assert [one["class"] for one in failure.gone] == ["VLAN"] * 3


def test_what_is_refused_and_has_destroyed_nothing_says_no_more(engine: Engine) -> None:
    """The error of XenServer is enough."""
    worker = engine.worker()

    worker.deliver("xenserver.vm.destroy", "op", vm="web01")
    engine.land()
    ended = worker.deliver("xenserver.vm.destroy", "op", vm="web01")

    assert isinstance(ended, Failed)
    assert "gone" not in ended.error.message
