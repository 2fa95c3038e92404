"""Calls as values."""

import pytest

from xenserver import calls
from xenserver.objects import Call, ObjectRef

VM = ObjectRef("VM", "OpaqueRef:vm", "11111111-2222-3333-4444-555555555555", "web01")


def test_a_call_is_a_value() -> None:
    """Class and verb make the method name; building a call sends nothing."""
    assert calls.Async().VM.clone("ref", "web02") == Call("VM.clone", ("ref", "web02"))


def test_a_thing_passes_where_a_reference_is_wanted() -> None:
    call = calls.Async().VBD.create({"VM": VM, "VDI": None, "sizes": [1, VM], "empty": True})

    assert call.params == (
        {
            "VM": "OpaqueRef:vm",
            "VDI": "OpaqueRef:NULL",
            "sizes": [1, "OpaqueRef:vm"],
            "empty": True,
        },
    )


def test_what_xenserver_has_no_type_for_is_an_error_where_it_is_written() -> None:
    """A set or an object would fail later, elsewhere, with another message."""
    with pytest.raises(TypeError, match="takes no set"):
        calls.Async().VM.set_tags("ref", {"a"})


def test_the_same_spelling_makes_a_call_at_once() -> None:
    """The finished call is passed to the caller."""
    asked: list[Call] = []

    calls.Calls(asked.append).VM.get_power_state(VM)

    assert asked == [Call("VM.get_power_state", ("OpaqueRef:vm",))]


def test_an_object_is_named_by_its_name_or_else_its_uuid() -> None:
    """Messages prefer the name."""
    assert str(VM) == "web01"
    assert str(ObjectRef("VIF", "OpaqueRef:vif", VM.uuid)) == VM.uuid


def test_a_thing_survives_being_written_down() -> None:
    """What was looked up is kept with the operation, as text."""
    assert ObjectRef.from_json(VM.to_json()) == VM
