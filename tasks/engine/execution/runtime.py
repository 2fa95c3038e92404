"""The services of one process: journal, parked operations, publisher, sessions, settings."""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from functools import cache

import structlog
from celery import Celery

from config import sealing
from config.settings import Settings
from config.targets import Target, TargetError, UnknownTarget
from tasks.engine.journal.call_limit import CallLimit
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.leases import LeaseRenewal
from tasks.engine.journal.named_hosts import NamedHosts
from tasks.engine.journal.parked import ParkedOperations
from tasks.engine.journal.record import Document
from tasks.engine.messages.publisher import Publisher
from xenserver import errors
from xenserver.client import Xen
from xenserver.session import Sessions

log = structlog.get_logger()


@dataclass(frozen=True)
class Runtime:
    """What executions work with, one set for each process."""

    settings: Settings
    targets: Mapping[str, Target]
    journal: Journal
    parked: ParkedOperations
    call_limit: CallLimit
    hosts: NamedHosts
    publisher: Publisher
    leases: LeaseRenewal
    sessions: Sessions

    def target(self, connection: Document) -> Target:
        """Return the target that a message names or describes; raise Refused when it cannot be."""
        try:
            if "hostname" in connection:
                self._check_protocol(connection)
                return described(connection)
            return self.targets[str(connection["target"])]
        except UnknownTarget as unknown:
            text = f"the worker has {unknown}; add it to its targets file, and restart it"
            name = str(connection["target"])
            raise errors.from_api("XENFLOW_TARGET_UNKNOWN", [name], text=text) from None
        except (TargetError, sealing.SealingError) as wrong:
            code = "XENFLOW_TARGET_WRONG"
            raise errors.Refused(code, [str(wrong)], f"{wrong} ({code})") from None

    def _check_protocol(self, connection: Document) -> None:
        """Refuse to send a password in the clear, unless that is allowed."""
        if connection.get("protocol") != "http":
            return
        if not self.settings.allow_http:
            problem = (
                "protocol: http sends the password in the clear; use https, or have the worker "
                "allow it by XENFLOW_ALLOW_HTTP=true"
            )
            raise TargetError(problem)
        _warn_of_http()

    def xen(
        self, connection: Document, memory: MutableMapping[str, str], *, replays: bool = False
    ) -> Xen:
        """Return the pool that a message names, as an operation's body sees it."""
        return Xen(
            self.sessions,
            self.target(connection),
            memory,
            replays=replays,
            targets=lambda name: self.target({"target": name}),
        )


class EngineApp(Celery):
    """A Celery application that has the services of its process with it."""

    @property
    def runtime(self) -> Runtime:
        """The services of this process."""
        raise NotImplementedError


@cache
def _warn_of_http() -> None:
    """Warn once in the life of a process."""
    log.warning("target.http", risk="passwords of messages are sent in the clear")


def described(connection: Document) -> Target:
    """Return the target that a message describes by fields of its own; raise as `from_message`."""
    missing = [name for name in ("username", "password") if connection.get(name) is None]
    if missing:
        problem = f"hostname needs {' and '.join(missing)} too"
        raise TargetError(problem)
    port = connection.get("port")
    return Target.from_message(
        hostname=str(connection["hostname"]),
        username=str(connection["username"]),
        password=str(connection["password"]),
        protocol=str(connection.get("protocol", "https")),
        port=None if port is None else int(str(port)),
    )


def parking_place(connection: Document) -> str:
    """Return the name under which to park what waits: the same for all that may share a poller."""
    if "hostname" not in connection:
        return str(connection["target"])
    port = connection.get("port") or ""
    return f"{connection['protocol']}://{connection['username']}@{connection['hostname']}:{port}"
