"""Many VMs are started, one after the other."""

import pytest

from canvases.start_vms import start_each, start_vms
from tests.canvases.interference import at_work, cancel, endless
from tests.canvases.reading import canvas, names
from tests.stack import StackHarness
from tests.tasks.fixtures import Maker
from xenserver import errors

FLOW = "flow.start_vms"


def test_vms_start_in_the_order_of_the_list(stack: StackHarness, maker: Maker) -> None:
    """One that runs already is fine, and one that is spelled in two ways is one."""
    vms = [maker.vm(), maker.running(), maker.vm()]
    first = maker.record("VM", vms[0])["name_label"]

    answer = stack.do(FLOW, vms=[*vms, first])

    assert (answer["return_result"], answer["vms"]) == ("3 VMs run", vms)
    refs = [maker.ref("VM", vm) for vm in (vms[0], vms[2])]
    effects = stack.xenserver.control("journal")["effects"]
    started = [e["params"][0] for e in effects if e["method"].endswith("VM.start")]
    assert [ref for ref in started if ref in refs] == refs


def test_those_after_one_that_cannot_start_are_not_started(
    stack: StackHarness, maker: Maker
) -> None:
    """Those before it go on running."""
    vms = [maker.vm(), maker.suspended(), maker.vm()]

    with pytest.raises(errors.Refused, match="is suspended; it must be halted") as caught:
        stack.do(FLOW, vms=vms)

    labels = [f"VM {maker.record('VM', vm)['name_label']} ({vm})" for vm in vms]
    assert (
        f"; 1 of 3 VMs is running; running: {labels[0]}; not running: {labels[1]}, {labels[2]}; "
        "send the same message under a new id to continue"
    ) in caught.value.message
    states = [maker.record("VM", vm)["power_state"] for vm in vms]
    assert states == ["Running", "Suspended", "Halted"]


@pytest.mark.parametrize("how", ["cancelled", "late"])
def test_an_end_that_comes_early_says_which_vms_run(
    stack: StackHarness, maker: Maker, how: str
) -> None:
    """Cancelled or late, while the second one starts."""
    vms = [maker.running(), maker.vm(), maker.vm()]

    with endless(stack.xenserver, "VM.start"):
        sent = stack.send(FLOW, vms=vms, timeout=600 if how == "cancelled" else 1)
        stack.until(lambda: at_work(stack.xenserver, "VM.start"), "VM.start at work")
        if how == "cancelled":
            cancel(stack, sent)
        with pytest.raises(errors.XenflowError, match="1 of 3 VMs is running; running: VM"):
            sent.get(timeout=60)


def test_none_is_started_where_a_name_means_no_vm(stack: StackHarness, maker: Maker) -> None:
    """The names are looked up first."""
    vm = maker.vm()

    with pytest.raises(errors.Missing, match="no VM is named nobody"):
        stack.do(FLOW, vms=[vm, "nobody"])

    assert maker.record("VM", vm)["power_state"] == "Halted"


def test_each_is_waited_for() -> None:
    """The steps are starts, in their order."""
    assert names(canvas(start_vms, vms=["a", "b"])) == [
        "xenserver.vm.resolve",
        "xenserver.vm.start_each",
    ]
    assert names(canvas(start_each, vms=["a", "b"])) == ["xenserver.vm.start"] * 2
