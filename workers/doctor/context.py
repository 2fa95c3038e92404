"""What the checks read from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from celery import Celery
from redis import Redis

from config import redis_replies
from config.settings import Settings
from config.targets import Targets
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.named_hosts import NamedHosts
from tasks.engine.journal.parked import ParkedOperations
from workers import target_check
from workers.process_records import ProcessRecords

if TYPE_CHECKING:
    from config.targets import Target

REPLY_SECONDS = 2.0  # in which a process must answer a broadcast


@dataclass(frozen=True)
class Context:
    """Settings, the journal in its Redis, a Celery application, and the targets."""

    settings: Settings
    app: Celery
    journal: Journal

    # cached_property writes into __dict__, which a frozen dataclass allows

    @property
    def redis(self) -> Redis:
        """The Redis of the journal and the answers."""
        return self.journal.redis

    @cached_property
    def servers(self) -> Mapping[str, Redis]:
        """Each Redis of the installation, by what it is for."""
        if self.settings.broker_url == self.settings.result_backend:
            return {"redis": self.redis}
        return {"redis of the journal": self.redis, "redis of the messages": self.broker}

    @cached_property
    def broker(self) -> Redis:
        """The Redis of the messages."""
        same = self.settings.broker_url == self.settings.result_backend
        return self.redis if same else redis_replies.NamingRedis.from_url(self.settings.broker_url)

    @cached_property
    def targets(self) -> "Mapping[str, Target]":
        """The configured connection profiles."""
        return Targets.read(self.settings.targets)

    @cached_property
    def logins(self) -> Mapping[str, Mapping[str, Any]]:
        """Whether each target can be used, as logging in from here has shown."""
        return target_check.check(self.targets)

    @cached_property
    def parked(self) -> ParkedOperations:
        """What is parked, and how the pollers are."""
        return ParkedOperations(self.journal)

    @cached_property
    def hosts(self) -> NamedHosts:
        """The hosts that messages named lately."""
        return NamedHosts(self.journal, keep=int(self.settings.seal_expires))

    @cached_property
    def process_records(self) -> ProcessRecords:
        """What the processes wrote about themselves."""
        return ProcessRecords(self.redis, self.settings.journal_prefix)

    @cached_property
    def consumers(self) -> Mapping[str, list[str]]:
        """The queues that each answering process consumes, by node name."""
        replies: Any = self.app.control.inspect(timeout=REPLY_SECONDS).active_queues()
        return {
            node: [str(queue["name"]) for queue in queues]
            for node, queues in (replies or {}).items()
        }

    @cached_property
    def unresponsive(self) -> Mapping[str, str]:
        """The processes that answer and take no message, with what they say of it."""
        replies: Any = self.app.control.broadcast("takes", reply=True, timeout=REPLY_SECONDS)
        answers = {node: answer for reply in replies or [] for node, answer in reply.items()}
        return {
            node: str(answer.get("problem"))
            for node, answer in answers.items()
            if answer.get("takes") is False
        }
