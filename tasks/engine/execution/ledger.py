"""What an entry begins and ends with, and how long a passing trouble is borne."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasks.engine.declaration import message
from tasks.engine.messages import publisher
from xenserver import errors

if TYPE_CHECKING:
    from tasks.engine.declaration.operation import Operation
    from tasks.engine.execution.executor import Delivery
    from tasks.engine.execution.rollback import Undone
    from tasks.engine.execution.runtime import Runtime
    from tasks.engine.journal.journal import Entry

LONGEST_REST = 30.0  # seconds between two tries of a busy object or an unreachable XenServer


def first(
    operation: "Operation",
    delivery: "Delivery",
    said: "message.Message | errors.Refused",
    runtime: "Runtime",
) -> dict[str, str]:
    """Return the fields with which an entry begins."""
    good = said if isinstance(said, message.Message) else None
    timeout = (good.timeout if good else None) or runtime.settings.timeout
    fields = {
        "name": operation.name,
        "root": delivery.place.root,
        "path": publisher.path_text(delivery.place.path),
        "inputs": json.dumps(message.masked(delivery.fields), default=str),
        "origin": delivery.origin,
        "deadline": str(runtime.now() + timeout),
        **delivery.adopts,
    }
    if delivery.place.undoes:
        fields["undoes"] = "1"
    if delivery.revoked:
        fields["called_off"] = "revoked"
    if good:
        fields["message"] = delivery.wire
        fields["target"] = good.hostname or good.target
    return fields


def is_of_another_message(entry: "Entry", first: Mapping[str, str]) -> bool:
    """Return whether an entry was begun by a message that asks for something else."""
    begun, asked = (
        (fields["name"], json.loads(fields["inputs"])) for fields in (entry.fields, first)
    )
    return bool(begun != asked)


def label(entry: "Entry", number: str) -> str:
    """Return the label of a leg: its number, and how often it was begun again."""
    tried = entry.fields.get(f"try:{number}")
    return f"{number}.{tried}" if tried else number


@dataclass(frozen=True)
class Rest:
    """A rest after a trouble."""

    seconds: float
    until: float
    count: int
    told: str
    since: str


def patience(entry: "Entry", trouble: errors.XenflowError, runtime: "Runtime") -> Rest | None:
    """Return the rest to take after a passing trouble; None when patience or the deadline is over.

    Rests double, with full jitter. An unreachable XenServer is retried for `unreachable_timeout`
    while nothing is in flight there; a busy object, or a XenServer with work of ours, until
    the deadline.
    """
    now = runtime.now()
    since = entry.number("trouble_since") or now
    in_flight = any(name.startswith(("leg:", "ref:")) for name in entry.fields)
    limit = entry.number("deadline")
    if isinstance(trouble, errors.Unreachable) and not in_flight:
        limit = min(limit, since + runtime.settings.unreachable_timeout)
    if now >= limit or "called_off" in entry.fields:
        return None
    count = int(entry.number("troubles")) + 1
    seconds = min(random.uniform(0.5, 1.0) * 2 ** min(count - 1, 10), LONGEST_REST)  # noqa: S311 - jitter, not a secret
    return Rest(seconds, min(now + seconds, limit), count, trouble.message, str(since))


def fault(failing: Mapping[str, Any], undone: "Undone", *, keep: bool) -> dict[str, Any]:
    """Return the end of a failure: its first error, the fallen step, what was undone or kept."""
    told = dict(failing["error"])
    ended = undone.told(keep=keep)
    return {
        **told,
        "message": told["message"] + (f"; {ended}" if ended else ""),
        "step": failing["step"],
        "step_name": failing["name"],
        **undone.document(),
    }
