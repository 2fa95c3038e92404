"""XenServer is busy, refuses, or the wire loses what was said: one effect, and the right answer."""

import pytest

from tests.living import PATIENCE, Inhabited
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

    kept = house.desk.journal.read(result.id)["fault"]
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
    assert "Traceback" in house.desk.journal.read(result.id)["fault"]
