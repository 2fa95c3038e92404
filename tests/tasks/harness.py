"""A simulated pool whose operations are carried out in the test's own thread.

Bodies are run as the frame runs them: a long one from its top after every leg, each leg an
asynchronous call whose XenServer task is waited for. Nothing else of the frame is here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from config.targets import Target
from tasks.engine.declaration import message
from tasks.engine.declaration.answers import Answer
from tasks.engine.declaration.operation import Operation, Steps
from tasks.engine.declaration.suspensions import Address, Call, Follow, Leg, Pause
from tests.xenserver.pools import Pool
from xenserver import errors, events
from xenserver.client import Xen
from xenserver.guest_addresses import usable
from xenserver.session import Sessions
from xenserver.values import Value

Record = dict[str, Any]


class Listening(Sessions):
    """Sessions that remember what was called, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def call(
        self,
        target: Target,
        method: str,
        *params: Value,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Value:
        """Call, and remember the method."""
        if method != "event.from":
            self.heard.append(method)
        return super().call(target, method, *params, headers=headers, timeout=timeout)


@dataclass
class Lab:
    """A pool, hands to carry operations out, eyes to see what became of it."""

    pool: Pool
    hands: Listening = field(default_factory=Listening)
    eyes: Sessions = field(default_factory=Sessions)
    transport: str = "json-rpc"

    @property
    def target(self) -> Target:
        """Return how the pool is reached."""
        return self.pool.target(transport=self.transport)

    def close(self) -> None:
        """Log out."""
        self.hands.close()
        self.eyes.close()

    def do(self, operation: Operation, **fields: object) -> Record:
        """Carry an operation out; return its answer as it goes over the wire."""
        said = message.check(operation.model, fields)
        own = {name: getattr(said, name) for name in message.own_fields(operation.model)}
        target = self.target
        memory: dict[str, str] = {}
        outcomes: list[Any] = []
        while True:
            xen = Xen(self.hands, target, memory, replays=operation.is_long)
            body = operation.body(xen, **own)
            if isinstance(body, Answer):
                return body.document()
            leg = _replay(body, outcomes)
            if isinstance(leg, Answer):
                return leg.document()
            outcomes.append(_pass(self, target, xen, leg))

    def see(self, method: str, *params: Value) -> Any:
        """Call the pool behind the operation's back."""
        return self.eyes.call(self.target, method, *params)

    def begin(self, method: str, *params: Value) -> str:
        """Have the pool begin a call; return its task's UUID."""
        return str(self.see("task.get_uuid", self.see(f"Async.{method}", *params)))

    def all(self, cls: str) -> dict[str, Record]:
        """Read all records of a class, by reference."""
        return dict(self.see(f"{cls}.get_all_records"))

    def ref(self, cls: str, text: str) -> str:
        """Return the reference of the one object of that name or UUID."""
        [found] = [
            ref
            for ref, record in self.all(cls).items()
            if text in {record["uuid"], record.get("name_label")}
        ]
        return found

    def record(self, cls: str, text: str) -> Record:
        """Return the record of the one object of that name or UUID."""
        return self.all(cls)[self.ref(cls, text)]

    def uuid(self, cls: str, name: str) -> str:
        """Return the UUID of the one object of that name."""
        return str(self.record(cls, name)["uuid"])

    def exists(self, cls: str, uuid: str) -> bool:
        """Return whether an object is still there."""
        return uuid in {record["uuid"] for record in self.all(cls).values()}

    def devices(self, cls: str, vm: str, **wanted: object) -> list[Record]:
        """Return the devices (VBDs, VIFs) of a VM, those whose fields are as wanted."""
        ref = self.ref("VM", vm)
        return [
            record
            for record in self.all(cls).values()
            if record["VM"] == ref and wanted.items() <= record.items()
        ]

    def state(self, vm: str) -> str:
        """Return the power state of a VM."""
        return str(self.record("VM", vm)["power_state"])

    def started(self, vm: str) -> str:
        """Start a halted VM behind the operations' back; return its UUID."""
        self.see("VM.start", self.ref("VM", vm), False, False)  # noqa: FBT003 - in wire order
        return self.uuid("VM", vm)

    def snapshot_of(self, vm: str, name: str) -> str:
        """Make a snapshot behind the operations' back; return its UUID."""
        made = self.see("VM.snapshot", self.ref("VM", vm), name)
        return str(self.see("VM.get_uuid", made))


def _replay(body: Steps[Answer], outcomes: Sequence[object]) -> Leg | Answer:
    """Run a body from its top through the known outcomes; return its next leg, or answer."""
    try:
        leg = next(body)
        for outcome in outcomes:
            leg = body.throw(outcome) if isinstance(outcome, Exception) else body.send(outcome)
    except StopIteration as end:
        answer: Answer = end.value
        return answer
    return leg


def _pass(lab: "Lab", target: Target, xen: Xen, leg: Leg) -> object:
    hands = lab.hands
    match leg:
        case Call():
            try:
                return _ended(hands, target, xen.launch(leg)).outcome()
            except errors.XenflowError as error:
                return error
        case Follow():
            return _told(leg, _ended(hands, target, leg.ref))
        case Pause():
            return None
        case Address():
            return _addresses(lab, leg)
    raise AssertionError(f"no operation has such a leg: {leg}")


def _addresses(lab: "Lab", leg: Address) -> dict[str, str]:
    """Wait for the addresses of a guest, at no cost of the operation."""
    found: dict[str, str] = {}
    while not found:
        metrics = lab.see("VM.get_guest_metrics", leg.vm)
        found = usable(lab.see("VM_guest_metrics.get_networks", metrics), leg.wanted)
    return found


def _told(leg: Follow, end: events.TaskEnd) -> Mapping[str, Any] | errors.XenflowError:
    if end.status != "success" and not leg.any_end:
        return end.error()
    return {
        "status": end.status,
        "result": end.result,
        "error_info": end.error_info,
        "finished": end.finished,
    }


def _ended(hands: Sessions, target: Target, ref: str) -> events.TaskEnd:
    """Wait for the end of a task of XenServer, by a long poll where the server has it."""
    token: str | None = events.START
    while True:
        seen, token = events.changes(hands, target, token, 30.0)
        for event in seen:
            if isinstance(event, events.TaskEnd) and event.ref == ref:
                return event
