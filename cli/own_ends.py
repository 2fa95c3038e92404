"""The end of a message, as opposed to that of another one that was sent under the same id.

The result of an id is one place: the end of its operation is stored there, and the refusal of any
other message. The journal has the request that the id stands for.
"""

from dataclasses import dataclass

from celery import states

from cli.client import Client, End
from tasks.engine.declaration import message
from tasks.engine.declaration.message import Message
from tasks.engine.execution import begin, failures
from tasks.engine.journal.record import CancelRequest, Record


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
    known = producer.journal.read(operation) if end else None
    if known is None:
        return end
    if sent.is_other(known):
        return _refusal(sent, known)
    is_of_another = end is not None and begin.is_id_taken(end.error, sent.id)
    return _end_in_journal(producer, known) if is_of_another else end


def _refusal(sent: Sent, known: Record) -> End:
    return End(states.FAILURE, error=begin.id_taken(sent.id, sent.name, known))


def _end_in_journal(producer: Client, known: Record) -> End | None:
    """Return the end that a refusal replaced; None until it is known."""
    if known.failure:
        state = states.REVOKED if known.cancel is CancelRequest.REVOKED else states.FAILURE
        return End(state, error=failures.error(known.failure), traceback=known.failure.traceback)
    answer = producer.journal.answer(known)
    return End(states.SUCCESS, answer=answer) if answer is not None else None
