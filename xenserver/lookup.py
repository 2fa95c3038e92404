"""Find one object by its UUID or its name.

A UUID costs one call, a name two: XenServer is asked for no more unless something is amiss, and
then for as much as helps to say what.
"""

import contextlib
import re
from collections.abc import Callable

from xenserver import distinctions, errors, object_kinds, values
from xenserver.object_kinds import Kind
from xenserver.objects import ObjectRef
from xenserver.values import Record

Ask = Callable[..., object]

_INCLUDING = {  # fields of vm.find
    "template": ("include_templates",),
    "vm_or_template": ("include_templates",),
    "snapshot": ("include_snapshots",),
    "vm_template_or_snapshot": ("include_templates", "include_snapshots"),
}
_WORDS = {  # kinds that messages call by another word
    "vm_or_template": "VM or template",
    "vm_template_or_snapshot": "VM, template or snapshot",
}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_uuid(text: str) -> bool:
    """Return whether a text that means an object is its UUID; it is its name otherwise."""
    return bool(_UUID.fullmatch(text))


def spelled_once(text: str) -> str:
    """Return the one spelling of what means an object: a UUID is the same in any case."""
    return text.lower() if is_uuid(text) else text


def find(ask: Ask, kind: Kind, text: str) -> ObjectRef:
    """Return the one object of this kind that `text`, a UUID or a name, means.

    Raises Missing (XENFLOW_NO_SUCH_OBJECT), Ambiguous (XENFLOW_AMBIGUOUS_NAME, candidates' UUIDs in
    the parameters), or Refused (XENFLOW_WRONG_CLASS) for the UUID of another kind of object.
    """
    return _by_uuid(ask, kind, text.lower()) if is_uuid(text) else _by_name(ask, kind, text)


def _by_uuid(ask: Ask, kind: Kind, uuid: str) -> ObjectRef:
    ref = _ref_of(ask, kind.cls, uuid)
    if ref is None:
        raise _explained(ask, kind, uuid)
    if not kind.by_uuid_too:
        return ObjectRef(kind.cls, ref, uuid)
    record = values.record(ask(f"{kind.cls}.get_record", ref))
    if not kind.fits(record):
        raise _wrong(kind, uuid, object_kinds.describe(record))
    return _object(kind, ref, record)


def _by_name(ask: Ask, kind: Kind, name: str) -> ObjectRef:
    if not kind.named:
        raise _missing(kind, name, f"a {kind.word.upper()} has no name; give its UUID")
    records = _named(ask, kind.cls, name)
    meant = _meant(kind, records)
    match list(meant):
        case [ref]:
            return _object(kind, ref, meant[ref])
        case []:
            raise _missing(kind, name, _hint(kind, name, list(records.values())))
        case _:
            raise _ambiguous(ask, kind, name, list(meant.values()))


def _meant(kind: Kind, records: dict[str, Record]) -> dict[str, Record]:
    fitting = {ref: record for ref, record in records.items() if kind.fits(record)}
    if kind.rather is None:
        return fitting
    rather = {ref: record for ref, record in fitting.items() if kind.rather(record)}
    return rather or fitting


def _named(ask: Ask, cls: str, name: str) -> dict[str, Record]:
    """Return all objects with the name, without those that vanish meanwhile."""
    records = {}
    for ref in values.texts(ask(f"{cls}.get_by_name_label", name)):
        with contextlib.suppress(errors.Missing):
            records[ref] = values.record(ask(f"{cls}.get_record", ref))
    return records


def _object(kind: Kind, ref: str, record: Record) -> ObjectRef:
    name = record.get("name_label", "")
    return ObjectRef(kind.cls, ref, values.text(record.get("uuid")), values.text(name))


def _ref_of(ask: Ask, cls: str, uuid: str) -> str | None:
    try:
        return values.ref(ask(f"{cls}.get_by_uuid", uuid))
    except errors.Missing:
        return None


def _explained(ask: Ask, kind: Kind, uuid: str) -> errors.XenflowError:
    """Ask the other classes whose UUID it is, now that it is not the one wanted."""
    for cls in sorted(set(object_kinds.CLASSES.values()) - {kind.cls}):
        if _ref_of(ask, cls, uuid):
            return _wrong(kind, uuid, cls)
    return _missing(kind, uuid, f"no {_label(kind)} has the UUID {uuid}; {_advice(kind)}")


def _hint(kind: Kind, name: str, others: list[Record]) -> str:
    if not others:
        return f"no {_label(kind)} is named {name}; {_advice(kind)}"
    sorts = sorted(
        {object_kinds.describe(other) if kind.cls == "VM" else "snapshot" for other in others}
    )
    text = f"no {_label(kind)} is named {name}, though a {' and a '.join(sorts)} is"
    return "; ".join([text, *(kind.instead[sort] for sort in sorts if sort in kind.instead)])


def _advice(kind: Kind) -> str:
    """Name the look-up, as a message and as a command."""
    noun, fields = kind.cls.lower(), _INCLUDING.get(kind.word, ())
    given = "".join(f", {name}=true" for name in fields)
    options = "".join(f" --{name.replace('_', '-')}" for name in fields)
    return f"list them with xenserver.{noun}.find{given} (`xenflow {noun} find{options}`)"


def _label(kind: Kind) -> str:
    return kind.cls if kind.word == kind.cls.lower() else _WORDS.get(kind.word, kind.word)


def _plural(label: str) -> str:
    """Return the plural of a label, of each noun in it: "VMs or templates"."""
    return re.sub(r"(?=, | or |$)", "s", label)


def _missing(kind: Kind, text: str, hint: str) -> errors.XenflowError:
    return errors.from_api("XENFLOW_NO_SUCH_OBJECT", [_label(kind), text], text=hint)


def _ambiguous(ask: Ask, kind: Kind, name: str, found: list[Record]) -> errors.XenflowError:
    by_uuid = {values.text(record.get("uuid")): record for record in found}
    uuids = sorted(by_uuid)
    count = f"{len(uuids)} {_plural(_label(kind))}"
    chosen = [_distinguished(ask, kind, by_uuid[uuid]) for uuid in uuids[: distinctions.MOST]]
    listed = ", ".join([*chosen, *uuids[distinctions.MOST :]])
    text = f"{count} are named {name}; give one's UUID: {listed}"
    if kind.word == "sr":
        text += f"; or take the one with most room, where disks are made: @room:{name}"
    return errors.from_api("XENFLOW_AMBIGUOUS_NAME", [_label(kind), name, *uuids], text=text)


def _distinguished(ask: Ask, kind: Kind, record: Record) -> str:
    """Return the UUID of one of several, and what is particular to it."""
    particular = distinctions.of(ask, kind.cls, record)
    return f"{record.get('uuid')}{particular and f' ({particular})'}"


def _wrong(kind: Kind, uuid: str, seen: str) -> errors.XenflowError:
    label = _label(kind)
    advice = kind.instead.get(seen, f"give the UUID of a {label}")
    text = f"{uuid} is the UUID of a {seen}, not of a {label}; {advice}"
    return errors.from_api("XENFLOW_WRONG_CLASS", [label, uuid, seen], text=text)
