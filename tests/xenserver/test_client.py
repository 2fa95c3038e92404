"""The rest of what a body gets, and what it never sees twice."""

import pytest

from config.targets import Target
from tests.xenserver.pools import Pool
from xenserver import errors, object_kinds
from xenserver.client import Find, Search, Uuid, Xen
from xenserver.session import Sessions

PLAINLY = (False, False)  # neither paused nor forced


def test_a_uuid_is_asked_for_once(xen: Xen, sessions: Sessions) -> None:
    """A reference keeps its UUID for life."""
    vm = xen.find.vm("web01")

    assert [xen.uuid.vm(vm.ref), xen.uuid.vm(vm.ref), xen.uuid.vm(vm)] == [vm.uuid] * 3
    assert sessions.counter.calls["VM.get_uuid"] == 1


def test_what_was_looked_up_lasts_longer_than_the_process(
    sessions: Sessions, target: Target
) -> None:
    """It is text, which the journal stores."""
    memory: dict[str, str] = {}
    vm = Xen(sessions, target, memory).find.vm("web01")
    before = sessions.counter.calls.total()

    assert Xen(sessions, target, memory).find.vm("web01") == vm
    assert sessions.counter.calls.total() == before


def test_a_body_that_runs_again_reads_what_it_read(sessions: Sessions, target: Target) -> None:
    memory: dict[str, str] = {}
    first = Xen(sessions, target, memory, replays=True)
    vm = first.find.vm("web01")
    seen = first.VM.get_power_state(vm), first.search.vm(name="web01")
    first.VM.pause(vm)

    again = Xen(sessions, target, memory, replays=True)

    assert (again.VM.get_power_state(vm), again.search.vm(name="web01")) == seen


def test_a_refusal_is_worded_with_names(xen: Xen) -> None:
    """Of what was looked up, and of what was not."""
    vm = xen.find.vm("web01")

    with pytest.raises(errors.Refused) as caught:
        xen.VM.start(vm, *PLAINLY)

    assert str(xen.with_names(caught.value)) == (
        "VM web01 is running; it must be halted (VM_BAD_POWER_STATE)"
    )


def test_an_object_found_by_uuid_is_named_by_its_name(sessions: Sessions, target: Target) -> None:
    """The name is read only when it is needed."""
    uuid = Xen(sessions, target).find.vm("web01").uuid
    xen = Xen(sessions, target)
    error = errors.from_api("VM_BAD_POWER_STATE", [xen.find.vm(uuid).ref, "halted", "running"])

    assert "VM web01 is running" in str(xen.with_names(error))


def test_what_has_no_name_is_named_by_its_uuid(xen: Xen) -> None:
    (ref,) = xen.VM.get_VBDs(xen.find.vm("web01"))
    error = errors.from_api("DEVICE_ALREADY_ATTACHED", [ref])

    assert str(xen.with_names(error)).startswith(f"{xen.uuid.vbd(ref)} is already attached")


def test_an_error_is_worded_even_if_nobody_answers(xen: Xen, pool: Pool) -> None:
    """Its references stay then."""
    error = errors.from_api("VDI_IN_USE", ["OpaqueRef:unknown"])
    pool.do("fault", what="lose", method="*", count=-1)

    assert "OpaqueRef:unknown is in use" in str(xen.with_names(error))


@pytest.mark.parametrize("part", [Find, Uuid, Search])
def test_every_kind_of_thing_is_named_in_every_part(part: type) -> None:
    """What a body can spell is what its editor can show."""
    spelt = set(part.__annotations__)

    assert spelt <= set(object_kinds.KINDS)
    assert {object_kinds.CLASSES[word] for word in spelt} == set(object_kinds.CLASSES.values())
