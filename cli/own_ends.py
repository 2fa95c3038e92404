"""The end of a message, as opposed to that of another one that was sent under the same id.

The result of an id is one place: the end of its operation is stored there, where that was deleted
the refusal of any other message, and whatever another program stores. The journal has the request
that the id stands for, and the end.
"""

from dataclasses import dataclass

from celery import states
from celery.exceptions import NotRegistered

from cli.client import Client, End
from tasks.engine.declaration import message
from tasks.engine.declaration.message import Message
from tasks.engine.execution import begin, failures, stored_ends
from tasks.engine.journal.record import CancelRequest, Record
from xenserver import errors


@dataclass(frozen=True)
class Sent:
    """A message that is sent, and the id that it is sent under."""

    name: str
    id: str
    message: Message

    @property
    def follow(self) -> str:
        """The commands that follow it."""
        return f"xenflow watch {self.id} · xenflow cancel {self.id}"

    def is_other(self, known: Record) -> bool:
        """Return whether a record is that of another request."""
        inputs = message.masked(self.message.document())
        asked = begin.request(self.name, inputs, self.message)
        return bool(known.request) and set(asked.split()).isdisjoint(known.request.split())


def refusal(producer: Client, sent: Sent) -> End | None:
    """Return the end of a message whose id is that of another one; None where it is not."""
    known = producer.journal.read(sent.id)
    return _refusal(sent, known) if known and sent.is_other(known) else None


def own_end(producer: Client, sent: Sent, operation: str) -> End | None:
    """Return how a message ended; None while it has not."""
    end = producer.end_of(operation)
    if end is None:
        return None
    known = producer.journal.read(operation)
    if known is None:
        return _of_a_worker_elsewhere(sent, end)
    if sent.is_other(known):
        return _refusal(sent, known)
    is_its_own = stored_ends.is_end_of(known, end.state, end.error or end.answer)
    return end if is_its_own else _end_in_journal(producer, known)


def _of_a_worker_elsewhere(sent: Sent, end: End) -> End:
    """Return an end that the journal does not know; where it is one of another service, say so.

    A worker of another service that consumes a queue of ours drops what it does not know.
    """
    if not is_dropped(end):
        return end
    return End(states.FAILURE, error=errors.from_api("XENFLOW_TAKEN_ELSEWHERE", [sent.name]))


def is_dropped(end: End) -> bool:
    """Return whether an end says that a worker did not know the task."""
    return end.error is not None and list(end.error.params[:1]) == [NotRegistered.__name__]


def _refusal(sent: Sent, known: Record) -> End:
    return End(states.FAILURE, error=begin.id_taken(sent.id, sent.name, known))


def _end_in_journal(producer: Client, known: Record) -> End | None:
    """Return the end that something else stands in place of; None until it is known."""
    if known.failure:
        state = states.REVOKED if known.cancel is CancelRequest.REVOKED else states.FAILURE
        return End(state, error=failures.error(known.failure), traceback=known.failure.traceback)
    answer = producer.journal.answer(known)
    return End(states.SUCCESS, answer=answer) if answer is not None else None
