"""`xenflow doctor`: what is wrong with an installation, worst first, and the command that cures it.

Each check is a function from a `Context` to findings. A check reads and changes nothing.

    finding.py        what a check finds: how bad it is, what it is, what to do
    context.py        what the checks read from: settings, Redis, Celery, targets
    redis_server.py   persistence, eviction, memory, version, role
    redis_keys.py     keys that hold what somebody else wrote
    processes.py      queues without a worker, processes that went silent, versions, clocks
    operations.py     due, stalled and waiting operations, dead letters
    orphans.py        objects that calls left behind
    targets.py        XenServers that cannot be reached, or whose poller has trouble
"""

from collections.abc import Callable, Iterator

from config import redis_replies
from workers.doctor import operations, orphans, processes, redis_keys, redis_server, targets
from workers.doctor.context import Context
from workers.doctor.finding import Finding, Severity

Check = Callable[[Context], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    redis_server.check,
    redis_keys.check,
    processes.check,
    targets.check,
    operations.check,
    orphans.check,
)


def examine(
    context: Context,
    checks: tuple[Check, ...] = CHECKS,
    *,
    on_check: Callable[[str], None] = lambda _name: None,
) -> list[Finding]:
    """Return what all checks find, the worst first; `on_check` hears of each that begins."""
    found = []
    for check in checks:
        on_check(_name(check))
        found += _guarded(check, context)
    return sorted(found, key=lambda finding: finding.severity)


def _name(check: Check) -> str:
    return check.__module__.rpartition(".")[2].replace("_", " ")


def _guarded(check: Check, context: Context) -> list[Finding]:
    """Return what a check finds; one that fails is a finding itself, and stops no other."""
    try:
        return list(check(context))
    except Exception as error:  # noqa: BLE001 - the outermost call of a check: all others still run
        name = _name(check)
        reason = redis_replies.in_words(error)
        text = f"the check of {name} failed: {type(error).__name__}: {reason}"
        return [Finding(Severity.WARNING, name, text, "run xenflow doctor --debug")]
