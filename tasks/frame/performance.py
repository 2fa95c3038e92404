r"""The frame as it reads: check the message, claim its entry, run the body to its next leg.

    delivery --check--> message --claim--> turn --body--> answer --finish--> Celery SUCCESS
                                             |  \--leg--> launch, park ----> Celery RETRY, slot free
                                             \--error--> busy, unreachable: rest, and try again
                                                         else: let steps settle, undo what was made,
                                                         then Celery FAILURE

Nothing here waits. Whatever takes time ends the turn by raising Parked; the same message is sent
again when there is something to do, and the body runs from its top, each finished leg handing back
what the journal says of it.
"""

import json
import traceback
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any

from tasks.frame import faults, ledger, message, stopping, travel, undoing
from tasks.frame.answers import Answer
from tasks.frame.desk import Desk
from tasks.frame.journal import Entry, Place
from tasks.frame.legs import Expand, Leg
from tasks.frame.operation import Operation
from tasks.frame.scripts import Overtaken
from tasks.frame.turn import GiveWay, Parked, Turn
from xenserver import errors

SETTLING = 30.0  # seconds after which a failing operation looks at its open steps again
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
    revoked: bool
    is_kept: Callable[[], bool]


def perform(operation: Operation, delivery: Delivery, desk: Desk) -> dict[str, Any]:
    """Carry an operation on; give its answer, or raise its error, Parked or GiveWay."""
    said = _checked(operation, delivery)
    first = ledger.first(operation, delivery, said, desk)
    entry = desk.journal.claim(delivery.id, delivery.place, first)
    if entry.word == "held":
        raise GiveWay("another delivery of it acts")
    if entry.word == "ended":
        return _tell_again(entry, delivery)
    with desk.holding.hold(entry):
        try:
            if ledger.is_of_another_message(entry, first):
                desk.journal.rest(entry, until=desk.now())
                raise GiveWay("its id is that of another message, which goes on")
            if isinstance(said, errors.Refused):
                raise _refuse(entry, delivery.place, desk, operation, said)
            return _take(Turn(operation, said, delivery.place, desk, entry))
        except Overtaken:
            raise GiveWay("another delivery has taken it over") from None


def _checked(operation: Operation, delivery: Delivery) -> message.Message | errors.Refused:
    try:
        message.check_id(delivery.id)
        return message.check(operation.model, delivery.fields, delivery.previous)
    except errors.Refused as refused:
        return refused


def _refuse(
    entry: Entry, place: Place, desk: Desk, operation: Operation, wrong: errors.Refused
) -> errors.Refused:
    """End an operation whose message is wrong: it has made nothing."""
    told = faults.document(wrong, "".join(traceback.format_exception(wrong)))
    failing = {"step": entry.id, "name": operation.name, "error": told}
    fault = ledger.fault(failing, undoing.NOTHING, keep=False)
    desk.post.again(desk.journal.finish(entry, place, fault=fault))
    return wrong


def _tell_again(entry: Entry, delivery: Delivery) -> dict[str, Any]:
    """Give the answer of an ended operation again, unless Celery has passed it on and keeps it.

    A part of a chord is counted again even so: a flow that is expanded a second time starts its
    count anew, and Celery counts each part once.
    """
    answer = entry.get("answer")
    counts = answer is not None and delivery.in_chord
    if "told" in entry.fields and not counts and delivery.is_kept():
        raise GiveWay("it has ended, and everybody was told")
    if answer is not None:
        return dict(answer)
    raise faults.error(entry.get("fault"))


def _take(turn: Turn) -> dict[str, Any]:
    """Go as far as it goes; every error ends here, in the journal and then with Celery."""
    try:
        return _go(turn)
    except (Parked, GiveWay, Overtaken):
        raise
    except TRANSIENT as trouble:
        return _try_again(turn, trouble)
    except Exception as error:  # noqa: BLE001 - the outermost frame: what a body raises is the operation's end
        return _fall(turn, error)


def _go(turn: Turn) -> dict[str, Any]:
    if turn.entry.word == "fallen":
        raise errors.Cancelled("XENFLOW_NOT_BEGUN", [turn.operation.name])
    failing = turn.entry.get("failing")
    if failing:
        raise faults.error(failing["error"])
    if turn.entry.is_new:
        stopping.stop_here(turn)
    return _finish(turn, _walk(turn, _body(turn)))


