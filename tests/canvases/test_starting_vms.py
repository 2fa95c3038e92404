"""Many VMs are started, one after the other."""

import pytest

from canvases.start_vms import start_each, start_vms
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

    with pytest.raises(errors.Refused, match="is suspended; it must be halted"):
        stack.do(FLOW, vms=vms)

    states = [maker.record("VM", vm)["power_state"] for vm in vms]
    assert states == ["Running", "Suspended", "Halted"]


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
