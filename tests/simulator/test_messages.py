"""Messages that clients leave and look for."""

from typing import Any

EPOCH = "19700101T00:00:00Z"


def test_a_message_is_left_about_an_object_that_exists(xen: Any, halted: str) -> None:
    """Any client may; it is found by its object."""
    uuid = xen("VM.get_uuid", halted)

    ref = xen("message.create", "HELLO", 3, "VM", uuid, "text")

    (found,) = xen("message.get", "VM", uuid, EPOCH).items()
    assert found[0] == ref
    assert (found[1]["name"], int(found[1]["priority"]), found[1]["body"]) == ("HELLO", 3, "text")
    assert xen.refusal("message.create", "HELLO", 3, "VM", "none", "") == [
        "UUID_INVALID",
        "VM",
        "none",
    ]


def test_messages_are_destroyed_one_or_many(xen: Any, halted: str) -> None:
    """Many go together or not at all."""
    uuid = xen("VM.get_uuid", halted)
    one, two, three = (xen("message.create", name, 1, "VM", uuid, "") for name in "abc")
    xen("message.destroy", one)

    refusal = xen.refusal("message.destroy_many", [two, one])

    assert refusal == ["HANDLE_INVALID", "message", one]
    xen("message.destroy_many", [two, three])
    assert xen("message.get_since", EPOCH) == {}
