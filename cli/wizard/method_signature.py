"""The signature of a method: from the published data model, or with counted parameters."""

from simulator.datamodel import Message, Model, Param, Type

_ACTS_ON_ONE = ("set_", "get_", "add_to_", "remove_from_", "add_", "remove_")
_OPAQUE = Type("json")


def known(model: Model, method: str) -> Message | None:
    """Return what the data model says of a method; None where it says nothing."""
    return model.messages.get(method)


def counted(model: Model, method: str, count: int) -> Message:
    """Return a method of which only the number of parameters is known.

    The first parameter of what is named like an accessor of a known class is the object.
    """
    cls, _, name = method.partition(".")
    params = [Param(f"argument_{number}", _OPAQUE) for number in range(1, count + 1)]
    if params and cls in model.classes and name.startswith(_ACTS_ON_ONE):
        params[0] = Param("self", Type("ref", cls))
    return Message(cls, name, tuple(params), _OPAQUE, "", role="", kind="counted")


def is_counted(message: Message) -> bool:
    """Return whether only the number of its parameters is known."""
    return message.kind == "counted"


def reads(message: Message) -> bool:
    """Return whether a method only looks."""
    return message.role == "read-only" or message.name.startswith("get_")


def is_long(message: Message) -> bool:
    """Return whether XenServer works on it as a task, whose result text says all that it gives."""
    kind = message.result
    plain = kind.items[0] if kind.kind == "set" else kind
    is_text = plain.kind in {"void", "ref", "string", "enum"} or kind.kind == "int"
    return message.has_async and is_text and not reads(message)


def holds_secret(message: Message) -> bool:
    """Return whether a parameter is a secret, which has no place in a message."""
    names = [param.name.lower() for param in message.params]
    whole = message.cls == "secret" and message.name in {"create", "set_value"}
    return whole or any(word in name for name in names for word in _SECRETS)


_SECRETS = ("password", "pwd", "private_key", "passphrase")
