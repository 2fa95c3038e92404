"""The frame, in the order it reads: check the message, claim the entry, run the body up to its next leg, launch and park, or answer.

    delivery --check--> message --claim--> turn --body--> answer --finish--> Celery SUCCESS
                                             |  \\--leg--> launch, park ----> Celery RETRY, and the slot is free
                                             \\--error--> busy, unreachable: rest, and try again
                                                         else: let steps settle, undo what was made ----> Celery FAILURE

Nothing here waits. Whatever takes time ends the turn by raising Parked; the same message is sent again when there is something to do, and
the body runs from its top, each finished leg handing back what the journal says of it.
"""

import json
import traceback
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any

from tasks.frame import faults, ledger, message, undoing
from tasks.frame.answers import Answer
from tasks.frame.desk import Desk
from tasks.frame.journal import Entry, Place
from tasks.frame.legs import Expand, Leg
from tasks.frame.operation import Operation
from tasks.frame.scripts import Overtaken
from tasks.frame.travel import GiveWay, Parked, Travel
from xenserver import errors

SETTLING = 30.0  # seconds after which a failing flow looks again whether its open steps have settled
TRANSIENT = (errors.Busy, errors.Unreachable)


@dataclass(frozen=True)
class Delivery:
    """One delivery of a message, as Celery hands it over."""

    id: str
    place: Place
    fields: Mapping[str, Any]
    previous: object
    wire: str
    origin: str
    in_chord: bool
    adopts: Mapping[str, str]


def perform(operation: Operation, delivery: Delivery, desk: Desk) -> dict[str, Any]:
    """Carry an operation as far as it goes now; give its answer, or raise its error, Parked or GiveWay."""
    said, wrong = _checked(operation, delivery)
    entry = desk.journal.claim(
        delivery.id, delivery.place, ledger.first(operation, delivery, said, desk)
    )
    if entry.word == "held":
        raise GiveWay("another delivery of it acts")
    if entry.word == "ended":
        return _told_again(entry, delivery)
    turn = _Turn(operation, delivery, desk, entry, said)
    with desk.holding.hold(entry):
        try:
            return turn.take(wrong)
        except Overtaken:
            raise GiveWay("another delivery has taken it over") from None


def _checked(
    operation: Operation, delivery: Delivery
) -> tuple[message.Message | None, errors.XenflowError | None]:
    try:
        return message.check(operation.model, delivery.fields, delivery.previous), None
    except errors.Refused as refused:
        return None, refused


def _told_again(entry: Entry, delivery: Delivery) -> dict[str, Any]:
    """Give the answer of an ended operation again, unless Celery has passed it on.

    A part of a chord is counted again even so: a flow that is expanded a second time starts its count anew, and Celery counts each part once.
    """
    answer = entry.get("answer")
    if "told" in entry.fields and not (answer is not None and delivery.in_chord):
        raise GiveWay("it has ended, and everybody was told")
    if answer is not None:
        return dict(answer)
    raise faults.error(entry.get("fault"))


