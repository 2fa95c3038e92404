"""A simulated pool whose operations are carried out in the test's own thread.

Bodies are run as the engine runs them: a long one from its top after every suspension point, each
an asynchronous call whose XenServer task is waited for. What its end means, the engine says.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from config.targets import Target
from tasks.engine.declaration import message
from tasks.engine.declaration.answers import Answer
from tasks.engine.declaration.operation import Operation, Steps
from tasks.engine.declaration.suspensions import Address, Call, Follow, Pause, Suspension
from tasks.engine.execution import outcomes
from tasks.engine.execution.outcomes import Result
from tasks.engine.journal.record import Outcome
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
class Harness:
    """A pool, hands to carry operations out, eyes to see what became of it."""

    pool: Pool
    client: Listening = field(default_factory=Listening)
    observer: Sessions = field(default_factory=Sessions)
    transport: str = "json-rpc"
    others: dict[str, Target] = field(default_factory=dict)

    @property
    def target(self) -> Target:
        """Return how the pool is reached."""
        return self.pool.target(transport=self.transport)

    def close(self) -> None:
        """Log out."""
        self.client.close()
        self.observer.close()

    def do(self, operation: Operation, **fields: object) -> Record:
        """Run an operation; return its answer as it goes over the wire."""
        wording = message.check(operation.model, fields)
        own = {name: getattr(wording, name) for name in message.own_fields(operation.model)}
        target = self.target
        memory: dict[str, str] = {}
        results: list[Result] = []
        while True:
            others = self.others.__getitem__
            xen = Xen(self.client, target, memory, replays=operation.is_long, targets=others)
            body = operation.body(xen, **own)
            if isinstance(body, Answer):
                return body.document()
            suspension = _replay(body, results)
            if isinstance(suspension, Answer):
                return suspension.document()
            results.append(_advance(self, target, xen, suspension))

    def see(self, method: str, *params: Value) -> Any:
        """Call the pool behind the operation's back."""
        return self.observer.call(self.target, method, *params)

    def begin(self, method: str, *params: Value) -> str:
        """Begin a call on the pool; return its task's UUID."""
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


def _replay(body: Steps[Answer], results: Sequence[Result]) -> Suspension | Answer:
    """Run a body from its top through the known results; return its next suspension, or answer."""
    step: Callable[[], Suspension] = partial(next, body)
    try:
        suspension = step()
        for result in results:
            suspension = result.resume(body)()
    except StopIteration as end:
        answer: Answer = end.value
        return answer
    return suspension


def _advance(harness: Harness, target: Target, xen: Xen, suspension: Suspension) -> Result:
    client = harness.client
    match suspension:
        case Call():
            try:
                outcome = _ended(client, target, xen.launch(suspension))
            except errors.XenflowError as error:
                outcome = outcomes.failure(error)
        case Follow():
            outcome = _ended(client, target, suspension.ref)
        case Pause():
            outcome = outcomes.success()
        case Address():
            outcome = outcomes.success(_addresses(harness, suspension))
        case _:
            raise AssertionError(f"no operation has such a suspension: {suspension}")
    return outcomes.result(suspension, outcome, "the operation")


def _addresses(harness: Harness, address: Address) -> dict[str, str]:
    """Wait for the addresses of a guest, at no cost of the operation."""
    found: dict[str, str] = {}
    while not found:
        metrics = harness.see("VM.get_guest_metrics", address.vm)
        found = usable(harness.see("VM_guest_metrics.get_networks", metrics), address.wanted)
    return found


def _ended(client: Sessions, target: Target, ref: str) -> Outcome:
    """Wait for the end of a task of XenServer, by a long poll where the server has it."""
    token: str | None = events.START
    while True:
        seen, token = events.changes(client, target, token, 30.0)
        for event in seen:
            if isinstance(event, events.TaskEnd) and event.ref == ref:
                return outcomes.of_end(event)
