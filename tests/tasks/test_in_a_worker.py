"""What operations promise together with the frame: falling back, undoing, choosing at once."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.stack import TIMEOUT, StackHarness
from tests.tasks.fixtures import Maker, fresh
from xenserver import errors

BARE = "Debian Bookworm 12"  # asks for one disk


@pytest.fixture
def maker(stack: StackHarness) -> Maker:
    """Make objects in the pool of the stack."""
    return Maker(stack.xenserver, stack.xenserver.control)


@contextmanager
def taking(stack: StackHarness, verb: str, seconds: float) -> Iterator[None]:
    """Set the duration of a verb while the block runs."""
    usual = stack.xenserver.control("durations", set={})[verb]
    stack.xenserver.control("durations", set={verb: seconds})
    try:
        yield
    finally:
        stack.xenserver.control("durations", set={verb: usual})


def test_a_clean_shutdown_that_takes_too_long_turns_hard(stack: StackHarness, maker: Maker) -> None:
    """The guest is given its seconds, then its power is cut."""
    vm = maker.running()

    with taking(stack, "VM.clean_shutdown", 100_000.0):
        answer = stack.do("xenserver.vm.shutdown", vm=vm, fall_back_after=0.5)

    assert answer["return_result"] == "Shutdown completed"
    assert maker.record("VM", vm)["power_state"] == "Halted"


def test_a_clean_shutdown_in_time_stays_clean(stack: StackHarness, maker: Maker) -> None:
    """Nothing is cut."""
    vm, cut = maker.running(), stack.xenserver.effects("VM.hard_shutdown")

    stack.do("xenserver.vm.shutdown", vm=vm, fall_back_after="10m")

    assert maker.record("VM", vm)["power_state"] == "Halted"
    assert stack.xenserver.effects("VM.hard_shutdown") == cut


@pytest.mark.parametrize("cls", ["vif", "vbd"])
def test_ten_devices_made_at_once_get_ten_numbers(
    stack: StackHarness, maker: Maker, cls: str
) -> None:
    vm = maker.vm()
    fields = [{"network": "lab"} if cls == "vif" else {"vdi": maker.disk()} for _ in range(10)]

    sent = [stack.send(f"xenserver.{cls}.create", vm=vm, **each) for each in fields]
    answers = [result.get(timeout=TIMEOUT) for result in sent]

    assert len({answer["device"] for answer in answers}) == 10
    assert "3" not in {answer["device"] for answer in answers if cls == "vbd"}


def test_a_network_whose_vlan_fails_is_undone(stack: StackHarness, maker: Maker) -> None:
    """Nothing of it is left, and the error says so."""
    stack.do("xenserver.network.create", name=fresh(), pif=maker.pif, vlan=2001)
    before, name = stack.xenserver.inventory(), fresh()

    with pytest.raises(errors.Refused, match=f"undone: network {name}") as refused:
        stack.do("xenserver.network.create", name=name, pif=maker.pif, vlan=2001)

    assert refused.value.code == "PIF_VLAN_EXISTS"
    assert stack.xenserver.inventory() == before


def test_an_install_that_fails_leaves_nothing(stack: StackHarness) -> None:
    """The copy of the template goes again."""
    before = stack.xenserver.inventory()
    stack.xenserver.control(
        "fault",
        what="refuse",
        method="VM.provision",
        code="SR_BACKEND_FAILURE_44",
        params=["", "", ""],
    )

    with pytest.raises(errors.Full, match=r"the SR is full.*undone: VM"):
        stack.do("xenserver.vm.install", template=BARE, name=fresh())

    assert stack.xenserver.inventory() == before


def test_an_install_that_fails_keeps_what_was_made_on_request(
    stack: StackHarness, maker: Maker
) -> None:
    name = fresh()
    stack.xenserver.control(
        "fault",
        what="refuse",
        method="VM.provision",
        code="SR_BACKEND_FAILURE_44",
        params=["", "", ""],
    )

    with pytest.raises(errors.Full, match=f"kept: VM {name}"):
        stack.do("xenserver.vm.install", template=BARE, name=name, on_failure="keep")

    assert maker.named("VM", name)


def test_cancelling_the_task_of_an_operation_tells_both(stack: StackHarness, maker: Maker) -> None:
    """The operation that waited for it ends, and the one that cancelled it."""
    vm = maker.running()

    with taking(stack, "VM.clean_shutdown", 100_000.0):
        shutdown = stack.send("xenserver.vm.shutdown", vm=vm)
        task = stack.until(lambda: _task_of(stack, shutdown.id), "its task")
        answer = stack.do("xenserver.task.cancel", task=task)

    assert answer["return_result"] == "Task cancelled"
    with pytest.raises(errors.Cancelled):
        shutdown.get(timeout=TIMEOUT)
    assert maker.record("VM", vm)["power_state"] == "Running"


def test_many_may_follow_one_task(stack: StackHarness, maker: Maker) -> None:
    """Each caller gets the end of its operation."""
    task = maker.short_job()

    sent = [stack.send("xenserver.task.follow", task=task) for _ in range(3)]

    reply = [result.get(timeout=TIMEOUT)["task"]["status"] for result in sent]
    assert reply == ["success"] * 3


def test_an_error_names_what_it_speaks_of(stack: StackHarness, maker: Maker) -> None:
    name = fresh()
    maker.vm(name=name)

    with pytest.raises(errors.Refused, match=f"VM {name} is halted; it must be running"):
        stack.do("xenserver.vm.pause", vm=name)


def test_the_old_spelling_of_fields_is_understood(stack: StackHarness) -> None:
    answer = stack.do("xenserver.vm.find", name="WEB0", isSearchExpression=True)

    assert {"web01", "web02"} <= {record["name_label"] for record in answer["records"]}


def _task_of(stack: StackHarness, operation: str) -> str | None:
    ref = stack.record(operation).point("0").task
    return str(stack.xenserver("task.get_uuid", ref)) if ref else None
