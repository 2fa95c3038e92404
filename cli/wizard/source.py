"""The text of one operation: its decorator, signature, docstring and body."""

import keyword
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cli.wizard import body, fields, formatting, method_signature
from cli.wizard.fields import Field, Import
from simulator.datamodel import Message, Model
from tasks.engine.declaration.operation import Undo


@dataclass(frozen=True)
class OperationSource:
    """An operation as text, its name on the wire, and where in the folder it belongs."""

    noun: str
    function: str
    text: str
    imports: frozenset[Import]

    @property
    def name(self) -> str:
        """The name on the wire."""
        return _wire(self.noun, self.function)


def of(message: Message, model: Model) -> OperationSource:
    """Write the operation that does what a method does."""
    taken = fields.of(message, model.enums)
    does = body.of(message, taken, model)
    noun, function = _names(message.method)
    lines = [
        *_decorator(message, noun, function),
        *formatting.call(f"def {function}(", _parameters(taken), f") -> {does.answer}:", indent=""),
        *formatting.docstring(_documentation(message)),
        *does.lines,
    ]
    imports = {
        (body.OPERATION, "operation"),
        ("xenserver.client", "Xen"),
        *does.imports,
        *(needed for field in taken for needed in field.imports),
    }
    if _undo(message):
        imports.add((body.OPERATION, "Undo"))
    return OperationSource(noun, function, "\n".join(lines) + "\n", frozenset(imports))


def wire_name(method: str) -> str:
    """Return the name on the wire of the operation that is written for a method."""
    return _wire(*_names(method))


def _wire(noun: str, function: str) -> str:
    return f"xenserver.{noun}.{function.removesuffix('_')}"


def _names(method: str) -> tuple[str, str]:
    """Return the noun and the function that a method is written as."""
    cls, _, name = method.partition(".")
    function = name.lower()
    return cls.lower(), f"{function}_" if keyword.iskeyword(function) else function


def _decorator(message: Message, noun: str, function: str) -> Iterator[str]:
    arguments = []
    if method_signature.reads(message):
        arguments.append('queue="find"')
    undo = _undo(message)
    if undo:
        arguments.append(f'undo=Undo("{undo.name}", "{undo.field}")')
    if function.endswith("_"):
        arguments.append(f'name="{_wire(noun, function)}"')
    yield from formatting.call("@operation(", arguments, indent="")


def _undo(message: Message) -> Undo | None:
    """Return what undoes a creation, so that a flow that fails leaves nothing behind."""
    return _UNDOING.get(message.result.name) if message.method in _MAKING else None


_MAKING = frozenset(
    {
        *("VM.clone", "VM.copy", "VM.create", "VM.snapshot", "VM.checkpoint"),
        *("VDI.clone", "VDI.create", "VDI.snapshot", "VBD.create", "VIF.create"),
        "network.create",
    }
)  # without VDI.copy, which may write into a disk that was there
_UNDOING = {
    "VM": Undo("xenserver.vm.discard", "vm"),
    "VDI": Undo("xenserver.vdi.destroy", "vdi"),
    "VBD": Undo("xenserver.vbd.destroy", "vbd"),
    "VIF": Undo("xenserver.vif.destroy", "vif"),
    "network": Undo("xenserver.network.destroy", "network"),
}


def _parameters(taken: Sequence[Field]) -> list[str]:
    """Write the parameters, those without a default first."""
    ordered = sorted(taken, key=lambda field: bool(field.default))
    return ["xen: Xen", *(["*"] if taken else []), *map(_parameter, ordered)]


def _parameter(field: Field) -> str:
    annotation = field.written.annotation
    if not field.default:
        return f"{field.name}: {annotation}"
    may_be_none = " | None" if field.default == "None" else ""
    return f"{field.name}: {annotation}{may_be_none} = {field.default}"


def _documentation(message: Message) -> Iterator[str]:
    yield _sentence(message)
    if method_signature.is_counted(message):
        yield (
            "The published data model does not know the method, so its parameters were counted "
            "only: give them names and types here."
        )
    if message.errors:
        yield f"XenServer may refuse with {', '.join(dict.fromkeys(message.errors))}."
    if message.gone:
        yield f"XenServer calls the method {message.gone}."


def _sentence(message: Message) -> str:
    sentence = _SENTENCES.get(message.kind, "Call {method} of XenServer.")
    return sentence.format(method=message.method, cls=message.cls, field=message.field)


_SENTENCES = {
    "get": "Return {field} of one {cls}.",
    "set": "Set {field} of one {cls}.",
    "add_to": "Put a key with its value into {field} of one {cls}.",
    "remove_from": "Take a key out of {field} of one {cls}.",
    "add": "Add a value to {field} of one {cls}.",
    "remove": "Remove a value from {field} of one {cls}.",
}
