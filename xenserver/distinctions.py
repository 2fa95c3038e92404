"""What tells objects of the same name apart, so that a person can choose one.

It is read off the records that were found. Only where and since when a VM runs takes calls.
"""

from collections.abc import Callable, Iterator

from xenserver import errors, object_kinds, values
from xenserver.values import Record

Ask = Callable[..., object]

MOST = 10  # objects that are described
_LONGEST = 60  # characters of a description
_GIB = 1 << 30


def of(ask: Ask, cls: str, record: Record) -> str:
    """Return what is particular to an object: "running on xs1, first try"; nothing if unknown."""
    description = values.text(record.get("name_description", ""))
    return ", ".join([*_facts(ask, cls, record), *([_cut(description)] if description else [])])


def _facts(ask: Ask, cls: str, record: Record) -> Iterator[str]:
    match cls:
        case "VM":
            yield from _vm(ask, record)
        case "SR":
            yield f"{'shared' if record.get('shared') else 'local'} {record.get('type')}"
        case "VDI":
            yield f"{int(str(record.get('virtual_size', 0))) / _GIB:.4g} GiB"
        case "network":
            yield f"bridge {record.get('bridge')}"
        case "host":
            yield f"at {record.get('address')}"
        case "task":
            yield f"{record.get('status')}, since {record.get('created')}"


def _vm(ask: Ask, record: Record) -> Iterator[str]:
    sort = object_kinds.describe(record)
    if sort == "snapshot":
        yield f"snapshot of {record.get('snapshot_time')}"
    elif sort != "VM":
        yield sort
    else:
        yield values.text(record.get("power_state", "")).lower() + _place(ask, record)
        yield from _installed(ask, record)


def _place(ask: Ask, record: Record) -> str:
    """Return where a VM runs and since when; nothing where it runs nowhere."""
    if record.get("resident_on", values.NULL) == values.NULL:
        return ""
    host = _asked(ask, "host.get_name_label", record["resident_on"])
    since = _asked(ask, "VM_metrics.get_start_time", record.get("metrics"))
    return (host and f" on {host}") + (since and f" since {since}")


def _installed(ask: Ask, record: Record) -> Iterator[str]:
    """Yield when a VM was made of a template, where XenServer knows it."""
    when = _asked(ask, "VM_metrics.get_install_time", record.get("metrics"))
    if when:
        yield f"installed {when}"


def _asked(ask: Ask, method: str, ref: object) -> str:
    """Return a text or a time of another object; nothing where it is unknown, or gone meanwhile."""
    if ref in {None, values.NULL}:
        return ""
    try:
        found = values.text(ask(method, ref))
    except errors.XenflowError:
        return ""
    return "" if found == values.NEVER else found


def _cut(text: str) -> str:
    """Return the beginning of a text, in quotation marks and in one line."""
    line = " ".join(text.split())
    return f'"{line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"}"'
