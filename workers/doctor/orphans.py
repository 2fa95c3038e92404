"""Check for orphans: objects on XenServers that have the tag of a call and belong to nothing."""

from collections.abc import Iterator, Mapping

from config import sealing
from config.targets import Target, TargetError
from tasks.engine.execution.runtime import described
from workers import loader
from workers.doctor.context import Context
from workers.doctor.finding import Finding, Severity, counted
from workers.reconciler import orphans
from xenserver import errors
from xenserver.client import Xen
from xenserver.session import Sessions


def check(context: Context) -> Iterator[Finding]:
    """Find orphans on the configured targets, and on hosts that messages named lately."""
    loader.load(context.settings)  # an operation's declaration says how its objects are undone
    sessions = Sessions()
    try:
        for name, target in (*_answering(context).items(), *_named(context).items()):
            yield from _of(context, name, Xen(sessions, target, {}))
    finally:
        sessions.close()


def _answering(context: Context) -> Mapping[str, Target]:
    """Return the targets that answer; that one does not is another finding."""
    return {name: one for name, one in context.targets.items() if context.logins[name]["reachable"]}


def _named(context: Context) -> Mapping[str, Target]:
    """Return the hosts that messages named and whose passwords can be opened here."""
    found = {}
    for name, connection in context.hosts.connections().items():
        try:
            found[name] = described(connection)
        except (TargetError, sealing.SealingError):
            continue
    return found


def _of(context: Context, name: str, xen: Xen) -> Iterator[Finding]:
    try:
        found = orphans.find(xen, name, context.journal)
    except errors.XenflowError:
        return  # that it cannot be reached is another finding
    ours = [one for one in found if one.is_ours]
    if ours:
        text = (
            f"{counted(len(ours), 'object', 'is', 'are')} left of calls whose operation has ended"
        )
        yield Finding(Severity.WARNING, f"target {name}", text, "xenflow sweep")
    if others := len(found) - len(ours):
        text = f"{counted(others, 'object', 'has', 'have')} the tag of an operation unknown here"
        cure = "xenflow sweep --dry-run lists them; another installation may use them"
        yield Finding(Severity.NOTICE, f"target {name}", text, cure)