class _Turn:
    """One claimed delivery at work."""

    def __init__(
        self,
        operation: Operation,
        delivery: Delivery,
        desk: Desk,
        entry: Entry,
        said: message.Message | None,
    ) -> None:
        self.operation = operation
        self.delivery = delivery
        self.desk = desk
        self.entry = entry
        self.said = said
        self.place = delivery.place

    def take(self, wrong: errors.XenflowError | None) -> dict[str, Any]:
        """Go as far as it goes; every error ends here, in the journal and then with Celery."""
        try:
            return self._go(wrong)
        except (Parked, GiveWay, Overtaken):
            raise
        except TRANSIENT as trouble:
            return self._try_again(trouble)
        except Exception as error:  # noqa: BLE001 - the outermost frame: whatever a body raises is the operation's end
            return self._fall(error)

    def _go(self, wrong: errors.XenflowError | None) -> dict[str, Any]:
        if wrong:
            raise wrong
        if self.entry.word == "fallen":
            raise errors.Cancelled("XENFLOW_NOT_BEGUN", [self.operation.name])
        failing = self.entry.get("failing")
        if failing:
            raise faults.error(failing["error"])
        self.travel = Travel(self.operation, self.said, self.place, self.desk, self.entry)
        return self._finish(self._walk(self._body()))

    def _body(self) -> Any:  # noqa: ANN401 - a plain body gives its answer, a long one its legs
        fields = {name: getattr(self.said, name) for name in message.own_fields(self.operation.model)}
        if self.operation.is_flow:
            return _legs_of_flow(self.operation, fields)
        return self.operation.body(self.travel.body_xen(), **fields)

    def _walk(self, body: Any) -> Answer:  # noqa: ANN401 - see _body
        """Run a body through its legs; a leg that has not landed ends the turn."""
        if not isinstance(body, Generator):
            return body  # type: ignore[no-any-return]  # checked at declaration
        step: Callable[[], Leg] = lambda: next(body)  # noqa: E731 - it changes with every leg
        number = 0
        while True:
            try:
                leg = step()
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # checked at declaration
            outcome = self.travel.pass_leg(str(number), leg)
            if outcome.accepted:
                body.close()
                return outcome.accepted
            step = outcome.resume(body)
            number += 1

    def _finish(self, answer: Answer) -> dict[str, Any]:
        document = answer.document()
        made = undoing.record(self.operation, self.travel) if self.place.flow else []
        woken = self.desk.journal.finish(self.entry, self.place, answer=document, made=made)
        self.desk.post.again(woken)
        return document

    def _try_again(self, trouble: errors.XenflowError) -> dict[str, Any]:
        """Rest after a passing trouble, longer each time; give up when patience or the deadline is over."""
        rest = ledger.patience(self.entry, trouble, self.desk)
        if rest is None:
            return self._fall(trouble)
        self.desk.journal.rest(
            self.entry, until=rest.until, troubles=str(rest.count), trouble=rest.told, trouble_since=rest.since
        )
        raise Parked(f"{trouble.message}; tried again in {rest.seconds:.1f} s")

    # -- the other end -------------------------------------------------------------------------------------------------

    def _fall(self, error: Exception) -> dict[str, Any]:
        """End a failing operation: let open steps settle, undo what was made, then tell."""
        failing = self._failing(error)
        self._let_steps_settle(failing)
        undone = self._undo()
        fault = ledger.fault(failing, undone, keep=self._keeps())
        if self.place.undoes:
            return self._finish_undoing(fault)
        left = undone.left() if self.place.flow else []
        woken = self.desk.journal.finish(self.entry, self.place, fault=fault, made=left)
        self.desk.post.again(woken)
        raise faults.error(fault)

    def _failing(self, error: Exception) -> dict[str, Any]:
        known = self.entry.get("failing")
        if known:
            return dict(known)
        ours = faults.foreign(error)
        if hasattr(self, "travel"):
            ours = self.travel.in_words(ours)
        told = faults.document(ours, "".join(traceback.format_exception(error)))
        failing = {"step": self.entry.id, "name": self.operation.name, "error": told}
        self.desk.journal.write(self.entry, {"failing": json.dumps(failing)})
        return failing

    def _let_steps_settle(self, failing: Mapping[str, Any]) -> None:
        open_steps = self.desk.journal.open_steps(self.entry.id)
        if not open_steps:
            return
        if failing["error"]["type"] in {"Cancelled", "TimedOut"} and failing["step"] == self.entry.id:
            for step in open_steps:
                self.desk.post.again(self.desk.journal.call_off(step, "cancelled")[1])
        self.desk.journal.rest(self.entry, until=self.desk.now() + SETTLING, phase="settling")
        raise Parked(f"{len(open_steps)} steps settle before the flow ends")

    def _keeps(self) -> bool:
        return getattr(self.said, "on_failure", "rollback") == "keep"

    def _undo(self) -> undoing.Undone:
        """Undo what was made, last made first, as steps of this run; give what came of it."""
        if self.said is None or self.entry.word == "fallen":
            return undoing.NOTHING
        if not hasattr(self, "travel"):
            self.travel = Travel(self.operation, self.said, self.place, self.desk, self.entry)
        made = self.entry.get("made_when_failing")
        if made is None:
            made = undoing.made(self.operation, self.travel)
            self.desk.journal.write(self.entry, {"made_when_failing": json.dumps(made)})
        if not made or self._keeps():
            return undoing.Undone(kept=made)
        self.travel.pass_leg("undo", Expand(undoing.canvas(made)), stoppable=False)
        return undoing.outcome(made, self.entry.id, self.desk.journal)

    def _finish_undoing(self, fault: dict[str, Any]) -> dict[str, Any]:
        """Answer a failed undoing: what is gone already is fine, the rest is reported and stops nobody."""
        answer = undoing.answer(fault)
        self.desk.journal.finish(self.entry, self.place, answer=answer)
        return answer


def _legs_of_flow(operation: Operation, fields: Mapping[str, Any]) -> Generator[Leg, Any, Answer]:
    """Give a flow the shape of a long operation: one leg, its canvas."""
    last = yield Expand(operation.body(**fields))
    if operation.shape:
        return operation.shape(fields, last)
    return operation.answer.model_validate(last)
