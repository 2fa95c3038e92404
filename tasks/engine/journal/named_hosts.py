"""Hosts that messages named themselves, for checks after their operations have ended.

A configured target is known as long as the profile is there. Of a host that a message names, the
connection is kept here, its password sealed, for as long as that can be used after the last call.
"""

import json
import random

from tasks.engine.journal import scripts
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.record import Document


class NamedHosts:
    """Note hosts, and return which were named lately."""

    def __init__(self, journal: Journal, *, keep: int) -> None:
        self._redis = journal.redis
        self._keys = journal.keys
        self._keep = keep

    def note(self, name: str, connection: Document) -> None:
        """Note how to reach a host."""
        with self._redis.pipeline() as steps:
            steps.set(self._keys.host(name), json.dumps(connection), ex=self._keep)
            steps.sadd(self._keys.hosts, name)
            steps.expire(self._keys.hosts, self._keep)
            steps.execute()

    def connections(self, most: int | None = None) -> dict[str, Document]:
        """Return how to reach the hosts by their names; of more than `most`, some at random."""
        members = self._redis.smembers(self._keys.hosts)
        names = random.sample(
            sorted(scripts.texts(members)), min(most or len(members), len(members))
        )
        if not names:
            return {}
        found = self._redis.mget([self._keys.host(name) for name in names])
        known = {name: text for name, text in zip(names, found, strict=True) if text}
        if forgotten := set(names) - set(known):
            self._redis.srem(self._keys.hosts, *forgotten)
        return {name: dict(json.loads(scripts.text(text))) for name, text in known.items()}
