"""Writing operations for methods: an error with one is raised before anything is written."""

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from cli.wizard import method_signature, operations_folder, source
from cli.wizard.operations_folder import Location
from cli.wizard.server_methods import ServerMethods
from cli.wizard.source import OperationSource
from simulator.datamodel import Message, Model
from tasks.engine.declaration import catalogue


class Unwritable(Exception):
    """No operation can be written for a method; the text names it and says why."""


def write(
    offers: ServerMethods, model: Model, folder: Path, methods: Sequence[str]
) -> list[Location]:
    """Write an operation for each method; raise Unwritable before any where one cannot be."""
    offered = offers.methods()
    sources = [_source(offers, model, offered, method) for method in dict.fromkeys(methods)]
    for each in sources:
        _check_place(each, operations_folder.path(folder, each))
    return [operations_folder.put(folder, each) for each in sources]


def _check_place(wanted: OperationSource, path: Path) -> None:
    """Refuse what has the name of an operation that is declared elsewhere."""
    there = catalogue.find(wanted.name)
    if there and there.where.rpartition(":")[0] != str(path):
        raise Unwritable(f"{wanted.name} is there already, at {there.where}")


def meanings(model: Model, offered: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each method with its signature, and the operation that does it already."""
    for method in offered:
        there = catalogue.find(source.wire_name(method))
        message = method_signature.known(model, method)
        signature = _signature(message) if message else "not in the published data model"
        yield method, f"{signature}; done by {there.name}" if there else signature


def _source(
    offers: ServerMethods, model: Model, offered: Sequence[str], method: str
) -> OperationSource:
    if method not in offered:
        near = " or ".join(get_close_matches(method, offered, n=3))
        hint = f"; did you mean {near}?" if near else ""
        raise Unwritable(f"the target offers no method {method!r} to write an operation for{hint}")
    message = method_signature.known(model, method) or method_signature.counted(
        model, method, offers.count(method)
    )
    if method_signature.holds_secret(message):
        raise Unwritable(f"{method} takes a secret, which has no place in a message")
    return source.of(message, model)


def _signature(message: Message) -> str:
    params = ", ".join(f"{param.name}: {param.type}" for param in message.params)
    return f"({params}) -> {message.result}"
