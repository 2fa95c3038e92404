"""A worker that was overtaken does nothing twice, and takes back what it did too late."""

import time
from collections.abc import Callable

import pytest

from tasks.engine.execution.execution import Answered, Ignored, Suspended
from tests.tasks.engine.deliveries import Engine, Worker
from xenserver import permission
from xenserver.values import Value

CLONE = "xenserver.vm.clone"
CALL = "Async.VM.clone"
FIELDS = {"vm": "deb12", "name": "made"}
LEASE = 0.2  # seconds; the frozen worker sleeps longer


def finish(engine: Engine, worker: Worker, task: str = CLONE, /, **fields: str) -> Answered:
    """Land what is parked, and deliver the message until it is answered."""
    for _ in range(5):
        engine.land()
        end = worker.deliver(task, "op", **(fields or FIELDS))
        if isinstance(end, Answered):
            return end
    pytest.fail("there is no answer")


def test_a_worker_that_was_frozen_before_its_call_does_not_make_it(engine: Engine) -> None:
    """Its lease is over by its own clock: nothing is written to the socket."""
    frozen, heir = engine.worker(lease=LEASE, freezes=True), engine.worker()

    def freeze(call: Callable[[], Value]) -> Value:
        time.sleep(2 * LEASE)
        heir.deliver(CLONE, "op", **FIELDS)
        return call()

    frozen.hooks[CALL] = freeze
    assert isinstance(frozen.deliver(CLONE, "op", **FIELDS), Ignored)

    finish(engine, heir)
    assert engine.effects("VM.clone") == 1
    assert engine.names().count("made") == 1


def test_a_worker_whose_lease_may_be_over_claims_again(engine: Engine) -> None:
    """Nobody else was there: it lets go, and the message comes again."""
    frozen, heir = engine.worker(lease=LEASE, freezes=True), engine.worker()

    def freeze(call: Callable[[], Value]) -> Value:
        time.sleep(2 * LEASE)
        return call()

    frozen.hooks[CALL] = freeze
    assert isinstance(frozen.deliver(CLONE, "op", **FIELDS), Suspended)

    assert engine.effects("VM.clone") == 0
    assert [sending.message for sending in heir.runtime.journal.due()]
    heir.deliver(CLONE, "op", **FIELDS)
    finish(engine, heir)
    assert engine.effects("VM.clone") == 1


def test_a_call_whose_answer_came_too_late_is_adopted(engine: Engine) -> None:
    """The heir finds its task by its tag: it is the operation's own."""
    frozen, heir = engine.worker(), engine.worker()

    def overtake(call: Callable[[], Value]) -> Value:
        answer = call()
        engine.lapse("op")
        heir.deliver(CLONE, "op", **FIELDS)
        return answer

    frozen.hooks[CALL] = overtake
    assert isinstance(frozen.deliver(CLONE, "op", **FIELDS), Ignored)

    finish(engine, heir)
    assert engine.effects("VM.clone") == 1
    assert engine.published() == []


@pytest.mark.parametrize("ended", [False, True])
def test_a_request_that_arrives_late_leaves_nothing(engine: Engine, *, ended: bool) -> None:
    """Held in the network, while the heir looked, found nothing, and called: two clones.

    Whether the heir is done by then or not, one of them goes again, and the run shows it.
    """
    late, heir = engine.worker(), engine.worker()

    def hold(call: Callable[[], Value]) -> Value:
        engine.lapse("op")
        heir.deliver(CLONE, "op", **FIELDS)
        if ended:
            finish(engine, heir)
        with permission.asked(None):
            return call()

    late.hooks[CALL] = hold
    before = engine.names()
    assert isinstance(late.deliver(CLONE, "op", **FIELDS), Ignored)
    answer = finish(engine, heir)
    undone = engine.carry_out(heir)  # also waits for the end of the late call

    assert engine.effects("VM.clone") == 2
    assert "xenserver.vm.discard" in undone
    assert engine.names() == sorted([*before, "made"])
    assert engine.see("VM.get_by_uuid", str(answer.answer["uuid"]))
    assert len(heir.runtime.journal.run("op")) > 1


def test_objects_without_a_name_are_found_by_their_stamp(engine: Engine) -> None:
    """A disk that a late request made is destroyed, and the one that was answered stays."""
    late, heir = engine.worker(), engine.worker()
    disk = {"name": "made", "sr": "NFS virtual disk storage", "size": "1GiB"}

    def hold(call: Callable[[], Value]) -> Value:
        engine.lapse("op")
        heir.deliver("xenserver.vdi.create", "op", **disk)
        with permission.asked(None):
            return call()

    late.hooks["Async.VDI.create"] = hold
    assert isinstance(late.deliver("xenserver.vdi.create", "op", **disk), Ignored)
    answer = finish(engine, heir, "xenserver.vdi.create", **disk)

    engine.carry_out(heir)
    assert engine.names("VDI").count("made") == 1
    assert engine.see("VDI.get_by_uuid", str(answer.answer["uuid"]))
