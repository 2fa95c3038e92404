"""The failure of what destroys says what is gone, also where nobody planned it."""

from tasks.engine.execution.cancellation import GRACE
from tasks.engine.execution.execution import Failed, Suspended
from tests.tasks.engine.deliveries import Engine


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


def test_what_is_refused_and_has_destroyed_nothing_says_no_more(engine: Engine) -> None:
    """The error of XenServer is enough."""
    worker = engine.worker()

    worker.deliver("xenserver.vm.destroy", "op", vm="web01")
    engine.land()
    ended = worker.deliver("xenserver.vm.destroy", "op", vm="web01")

    assert isinstance(ended, Failed)
    assert "gone" not in ended.error.message
