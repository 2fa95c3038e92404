"""One pass of the reconciler: stalled operations, then the orphans of each target."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from config.settings import Settings
from tasks.engine.execution.runtime import Runtime
from tasks.engine.journal import counters
from tasks.engine.journal.record import Document
from tasks.engine.messages import publisher
from workers.reconciler import orphans
from workers.reconciler.orphans import Orphan
from xenserver import errors

EVERY = 60  # seconds between two passes of an installation
STALLED_AFTER = 60.0  # seconds beyond the lease and the visibility timeout
HOSTS_AT_ONCE = 20  # hosts that messages named, which one pass looks at

_SWEEP = uuid.UUID("6d7d1d0e-3c5b-5b0a-8a53-0f6f0c1f2b77")

log = structlog.get_logger()


@dataclass
class Found:
    """What one pass found."""

    stalled: list[str] = field(default_factory=list)
    orphans: list[Orphan] = field(default_factory=list)
    unreachable: dict[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "stalled": self.stalled,
            "orphans": [orphan.document() for orphan in self.orphans],
            "unreachable": self.unreachable,
        }


def reconcile(
    runtime: Runtime, targets: Mapping[str, Document], *, min_age: float | None = None
) -> Found:
    """Make stalled operations due, and destroy the orphans of the targets."""
    found = find(runtime, targets, min_age=min_age)
    found.stalled = resume_stalled(runtime)
    ours = [orphan for orphan in found.orphans if orphan.is_ours]
    for orphan in ours:
        destroy(runtime, orphan)
    _count(runtime, found.stalled, ours)
    if found.stalled or found.orphans:
        log.warning("reconciler.found", **found.document())
    return found


def everywhere(runtime: Runtime, *, most: int | None = None) -> Mapping[str, Document]:
    """Return the configured targets, and hosts that messages named: all, or a random sample."""
    profiles: dict[str, Document] = {name: {"target": name} for name in runtime.targets}
    return profiles | runtime.hosts.connections(most)


def named(runtime: Runtime, names: Iterable[str]) -> Mapping[str, Document]:
    """Return targets or hosts by their names; an unknown one stays, and cannot be reached."""
    hosts = runtime.hosts.connections()
    return {name: hosts.get(name, {"target": name}) for name in names}


def _count(runtime: Runtime, stalled: Sequence[str], orphans: Sequence[Orphan]) -> None:
    journal = runtime.journal
    for kind, number in ((counters.STALLED, len(stalled)), (counters.ORPHAN, len(orphans))):
        if number:
            counters.add(journal.redis, journal.keys.counters, kind, number)


def stalled_after(settings: Settings) -> float:
    """Return after how many seconds without a claim an open operation may be stalled."""
    return settings.lease + settings.visibility_timeout + STALLED_AFTER


def resume_stalled(runtime: Runtime) -> list[str]:
    """Make stalled operations due; return their ids."""
    return runtime.journal.stalled(after=stalled_after(runtime.settings))


def find(
    runtime: Runtime, targets: Mapping[str, Document], *, min_age: float | None = None
) -> Found:
    """Return the orphans of the targets; change nothing."""
    found = Found()
    for name, connection in targets.items():
        try:
            xen = runtime.xen(connection, {})
            orphaned = orphans.find(xen, name, runtime.journal, min_age=min_age)
            found.orphans += [replace(one, connection=connection) for one in orphaned]
        except errors.XenflowError as error:
            found.unreachable[name] = error.message
    return found


def destroy(runtime: Runtime, orphan: Orphan) -> str:
    """Destroy an orphan as a step of the run that made it; return the step's id.

    The id is the same each time: what is destroyed already answers from the journal.
    """
    if orphan.undo is None:
        raise ValueError(f"the {orphan.cls} {orphan.uuid} is not ours to destroy")
    step = str(uuid.uuid5(_SWEEP, orphan.uuid))
    fields: Mapping[str, Any] = {**orphan.undo.fields(orphan.uuid), **orphan.connection}
    path = (*publisher.path_of(orphan.path), orphan.operation)
    runtime.publisher.undo(orphan.undo.name, step, dict(fields), path=path, root=orphan.root)
    return step
