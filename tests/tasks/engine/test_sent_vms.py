"""A VM is sent to another pool once, and found there when the answer is lost."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from config.targets import Targets
from simulator import server
from tasks.engine.execution.execution import Answered, Failed, Suspended
from tests.tasks.engine.deliveries import Engine
from tests.tasks.engine.test_marks import MARKS, lost, until_ended
from tests.xenserver.pools import Pool
from xenserver import errors
from xenserver.session import Sessions
from xenserver.values import Value

MOVE, COPY = "xenserver.vm.migrate_to_pool", "xenserver.vm.copy_to_pool"
FIELDS = {"vm": "web02", "destination": "there"}
CALL = "Async.VM.migrate_send"
VERBS = pytest.mark.parametrize("verb", [MOVE, COPY])

There = Callable[..., Any]


@pytest.fixture
def there(engine: Engine) -> Iterator[There]:
    """Serve the other pool; return what makes calls of it."""
    with server.serve_in_thread(server.Options(seed=2, speed=1000.0)) as served:
        target = Pool(served.url).target()
        engine.targets["there"] = target
        sessions = Sessions()
        yield lambda method, *params: sessions.call(target, method, *params)
        sessions.close()


def named(see: There) -> list[dict[str, Any]]:
    """Return the VMs of that name."""
    return [see("VM.get_record", ref) for ref in see("VM.get_by_name_label", "web02")]


def marks(see: There) -> list[str]:
    configs = [one["other_config"] for one in see("VM.get_all_records").values()]
    return [key for config in configs for key in config if key.startswith("xenflow:")]


@pytest.fixture
def only_there(there: There) -> str:
    """Have the other pool without the VM; return how many it has."""
    for ref in there("VM.get_by_name_label", "web02"):
        there("VM.destroy", ref)
    return "web02"


@VERBS
@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.usefixtures("only_there")
def test_a_lost_vm_is_sent_once(engine: Engine, there: There, verb: str, *, heard: bool) -> None:
    """Its mark finds it in the other pool, and is gone afterwards, in both."""
    worker = engine.worker()
    worker.hooks[CALL] = lost(engine, heard=heard)
    assert isinstance(worker.deliver(verb, "op", **FIELDS), Suspended)
    worker.hooks.clear()

    end = until_ended(engine, worker, verb, **FIELDS)

    assert isinstance(end, Answered)
    assert engine.effects("VM.migrate_send") == 1
    [sent] = named(there)
    assert end.answer["uuid"] == sent["uuid"]
    assert len(named(engine.see)) == (verb == COPY)
    assert marks(engine.see) == marks(there) == []


@VERBS
@pytest.mark.usefixtures("there")
def test_the_session_of_the_other_pool_is_in_no_journal(engine: Engine, verb: str) -> None:
    """It is in no message and in no answer either."""
    seen: list[Value] = []
    worker = engine.worker()

    def receive(call: Callable[[], Value]) -> Value:
        seen.append(call())
        return seen[-1]

    worker.hooks["host.migrate_receive"] = receive
    worker.deliver(verb, "op", **FIELDS)
    kept = _everything(engine)
    until_ended(engine, worker, verb, **FIELDS)
    kept += _everything(engine)

    [answer] = seen
    assert isinstance(answer, dict)
    assert str(answer["session_id"]).startswith("OpaqueRef:")
    assert str(answer["session_id"]) not in kept
    assert "xenflow:receiver" in kept


def _everything(engine: Engine) -> str:
    """Return all that is in Redis."""
    return " ".join(str(_value(engine, key)) for key in engine.redis.scan_iter())


def _value(engine: Engine, key: bytes) -> object:
    redis: Any = engine.redis
    match redis.type(key):
        case b"hash" | "hash":
            return redis.hgetall(key)
        case b"list" | "list":
            return redis.lrange(key, 0, -1)
        case b"zset" | "zset":
            return redis.zrange(key, 0, -1)
        case b"set" | "set":
            return redis.smembers(key)
        case _:
            return redis.get(key)


def test_a_destination_that_no_worker_knows_is_refused(engine: Engine) -> None:
    """The error lists those that are configured."""
    worker = engine.worker()
    worker.runtime = replace(worker.runtime, targets=Targets(engine.targets))

    end = worker.deliver(MOVE, "op", vm="web02", destination="nowhere")

    assert isinstance(end, Failed)
    assert end.error.code == "XENFLOW_TARGET_UNKNOWN"
    assert "no target 'nowhere'; known: default" in end.error.message
    assert len(named(engine.see)) == 1


@pytest.mark.usefixtures("there")
def test_who_follows_a_move_is_given_no_reference(engine: Engine) -> None:
    """What the task made is in another pool, which is not asked."""
    worker = engine.worker()
    engine.pool.do("hold")
    accepted: Any = worker.deliver(MOVE, "op", **FIELDS, run_async=True)
    task = accepted.answer["task"]["uuid"]
    engine.pool.do("release")
    worker.deliver("xenserver.task.follow", "follow", task=task)
    engine.land()

    followed: Any = worker.deliver("xenserver.task.follow", "follow", task=task)

    assert "uuid" not in followed.answer
    assert followed.answer["task"]["result"] == "gone"


def test_a_vm_that_is_in_both_pools_is_reported(engine: Engine, there: There) -> None:
    """The toolstack died between the two: nobody sends it again, and nobody destroys one."""
    worker = engine.worker()
    [other] = there("VM.get_by_name_label", "web02")
    there("VM.add_to_other_config", other, f"{MARKS}op/0", "")
    worker.hooks[CALL] = lost(engine, heard=False)
    worker.deliver(MOVE, "op", **FIELDS)

    end = until_ended(engine, worker, MOVE, **FIELDS)

    assert isinstance(end, Failed)
    assert isinstance(end.error, errors.Unknown)
    assert engine.effects("VM.migrate_send") == 0
    assert len(named(engine.see)) == len(named(there)) == 1


@pytest.mark.usefixtures("only_there")
def test_a_copy_of_a_run_that_fails_is_undone_where_it_is(engine: Engine, there: There) -> None:
    """In the other pool, with its disks; the VM itself stays."""
    worker, before = engine.worker(), len(there("VDI.get_all"))

    def refuse(call: Callable[[], Value]) -> Value:
        raise errors.from_api("INTERNAL_ERROR", ["as the test has it"])

    worker.hooks["VM.set_name_label"] = refuse
    worker.deliver(COPY, "op", **FIELDS, name="copied")
    engine.land()
    end = worker.deliver(COPY, "op", **FIELDS, name="copied")
    assert isinstance(end, Suspended)
    assert "undoes what it made" in end.reason

    assert "xenserver.vm.discard" in engine.carry_out(worker)
    end = until_ended(engine, worker, COPY, **FIELDS, name="copied")

    assert isinstance(end, Failed)
    assert "undone: VM copied" in end.error.message
    assert named(there) == []
    assert len(there("VDI.get_all")) == before
    assert len(named(engine.see)) == 1
