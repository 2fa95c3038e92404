"""Reader of the `.api` files, one class each.

    class VBD
    since rio
    offers getters get_all get_record

    enum vbd_mode: RO RW

    mode : enum vbd_mode  init  rio  = RO  role vm-admin
    VM   : VM ref         init  rio

    plug(self: VBD ref) -> string  | rio vm-admin sync deprecated boston
        raises DEVICE_ALREADY_ATTACHED

A field has its type, its qualifier (`rw`; `init`: settable by `create` only; `ro`), the release it
came with, its default, the field it is the way back of, and the role that may set it if that is not
pool-operator. A message has its release and role; `sessionless` ones take no session, `sync` ones
have no `Async` form, `hidden` ones are not published, `internal` ones are for hosts of the pool
only. A line that begins with a space continues the one before.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from simulator.datamodel import derived
from simulator.datamodel.model import Class, Field, Link, Message, Param
from simulator.datamodel.types import Type, empty, parse

Enums = Mapping[str, tuple[str, ...]]

_SIGNATURE = re.compile(r"(?P<name>\w+)\((?P<params>.*)\)(?: -> (?P<result>.+?))? +\| (?P<rest>.+)")
_PARAM_COMMA = re.compile(r", (?=\w+: )")
_SCALARS: dict[str, Callable[[str], Any]] = {
    "bool": lambda text: text == "true",
    "int": int,
    "float": float,
}
_GONE = ("deprecated", "removed")


@dataclass(slots=True)
class Sheet:
    """The parsed lines of a class file, before types and defaults."""

    name: str = ""
    since: str = ""
    gone: str = ""
    offers: list[str] = field(default_factory=list)
    enums: dict[str, tuple[str, ...]] = field(default_factory=dict)
    fields: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


def sheet(text: str) -> Sheet:
    """Sort the lines of a file by kind."""
    found = Sheet()
    for line in _whole_lines(text):
        if " | " in line:
            found.messages.append(line)
        elif " : " in line:
            found.fields.append(line)
        else:
            _head(found, line)
    return found


def build(found: Sheet, enums: Enums, links: Mapping[str, Link]) -> Class:
    """Make the class of a sheet, its derived messages included."""
    fields = [_field(line, enums) for line in found.fields]
    return Class(
        found.name,
        found.since,
        {each.name: each for each in fields},
        _messages(found, fields, enums),
        found.enums,
        dict(links),
        stored="get_record" in found.offers,
    )


def back_links(found: Sheet, enums: Enums) -> Iterator[tuple[Link, Link]]:
    """Yield each pair of a reference field and the field that holds its back reference."""
    for each in (_field(line, enums) for line in found.fields):
        if each.back:
            yield each.back, Link(found.name, each.name)


def _head(found: Sheet, line: str) -> None:
    word, _, rest = line.partition(" ")
    match word:
        case "class":
            found.name = rest
        case "since":
            found.since = rest
        case "offers":
            found.offers = rest.split()
        case "enum":
            name, _, values = rest.partition(": ")
            found.enums[name] = tuple(values.split())
        case _:
            found.gone = line


def _whole_lines(text: str) -> Iterator[str]:
    whole = re.sub(r"\n +", " ", text)
    return (line.rstrip() for line in whole.splitlines() if line.strip())


def _field(line: str, enums: Enums) -> Field:
    path, rest = re.split(r" +: ", line, maxsplit=1)
    kind, qualifier, since, *notes = re.split(r" {2,}", rest)
    options = dict(note.split(" ", 1) for note in notes)
    declared = parse(kind)
    default = options.get("=")
    return Field(
        path,
        declared,
        qualifier,
        since,
        value=empty(declared, enums) if default is None else literal(default, declared, enums),
        has_default=default is not None,
        back=Link(*options["back"].split(".")) if "back" in options else None,
        role=options.get("role", "pool-operator"),
        gone=next((f"{word} {options[word]}" for word in _GONE if word in options), ""),
    )


def _messages(found: Sheet, fields: list[Field], enums: Enums) -> dict[str, Message]:
    messages = {message.name: message for message in _derived(found, fields)}
    for line in found.messages:
        stated = _message(found, line, enums)
        messages[stated.name] = _as_derived(stated, messages.get(stated.name))
    return messages


def _derived(found: Sheet, fields: list[Field]) -> Iterator[Message]:
    if "getters" in found.offers:
        for each in fields:
            yield from derived.accessors(found.name, each)
    lookups = [offer for offer in found.offers if offer != "getters"]
    if "get_all_records" in lookups:
        lookups.append("get_all_records_where")
    for name in lookups:
        yield derived.lookup(found.name, name, found.since, found.gone)


def _as_derived(stated: Message, derived_message: Message | None) -> Message:
    """Keep the derived kind of a message that is listed only for its role."""
    if derived_message is None:
        return stated
    return replace(stated, kind=derived_message.kind, field=derived_message.field, has_async=False)


def _message(found: Sheet, line: str, enums: Enums) -> Message:
    signature = _SIGNATURE.fullmatch(line)
    if not signature:
        raise ValueError(f"not a message: {line}")
    stated, _, errors = signature["rest"].partition(" raises ")
    since, role, *words = stated.split()
    gone = [word for word in _GONE if word in words]
    return Message(
        found.name,
        signature["name"],
        tuple(_params(signature["params"], enums)),
        parse(signature["result"] or "void"),
        since,
        role,
        sessionless="sessionless" in words,
        has_async="sync" not in words,
        hidden="hidden" in words,
        internal="internal" in words,
        gone=f"{gone[0]} {words[-1]}" if gone else "",
        errors=tuple(errors.split()),
    )


def _params(text: str, enums: Enums) -> Iterator[Param]:
    for part in _PARAM_COMMA.split(text) if text else []:
        name, _, rest = part.partition(": ")
        kind, equals, default = rest.partition(" = ")
        declared = parse(kind)
        value = literal(default, declared, enums) if equals else None
        yield Param(name, declared, value, optional=bool(equals))


def literal(text: str, kind: Type, enums: Enums) -> Any:  # noqa: ANN401 - any wire value
    """Read a default as the data model writes it."""
    match kind.kind:
        case "set":
            return [literal(part, kind.items[0], enums) for part in _parts(text)]
        case "map":
            pairs = [part.split(" -> ") for part in _parts(text)]
            return {key.strip('"'): literal(value, kind.items[1], enums) for key, value in pairs}
        case "ref" if text in {"Null", "None"}:
            return empty(kind, enums)
        case _:
            return _SCALARS.get(kind.kind, _unquoted)(text)


def _unquoted(text: str) -> str:
    return text.strip('"')


def _parts(text: str) -> list[str]:
    inner = text.strip("{}")
    return inner.split(", ") if inner else []
