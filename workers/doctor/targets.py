"""Check the targets: reachable XenServers, and pollers that follow them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from workers.doctor.context import Context
from workers.doctor.finding import Finding, Severity
from xenserver import errors

if TYPE_CHECKING:
    from config.targets import Target

CALL_SECONDS = 5.0  # in which a XenServer must answer
AT_ONCE = 16  # targets asked at the same time


def check(context: Context) -> Iterator[Finding]:
    """Find targets that cannot be used, and parked operations that nobody follows."""
    if not context.targets:
        text = "no connection profile is configured"
        yield Finding(
            Severity.NOTICE, "targets", text, "name a TOML file of them in XENFLOW_TARGETS"
        )
    with ThreadPoolExecutor(AT_ONCE) as pool:
        troubles = pool.map(lambda item: trouble(context, item[1]), context.targets.items())
        for name, error in zip(context.targets, troubles, strict=True):
            if error:
                cure = f"check the profile {name!r}: xenflow targets --check"
                yield Finding(Severity.BROKEN, f"target {name}", error, cure)
    yield from _pollers(context)


def trouble(context: Context, target: "Target") -> str:
    """Return why a XenServer cannot be used, or nothing."""
    try:
        context.sessions.call(target, "pool.get_all", timeout=CALL_SECONDS)
    except errors.XenflowError as error:
        return error.message
    return ""


def _pollers(context: Context) -> Iterator[Finding]:
    redis, keys = context.redis, context.journal.keys
    for name in context.parked.targets():
        parked = context.parked.count(name)
        if parked and not redis.exists(keys.lease(name)):
            text = f"{parked} operations are parked and no poller follows it"
            yield Finding(Severity.BROKEN, f"target {name}", text, "start one: xenflow poller")
        told = context.parked.health(name).get("error")
        if told:
            text = f"its poller cannot reach it: {told}"
            yield Finding(Severity.BROKEN, f"target {name}", text, "xenflow targets --check")
