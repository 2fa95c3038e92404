"""More operations at once than a pool bears are worked off, and XenServer refuses none."""

from tasks.engine.journal.record import Phase
from tests.stack import StackHarness

WAITING = {Phase.PARKED, Phase.WAITING, Phase.DEFERRED}
MANY = 160  # more clones at once than the 100 calls that a toolstack lets wait


def test_more_calls_than_a_pool_bears_all_succeed(isolated_stack: StackHarness) -> None:
    isolated_stack.services.worker()
    isolated_stack.services.poller()

    names = [f"many-{number:03}" for number in range(MANY)]
    with isolated_stack.xenserver.held():
        results = [
            isolated_stack.send("xenserver.vm.clone", vm="deb12", name=name) for name in names
        ]
        ids = [result.id for result in results]
        isolated_stack.until(lambda: _are_waiting(isolated_stack, ids), "each has called, or waits")
    made = {result.get(timeout=110)["return_result"] for result in results}

    records = isolated_stack.runtime.journal.read_all(ids)
    assert len(made) == MANY
    assert {
        uuid
        for uuid, vm in isolated_stack.xenserver.records("VM").items()
        if "many-" in vm["name_label"]
    } == made
    assert [record.retry for record in records.values() if record.retry] == []


def _are_waiting(stack: StackHarness, ids: list[str]) -> bool:
    """Return whether no worker has any of the operations in hand, and all have begun."""
    records = stack.runtime.journal.read_all(ids)
    return len(records) == MANY and all(record.phase in WAITING for record in records.values())
