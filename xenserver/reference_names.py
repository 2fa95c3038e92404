"""Names for the references in an error, so that its message names web01, not OpaqueRef:1f2e."""

import contextlib
from collections.abc import Iterable

from xenserver import errors, values
from xenserver.lookup import Ask
from xenserver.objects import ObjectRef

_NAMED = ("VM", "SR", "VDI", "host", "network")
_NAMELESS = ("VBD", "VIF", "PIF")


def names(ask: Ask, error: errors.XenflowError, objects: Iterable[ObjectRef]) -> dict[str, str]:
    """Return names of the references among the error's parameters; its UUID where it has none.

    Ask XenServer only for what `objects` do not have. A name that cannot be read is not an error.
    """
    known = {one.ref: one for one in objects}
    refs = [param for param in error.params if param.startswith("OpaqueRef:")]
    return {ref: name for ref in refs if (name := _name(ask, ref, known.get(ref)))}


def _name(ask: Ask, ref: str, known: ObjectRef | None) -> str | None:
    if ref == values.NULL:
        return "none"
    if known is None:
        return _asked(ask, ref, _NAMED, "name_label") or _asked(ask, ref, _NAMELESS, "uuid")
    if known.name or known.cls not in _NAMED:
        return str(known)
    return _asked(ask, ref, (known.cls,), "name_label") or known.uuid


def _asked(ask: Ask, ref: str, classes: tuple[str, ...], field: str) -> str | None:
    for cls in classes:
        with contextlib.suppress(errors.XenflowError):
            return values.text(ask(f"{cls}.get_{field}", ref))
    return None
