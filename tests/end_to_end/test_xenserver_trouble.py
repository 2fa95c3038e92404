"""XenServer is busy or refuses, or an answer is lost: one effect, and the right answer."""

import pytest

from tests.stack import TIMEOUT, StackHarness
from xenserver import errors


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_of_a_clone_makes_one_vm(stack: StackHarness, name: str, when: str) -> None:
    """If XenServer received the call, its task is found by the tag; else the call is made."""
    stack.xenserver.control("fault", what="lose", method="Async.VM.clone", when=when, count=1)

    answer = stack.do("xenserver.vm.clone", vm="deb12", name=name)

    (machine,) = stack.xenserver.named("VM", name)
    assert machine["uuid"] == answer["uuid"]
    assert not any(
        record["name_label"].startswith("xenflow:")
        for record in stack.xenserver.records("VM").values()
    )


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_of_a_creation_makes_one_disk(
    stack: StackHarness, name: str, when: str
) -> None:
    """An object that is created from a record has the tag."""
    stack.xenserver.control("fault", what="lose", method="Async.VDI.create", when=when, count=1)

    fields = {"name": name, "sr": "NFS virtual disk storage", "size": "1GiB"}
    answer = stack.do("xenserver.vdi.create", **fields)

    assert [disk["uuid"] for disk in stack.xenserver.named("VDI", name)] == [answer["uuid"]]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_of_a_clone_that_nobody_waits_for_makes_one_vm(
    stack: StackHarness, name: str, when: str
) -> None:
    """With `async` too, though its task is gone when it is looked for."""
    stack.xenserver.control("fault", what="lose", method="Async.VM.clone", when=when, count=1)

    stack.do("xenserver.vm.clone", vm="deb12", name=name, run_async=True)

    stack.until(lambda: stack.xenserver.named("VM", name), "the clone, under its own name")
    assert len(stack.xenserver.named("VM", name)) == 1


def test_a_reboot_whose_answer_was_lost_is_found_by_its_task(
    stack: StackHarness, name: str
) -> None:
    stack.do("flow.create_vm_from_configured_template", template="deb12", name=name)
    before = stack.xenserver.effects("VM.clean_reboot")
    stack.xenserver.control("fault", what="lose", method="Async.VM.clean_reboot", when="after")

    assert stack.do("xenserver.vm.reboot", vm=name)["return_result"] == "Reboot completed"
    assert stack.xenserver.effects("VM.clean_reboot") == before + 1


def test_a_call_that_leaves_no_trace_is_not_made_twice(stack: StackHarness, name: str) -> None:
    """Nothing shows whether a lost reboot was received, and the error says so."""
    stack.do("flow.create_vm_from_configured_template", template="deb12", name=name)
    before = stack.xenserver.effects("VM.clean_reboot")
    stack.xenserver.control("fault", what="lose", method="Async.VM.clean_reboot", when="before")

    with pytest.raises(errors.Unknown, match="nothing shows how it ended"):
        stack.do("xenserver.vm.reboot", vm=name)
    assert stack.xenserver.effects("VM.clean_reboot") == before


def test_a_busy_object_is_tried_again(stack: StackHarness, name: str) -> None:
    """Busy is no refusal: the engine defers the operation and retries."""
    stack.xenserver.control("fault", what="busy", method="Async.VM.clone", count=2)

    assert stack.do("xenserver.vm.clone", vm="deb12", name=name)["name_label"] == name
    assert len(stack.xenserver.named("VM", name)) == 1


def test_a_refusal_keeps_xenservers_code_and_parameters(stack: StackHarness, name: str) -> None:
    stack.xenserver.control(
        "fault", what="refuse", method="Async.VM.provision", code="SR_FULL", params=["1", "2"]
    )

    with pytest.raises(errors.Full) as caught:
        stack.do("xenserver.vm.install", template="blank", name=name)

    assert (caught.value.code, caught.value.params) == ("SR_FULL", ["1", "2"])
    assert "undone: VM" in caught.value.message
    assert stack.xenserver.named("VM", name) == []


def test_what_was_made_is_kept_when_that_is_wanted(stack: StackHarness, name: str) -> None:
    stack.xenserver.control("fault", what="refuse", method="Async.VM.provision", code="SR_FULL")
    result = stack.send("xenserver.vm.install", template="blank", name=name, on_failure="keep")

    with pytest.raises(errors.Full, match=f"kept: VM {name}"):
        result.get(timeout=TIMEOUT)

    kept = str(stack.record(result.id).failure)
    (machine,) = stack.xenserver.named("VM", name)
    assert machine["uuid"] in kept


def test_an_operation_of_a_defect_ends_in_words(stack: StackHarness, name: str) -> None:
    """The worker continues, and the failure has the stack trace."""
    stack.xenserver.control(
        "fault", what="refuse", method="VM.get_by_name_label", code="NO_SUCH_CODE", params=["x"]
    )
    result = stack.send("xenserver.vm.clone", vm=name, name=name)

    with pytest.raises(errors.Unknown, match="NO_SUCH_CODE"):
        result.get(timeout=TIMEOUT)
    assert "Traceback" in str(stack.record(result.id).failure)


def test_an_answer_has_the_stack_trace_of_the_first_error(stack: StackHarness, name: str) -> None:
    """It shows the line of the operation that made the call."""
    fault = {"what": "refuse", "method": "Async.VM.clone", "code": "SR_FULL", "params": ["2", "1"]}
    stack.xenserver.control("fault", **fault)

    result = stack.send("xenserver.vm.clone", vm="deb12", name=name)
    with pytest.raises(errors.Full):
        result.get(timeout=TIMEOUT)

    assert "new = yield xen.Async.VM.clone(" in str(result.traceback)
