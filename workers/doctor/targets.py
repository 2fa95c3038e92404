"""Check the targets: reachable XenServers, and pollers that follow them."""

from collections.abc import Iterator

from workers.doctor.context import Context
from workers.doctor.finding import Finding, Severity


def check(context: Context) -> Iterator[Finding]:
    """Find targets that cannot be used, and parked operations that nobody follows."""
    if not context.targets:
        text = "no connection profile is configured"
        yield Finding(
            Severity.NOTICE, "targets", text, "name a TOML file of them in XENFLOW_TARGETS"
        )
    for name, found in context.logins.items():
        if not found["reachable"]:
            cure = f"{found['cure']}; then: xenflow targets --check"
            yield Finding(Severity.BROKEN, f"target {name}", found["check"], cure)
    yield from _pollers(context)


def _pollers(context: Context) -> Iterator[Finding]:
    redis, keys = context.redis, context.journal.keys
    for name in context.parked.targets():
        parked = context.parked.count(name)
        if parked and not redis.exists(keys.lease(name)):
            text = f"{parked} operations are parked and no poller follows it"
            yield Finding(Severity.BROKEN, f"target {name}", text, "start one: xenflow poller")
        reply = context.parked.health(name).get("error")
        if reply:
            text = f"its poller cannot reach it: {reply}"
            yield Finding(Severity.BROKEN, f"target {name}", text, "xenflow targets --check")
