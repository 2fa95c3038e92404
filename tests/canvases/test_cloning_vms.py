"""Many clones are made side by side, and handed on as a list."""

import pytest
from celery import chain

from canvases import clone_vms, start_vms
from tests.canvases.interference import refused
from tests.canvases.reading import canvas, names
from tests.stack import TIMEOUT, StackHarness
from xenserver import errors

CLONE = "xenserver.vm.clone"


@pytest.mark.parametrize(
    ("count", "last", "number"), [(1, "a01", 1), (20, "a20", 20), (100, "a100", 100)]
)
def test_clones_are_numbered(count: int, last: str, number: int) -> None:
    """All numbers have as many digits as the last one, and at least two."""
    labels = clone_vms.names("a", count)

    assert len(labels) == number
    assert labels[-1] == last
    assert len({len(label) for label in labels}) == 1


@pytest.mark.parametrize("count", [1, 3])
def test_as_many_clones_are_made_as_were_asked_for(
    stack: StackHarness, name: str, count: int
) -> None:
    """The answer has them in the order of their numbers."""
    answer = stack.do("flow.clone_vms", vm="deb12", name=name, count=count)

    made = [
        vm for label in clone_vms.names(name, count) for vm in stack.xenserver.named("VM", label)
    ]
    assert [vm["uuid"] for vm in answer["vms"]] == [vm["uuid"] for vm in made]
    assert answer["count"] == len(made) == count


def test_what_was_cloned_is_fed_on_as_a_list(stack: StackHarness, name: str) -> None:
    """`vms.*.uuid` is the UUID of each."""
    template = stack.do("xenserver.vm.clone", vm="deb12", name=name)["uuid"]
    stack.do("xenserver.vm.install", template=template, in_place=True)
    cloned = clone_vms.clone_vms.s(vm=name, name=f"{name}-", count=2)
    started = start_vms.start_vms.s(feed={"vms": "vms.*.uuid"})

    answer = chain(cloned, started).delay().get(timeout=TIMEOUT)

    assert answer["return_result"] == "2 VMs run"
    for label in clone_vms.names(f"{name}-", 2):
        [vm] = stack.xenserver.named("VM", label)
        assert vm["power_state"] == "Running"


def test_when_one_cannot_be_made_none_is_left(stack: StackHarness, name: str) -> None:
    """The flow fails with the error of that clone."""
    before = stack.xenserver.inventory()

    with refused(stack.xenserver, "VM.clone"), pytest.raises(errors.XenflowError):
        stack.do("flow.clone_vms", vm="deb12", name=name, count=3)

    assert stack.xenserver.inventory() == before


@pytest.mark.parametrize("count", [0, 1001, True, "many"])
def test_a_count_that_cannot_be_is_refused(stack: StackHarness, name: str, count: object) -> None:
    """Nothing is made."""
    with pytest.raises(errors.Refused, match="count"):
        stack.do("flow.clone_vms", vm="deb12", name=name, count=count)


@pytest.mark.parametrize(
    ("count", "steps"),
    [(1, [CLONE]), (2, [[[CLONE], [CLONE]], "xenflow.gather"])],
)
def test_each_clone_is_a_step(count: int, steps: list[object]) -> None:
    """A single one needs no chord."""
    assert names(canvas(clone_vms.clone_vms, vm="a", name="b", count=count)) == steps