def _body(turn: Turn) -> Any:
    names = message.own_fields(turn.operation.model)
    fields = {name: getattr(turn.said, name) for name in names}
    if turn.operation.is_flow:
        return _legs_of_flow(turn.operation, fields)
    return turn.operation.body(turn.body_xen(), **fields)


def _legs_of_flow(operation: Operation, fields: Mapping[str, Any]) -> Generator[Leg, Any, Answer]:
    """Give a flow the shape of a long operation: one leg, its canvas."""
    last = yield Expand(operation.body(**fields))
    if operation.shape:
        return operation.shape(fields, last)
    return operation.answer.model_validate(last)


def _walk(turn: Turn, body: Any) -> Answer:
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
        outcome = travel.pass_leg(turn, str(number), leg)
        if outcome.accepted:
            body.close()
            return outcome.accepted
        step = outcome.resume(body)
        number += 1


def _finish(turn: Turn, answer: Answer) -> dict[str, Any]:
    document = answer.document()
    made = undoing.record(turn) if turn.place.flow else []
    woken = turn.desk.journal.finish(turn.entry, turn.place, answer=document, made=made)
    turn.desk.post.again(woken)
    return document


def _try_again(turn: Turn, trouble: errors.XenflowError) -> dict[str, Any]:
    """Rest after a passing trouble, longer each time; fall when patience or time is over."""
    rest = ledger.patience(turn.entry, trouble, turn.desk)
    if rest is None:
        return _fall(turn, trouble)
    fields = {"troubles": str(rest.count), "trouble": rest.told, "trouble_since": rest.since}
    reason = f"{trouble.message}; tried again in {rest.seconds:.1f} s"
    return turn.rest(reason, until=rest.until, **fields)  # type: ignore[no-any-return]  # it raises Parked


def _fall(turn: Turn, error: Exception) -> dict[str, Any]:
    """End a failing operation: let open steps settle, undo what was made, then tell."""
    failing = _failing(turn, error)
    _let_steps_settle(turn, failing)
    undone = _undo(turn)
    fault = ledger.fault(failing, undone, keep=turn.keeps)
    if turn.place.undoes:
        return _finish_undoing(turn, fault)
    left = undone.left() if turn.place.flow else []
    turn.desk.post.again(turn.desk.journal.finish(turn.entry, turn.place, fault=fault, made=left))
    raise faults.error(fault)


def _failing(turn: Turn, error: Exception) -> dict[str, Any]:
    """Write down why the operation fails: the first reason stays."""
    known = turn.entry.get("failing")
    if known:
        return dict(known)
    ours = turn.in_words(faults.foreign(error))
    told = faults.document(ours, "".join(traceback.format_exception(error)))
    failing = {"step": turn.entry.id, "name": turn.operation.name, "error": told}
    turn.desk.journal.write(turn.entry, {"failing": json.dumps(failing)})
    return failing


def _let_steps_settle(turn: Turn, failing: Mapping[str, Any]) -> None:
    """Wait until no step is open; one that stops early itself calls its steps off."""
    open_steps = turn.desk.journal.open_steps(turn.entry.id)
    if not open_steps:
        return
    stops = failing["error"]["type"] in {"Cancelled", "TimedOut"}
    if stops and failing["step"] == turn.entry.id:
        for step in open_steps:
            turn.desk.post.again(turn.desk.journal.call_off(step, "cancelled")[1])
    until = turn.now() + SETTLING
    turn.rest(f"{len(open_steps)} steps settle before it ends", until=until, phase="settling")


def _undo(turn: Turn) -> undoing.Undone:
    """Undo what was made, last made first, as steps of this run; give what came of it."""
    if turn.entry.word == "fallen":
        return undoing.NOTHING
    made = turn.entry.get("made_when_failing")
    if made is None:
        made = undoing.made(turn)
        turn.desk.journal.write(turn.entry, {"made_when_failing": json.dumps(made)})
    if not made or turn.keeps:
        return undoing.Undone(kept=made)
    travel.pass_leg(turn, travel.UNDO, Expand(undoing.canvas(made)))
    return undoing.outcome(made, turn.entry.id, turn.desk.journal)


def _finish_undoing(turn: Turn, fault: dict[str, Any]) -> dict[str, Any]:
    """Answer a failed undoing: what is gone is fine, the rest is reported and stops nobody."""
    answer = undoing.answer(fault)
    turn.desk.journal.finish(turn.entry, turn.place, answer=answer)
    return answer
