"""Runs of which nothing has begun: what the messages at the broker say of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from config import masking, redis_replies
from tasks.engine.journal import scripts
from tasks.engine.journal.journal import Journal
from workers.broker import envelope
from workers.broker.envelope import Unreadable
from workers.broker.members import Document, Members
from workers.run_record import SENT, Run, Step

LONGEST = 8 * 2**20  # bytes of a message that is read


@dataclass(frozen=True)
class Sent:
    """A message that no worker has begun with."""

    id: str
    root: str
    name: str
    fields: Document

    def step(self, cancelled: str) -> Step:
        """Return it as an operation that has not begun."""
        shown = {n: masking.STARS if masking.is_secret(n) else v for n, v in self.fields.items()}
        return Step(
            id=self.id,
            name=self.name,
            phase=SENT,
            created=None,
            ended=None,
            progress=None,
            target=str(self.fields.get("hostname") or self.fields.get("target") or "default"),
            origin="",
            inputs=shown,
            suspensions=(),
            answer=None,
            failure=None,
            reason="",
            cancelled=cancelled,
            undoes=False,
        )


def read(journal: Journal, items: Iterable[bytes]) -> list[Run]:
    """Return the runs of messages of which the journal knows nothing; both the newest first."""
    steps: dict[str, list[Step]] = defaultdict(list)
    for one, cancelled in _unknown(journal, list(_messages(items))):
        steps[one.root].append(one.step(cancelled))
    return [Run(root, found[::-1]) for root, found in steps.items()]


def _messages(items: Iterable[bytes]) -> Iterator[Sent]:
    for item in items:
        try:
            yield _message(item)
        except Unreadable:
            continue


def _message(item: bytes) -> Sent:
    value = envelope.read(item, 2 * LONGEST)
    found = Members(value[0] if isinstance(value, list) and value else value, LONGEST)
    id_, name = found.headers.get("id"), found.headers.get("task")
    if not id_ or not name:
        raise Unreadable("has no id or no task")
    return Sent(id_, found.headers.get("root_id") or id_, name, found.kwargs)


def _unknown(journal: Journal, messages: Sequence[Sent]) -> Iterator[tuple[Sent, str]]:
    """Yield the messages of runs that have not begun, with who cancelled each."""
    pipe = journal.redis.pipeline(transaction=False)
    for one in messages:
        pipe.exists(journal.keys.run(one.root))
        pipe.hmget(journal.keys.entry(one.id), "created", "cancel")
    replies = iter(redis_replies.executed(pipe))
    for one in messages:
        has_begun, entry = next(replies), next(replies)
        created, cancel = entry or (None, None)
        if not has_begun and not created:
            yield one, scripts.text(cancel or "")
