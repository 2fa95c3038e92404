"""XenServer is busy, refuses, or the wire loses what was said: one effect, and the right answer."""

import pytest

from tests.stack import PATIENCE, Inhabited
from xenserver import errors


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_of_a_clone_makes_one_vm(house: Inhabited, name: str, when: str) -> None:
    """Whether XenServer heard the call or not: it is found by its tag, or made."""
    house.xenserver.control("fault", what="lose", method="Async.VM.clone", when=when, count=1)

    answer = house.do("xenserver.vm.clone", vm="deb12", name=name)

    (machine,) = house.xenserver.named("VM", name)
    assert machine["uuid"] == answer["uuid"]
    assert not any(
        record["name_label"].startswith("xenflow:")
        for record in house.xenserver.records("VM").values()
    )


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_of_a_creation_makes_one_disk(house: Inhabited, name: str, when: str) -> None:
    """What is made of a record carries our stamp."""
    house.xenserver.control("fault", what="lose", method="Async.VDI.create", when=when, count=1)

    fields = {"name": name, "sr": "NFS virtual disk storage", "size": "1GiB"}
    answer = house.do("xenserver.vdi.create", **fields)

    assert [disk["uuid"] for disk in house.xenserver.named("VDI", name)] == [answer["uuid"]]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_of_a_clone_that_nobody_waits_for_makes_one_vm(
    house: Inhabited, name: str, when: str
) -> None:
    """With `async` too, though its task is gone when it is looked for."""
    house.xenserver.control("fault", what="lose", method="Async.VM.clone", when=when, count=1)

    house.do("xenserver.vm.clone", vm="deb12", name=name, run_async=True)

    house.until(lambda: house.xenserver.named("VM", name), "the clone, under its own name")
    assert len(house.xenserver.named("VM", name)) == 1


def test_a_reboot_whose_answer_was_lost_is_found_by_its_task(house: Inhabited, name: str) -> None:
    """And not done twice."""
    house.do("flow.create_vm_from_configured_template", template="deb12", name=name)
    before = house.xenserver.effects("VM.clean_reboot")
    house.xenserver.control("fault", what="lose", method="Async.VM.clean_reboot", when="after")

    assert house.do("xenserver.vm.reboot", vm=name)["return_result"] == "Reboot completed"
    assert house.xenserver.effects("VM.clean_reboot") == before + 1


def test_a_call_that_leaves_no_trace_is_not_made_twice(house: Inhabited, name: str) -> None:
    """Nobody can tell whether a lost reboot was heard: that is what the error says."""
    house.do("flow.create_vm_from_configured_template", template="deb12", name=name)
    before = house.xenserver.effects("VM.clean_reboot")
    house.xenserver.control("fault", what="lose", method="Async.VM.clean_reboot", when="before")

    with pytest.raises(errors.Unknown, match="nothing tells how it ended"):
        house.do("xenserver.vm.reboot", vm=name)
    assert house.xenserver.effects("VM.clean_reboot") == before


def test_a_busy_object_is_tried_again(house: Inhabited, name: str) -> None:
    """Busy is no refusal: the frame rests and asks again."""
    house.xenserver.control("fault", what="busy", method="Async.VM.clone", count=2)

    assert house.do("xenserver.vm.clone", vm="deb12", name=name)["name_label"] == name
    assert len(house.xenserver.named("VM", name)) == 1


def test_a_refusal_keeps_xenservers_code_and_parameters(house: Inhabited, name: str) -> None:
    """And nothing is left of what was begun."""
    house.xenserver.control(
        "fault", what="refuse", method="Async.VM.provision", code="SR_FULL", params=["1", "2"]
    )

    with pytest.raises(errors.Full) as caught:
        house.do("xenserver.vm.install", template="blank", name=name)

    assert (caught.value.code, caught.value.params) == ("SR_FULL", ["1", "2"])
    assert "undone: VM" in caught.value.message
    assert house.xenserver.named("VM", name) == []


def test_what_was_made_is_kept_when_that_is_wanted(house: Inhabited, name: str) -> None:
    """And listed."""
    house.xenserver.control("fault", what="refuse", method="Async.VM.provision", code="SR_FULL")
    result = house.send("xenserver.vm.install", template="blank", name=name, on_failure="keep")

    with pytest.raises(errors.Full, match=f"kept: VM {name}"):
        result.get(timeout=PATIENCE)

    kept = house.runtime.journal.read(result.id)["fault"]
    (machine,) = house.xenserver.named("VM", name)
    assert machine["uuid"] in kept


def test_an_operation_of_a_defect_ends_in_words(house: Inhabited, name: str) -> None:
    """The worker lives, and the fault keeps the stack trace."""
    house.xenserver.control(
        "fault", what="refuse", method="VM.get_by_name_label", code="NO_SUCH_CODE", params=["x"]
    )
    result = house.send("xenserver.vm.clone", vm=name, name=name)

    with pytest.raises(errors.Unknown, match="NO_SUCH_CODE"):
        result.get(timeout=PATIENCE)
    assert "Traceback" in house.runtime.journal.read(result.id)["fault"]
