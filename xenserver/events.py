"""How tasks of XenServer end, and guests come up: by long poll where the server has it.

    seen, token = changes(sessions, target, "", 25.0)

The token goes into the next poll of the same guests; for others, begin anew. None as a token says:
this server is too old for a long poll (before 6.0), what came is all there is at this moment, and
to wait in between is up to the caller.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from config.targets import Target
from xenserver import errors, values, xmlrpc
from xenserver.session import Sessions
from xenserver.values import Record, Value

TAG = "http:xenflow-operation"
"""Where XenServer keeps, in a task's other_config, the header by which we know the task again."""

START = ""
"""The token to begin with: everything that is, then everything that changes."""


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """A task runs; `progress` is 0.0 to 1.0, and starts anew with each call."""

    ref: str
    progress: float


@dataclass(frozen=True, slots=True)
class TaskEnd:
    """A task ended: `status` is success, failure or cancelled.

    `result` is what it made: text (empty for nothing, a reference, ...) or a list of texts;
    `error_info` is XenServer's code and parameters, empty unless it failed; `tag` is empty unless
    the task is one of ours; `finished` is when, as XenServer writes it.
    """

    ref: str
    status: str
    result: str | list[str]
    error_info: list[str]
    tag: str = ""
    finished: str = ""


@dataclass(frozen=True, slots=True)
class TaskGone:
    """A task was destroyed, or deleted; how it ended is unknown."""

    ref: str


@dataclass(frozen=True, slots=True)
class VmSeen:
    """A VM that is waited for: its power state, and the reference of its guest's metrics."""

    ref: str
    power_state: str
    guest_metrics: str


@dataclass(frozen=True, slots=True)
class GuestSeen:
    """What a guest's agent reports: `networks` such as {"0/ip": "192.0.2.7"}."""

    ref: str
    networks: dict[str, str]


TaskEvent: TypeAlias = "TaskProgress | TaskEnd | TaskGone"
Event: TypeAlias = "TaskEvent | VmSeen | GuestSeen"


@dataclass(frozen=True, slots=True)
class Guests:
    """Whose coming up is looked at beside the tasks: VMs and guest metrics, by reference."""

    vms: frozenset[str] = frozenset()
    metrics: frozenset[str] = frozenset()

    def classes(self) -> list[Value]:
        """Return what `event.from` is to be asked for."""
        vms = [f"vm/{ref}" for ref in sorted(self.vms)]
        return ["task", *vms, *(f"vm_guest_metrics/{ref}" for ref in sorted(self.metrics))]


NOBODY = Guests()


def changes(
    sessions: Sessions,
    target: Target,
    token: str | None,
    timeout: float,
    guests: Guests = NOBODY,
) -> tuple[list[Event], str | None]:
    """Wait up to `timeout` seconds for a change; return what came, and the token for next time."""
    if token is None:
        return _by_reading(sessions, target, guests)
    try:
        return _by_waiting(sessions, target, token, timeout, guests)
    except errors.XenflowError as error:
        match error.code:
            case "MESSAGE_METHOD_UNKNOWN":
                return _by_reading(sessions, target, guests)
            case "EVENT_FROM_TOKEN_PARSE_FAILURE" if token != START:
                return _by_waiting(sessions, target, START, 0.0, guests)
            case _:
                raise


def all_tasks(sessions: Sessions, target: Target) -> dict[str, Record]:
    """Read all tasks there are now, by reference, in one call."""
    return values.records(sessions.call(target, "task.get_all_records"))


def task_event(ref: str, record: Record) -> TaskEvent:
    """Return the event of a task's record."""
    status = values.text(record.get("status"))
    if status in {"pending", "cancelling"}:
        return TaskProgress(ref, _progress(record))
    info = values.texts(record.get("error_info", []))
    made = xmlrpc.made(values.text(record.get("result", "")))
    finished = values.text(record.get("finished", ""))
    return TaskEnd(ref, status, made, info, _tag(record), finished)


def vm_seen(ref: str, record: Record) -> VmSeen:
    """Return the event of a VM's record."""
    state, metrics = record.get("power_state"), record.get("guest_metrics")
    return VmSeen(ref, values.text(state), values.text(metrics))


def guest_seen(ref: str, record: Record) -> GuestSeen:
    """Return the addresses in the record of a guest's metrics."""
    networks = values.record(record.get("networks", {}))
    return GuestSeen(ref, {key: str(address) for key, address in networks.items()})


def _by_reading(sessions: Sessions, target: Target, guests: Guests) -> tuple[list[Event], None]:
    seen: list[Event] = [
        task_event(ref, record) for ref, record in all_tasks(sessions, target).items()
    ]
    if guests.vms:
        seen += _read(sessions, target, "VM", guests.vms, vm_seen)
        seen += _read(sessions, target, "VM_guest_metrics", guests.metrics, guest_seen)
    return seen, None


def _read(
    sessions: Sessions,
    target: Target,
    cls: str,
    wanted: frozenset[str],
    build: Callable[[str, Record], Event],
) -> list[Event]:
    records = values.records(sessions.call(target, f"{cls}.get_all_records"))
    return [build(ref, record) for ref, record in records.items() if ref in wanted]


def _by_waiting(
    sessions: Sessions, target: Target, token: str, timeout: float, guests: Guests
) -> tuple[list[Event], str]:
    limit = timeout + target.timeout
    asked: tuple[Value, ...] = (guests.classes(), token, float(timeout))
    reply = values.record(sessions.call(target, "event.from", *asked, timeout=limit))
    return list(_events(values.each(reply.get("events")))), values.text(reply.get("token"))


def _events(events: Iterable[Record]) -> Iterator[Event]:
    for event in events:
        ref = values.text(event.get("ref"))
        match event:
            case {"class": "task", "snapshot": dict(snapshot)}:
                yield task_event(ref, snapshot)
            case {"class": "task", "operation": "del"}:
                yield TaskGone(ref)
            case {"class": "vm", "snapshot": dict(snapshot)}:
                yield vm_seen(ref, snapshot)
            case {"class": "vm_guest_metrics", "snapshot": dict(snapshot)}:
                yield guest_seen(ref, snapshot)


def _tag(record: Record) -> str:
    other_config = record.get("other_config")
    tag = other_config.get(TAG) if isinstance(other_config, dict) else None
    return tag if isinstance(tag, str) else ""


def _progress(record: Record) -> float:
    progress = record.get("progress")
    return float(progress) if isinstance(progress, int | float) else 0.0
