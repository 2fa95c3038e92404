"""What operations cost XenServer: the calls they make are written down, and none is wasted."""

from collections import Counter

import pytest

from tests.stack import StackHarness
from tests.tasks import calls
from tests.tasks.fixtures import Maker
from tests.tasks.harness import Harness
from tests.tasks.table import TABLE, Case

UNDER_A_WORKING_NAME = {"Async.VM.clone", "Async.VM.copy", "Async.VM.snapshot"}
MARKING = ("add_to", "get", "set", "remove_from")  # what is done with other_config for the mark
MARKED = {"Async.VDI.clone", "Async.VDI.snapshot"}
FOLLOWING = {"xenserver.task.cancel", "xenserver.task.follow"}
WAITING = "xenserver.vm.wait_for_address"
ONE_BY_ONE = {"VBD.get_record", "VM.get_record"}  # of several drives, snapshots, each
FOUND_BY_NAME = {"xenserver.vdi.move": "VDI.get_record"}  # by the look-up, which keeps no record
POLLERS = {"event.from", "task.get_all_records"}


@pytest.fixture(scope="module")
def warm(stack: StackHarness) -> StackHarness:
    """Log worker and poller in; keep the reconciler, whose calls would be counted, from a pass."""
    stack.redis.set(stack.runtime.journal.keys.reconciled, "1", ex=3600)
    maker = Maker(stack.xenserver, stack.xenserver.control)
    stack.do("xenserver.vm.start", vm=maker.vm())
    return stack


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_an_operation_calls_what_is_written_down(harness: Harness, case: Case) -> None:
    """The order counts; `python -m tests.tasks.calls` writes what changed."""
    assert calls.heard(harness, case) == calls.golden()[case.name]


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_nothing_is_read_twice(case: Case) -> None:
    allowed = {*ONE_BY_ONE, FOUND_BY_NAME.get(case.name)}
    read: set[str] = set()
    for method in calls.golden()[case.name]:
        if method.startswith("Async."):
            read.clear()
        assert method not in read - allowed
        read.add(method)


def test_the_list_has_every_operation_of_the_table() -> None:
    assert calls.golden().keys() == {case.name for case in TABLE}


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_a_worker_adds_only_the_putting_away_of_tasks(warm: StackHarness, case: Case) -> None:
    """It also names what was made under a working name, and reads what it waits for."""
    fields = case.ready(Maker(warm.xenserver, warm.xenserver.control))
    before = _calls(warm)

    warm.do(case.name, **fields)

    cost = _calls(warm) - before
    assert _without_pollers(cost) == _without_pollers(_expected(case))


def _expected(case: Case) -> Counter[str]:
    written = calls.golden()[case.name]
    expected = Counter(written)
    expected["task.destroy"] = sum(method.startswith("Async.") for method in written)
    expected["VM.set_name_label"] += sum(method in UNDER_A_WORKING_NAME for method in written)
    for verb in MARKING:
        expected[f"VDI.{verb}_other_config"] += sum(method in MARKED for method in written)
    for look in ("VM.get_record", "VM_guest_metrics.get_record"):
        expected[look] += case.name == WAITING
    expected["task.get_record"] += case.name in FOLLOWING
    return +expected


def _calls(stack: StackHarness) -> Counter[str]:
    return Counter(stack.xenserver.control("stats")["calls"])


def _without_pollers(counted: Counter[str]) -> Counter[str]:
    return Counter({method: n for method, n in counted.items() if method not in POLLERS})
