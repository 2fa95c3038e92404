"""Error replies of Redis say what they mean, which key is to blame, and what to do."""

from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis
from redis._parsers.base import BaseParser  # how the client makes an error of a reply
from redis.exceptions import ResponseError

from config import redis_replies
from config.redis_replies import NamingRedis, ReplyError
from tasks.engine import infrastructure
from tasks.engine.journal import scripts
from tasks.engine.journal.call_limit import CallLimit
from tasks.engine.journal.entry import Entry, Place
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.keys import Keys
from tasks.engine.journal.parked import Ended, ParkedOperations
from tasks.engine.journal.record import Outcome, OutcomeStatus, Record
from workers.local_stack.valkey_server import Valkey

KEYS = Keys()
REPLIES = {
    "OOM command not allowed when used memory > 'maxmemory'.": "redis-cli info memory",
    "READONLY You can't write against a read only replica.": "XENFLOW_REDIS_URL",
    "MASTERDOWN Link with MASTER is down": "redis-cli info replication",
    "NOREPLICAS Not enough good replicas to write.": "redis-cli info replication",
    "NOSCRIPT No matching script.": "try it again",
    "NOPERM User limited has no permissions to run the 'get' command": "redis-cli acl log",
    "MISCONF Valkey is configured to save RDB snapshots": "redis-cli info persistence",
    "BUSY Valkey is busy running a script.": "redis-cli script kill",
    "UNKILLABLE Sorry the script already executed write commands": "redis-cli info",
    "CLUSTERDOWN Hash slot not served": "cluster",
    "MOVED 3999 127.0.0.1:6381": "cluster",
    "CROSSSLOT Keys in request don't hash to the same slot": "cluster",
    "ERR unknown command 'BLMOVE', with args beginning with: 'q'": "6.2",
    "ERR Unknown Redis command called from script script: 0e, on @user_script:1.": "6.2",
}


@pytest.fixture
def client(redis: Redis) -> NamingRedis:
    """Return a client of the product's, on the Valkey of the test run."""
    return NamingRedis(connection_pool=redis.connection_pool)


@pytest.fixture
def journal(client: NamingRedis) -> Journal:
    return Journal(client, KEYS, lease=30, keep=600)


@pytest.mark.parametrize("reply", REPLIES)
def test_an_error_reply_says_what_to_do(reply: str) -> None:
    """Its code and text stay; none of them is the end of an operation."""
    error: ResponseError = BaseParser.parse_error(reply)  # type: ignore[no-untyped-call]  # it has none

    text = redis_replies.in_words(error)

    assert text.startswith(reply.split(" ", 1)[0])
    assert REPLIES[reply] in text
    assert "XENFLOW_REDIS_REPLY" in text
    assert infrastructure.is_trouble(error)


def test_a_reply_that_nobody_knows_is_named_too() -> None:
    """It points to the doctor, which examines Redis."""
    text = redis_replies.in_words(ResponseError("ODD words"))

    assert text.startswith("ODD words; `xenflow doctor`")


def test_other_errors_keep_their_text() -> None:
    assert redis_replies.in_words(OSError("no route")) == "no route"


def _pipeline(client: NamingRedis, key: str) -> Any:
    with client.pipeline() as commands:
        commands.get("x")
        commands.zadd(key, {"x": 1})
        return commands.execute()


COMMANDS: dict[str, Callable[[NamingRedis, str], Any]] = {
    "a command": lambda client, key: client.zadd(key, {"x": 1}),
    "a script": lambda client, key: client.register_script(
        "return redis.call('ZADD', KEYS[2], 1, 'x')"
    )(keys=["x", key]),
    "a pipeline": _pipeline,
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_key_of_another_type_is_named(client: NamingRedis, command: str) -> None:
    """The message has the key, its type and the command to look with; it passes for a trouble."""
    client.set(KEYS.due, "x")

    with pytest.raises(ReplyError) as caught:
        COMMANDS[command](client, KEYS.due)

    assert caught.value.key == KEYS.due
    assert "xenflow:due is a string" in str(caught.value)
    assert "redis-cli type xenflow:due" in str(caught.value)
    assert infrastructure.is_trouble(caught.value)


def test_a_script_that_was_dropped_is_loaded_again(client: NamingRedis) -> None:
    """Somebody has flushed the scripts, or another server has taken over."""
    script = client.register_script("return 1")
    assert script() == 1

    client.script_flush()

    assert script() == 1


def test_a_prefix_of_keys_is_named_with_it(valkey: Valkey, redis: Redis) -> None:
    """The clients of messages may have one."""
    del redis
    client: Any = NamingRedis.from_url(valkey.url)
    client.set("own:xenflow:due", "x")

    with pytest.raises(ReplyError, match="own:xenflow:due is a string"):
        client.zadd("own:xenflow:due", {"x": 1})
    client.close()


def test_the_type_of_every_key_is_known() -> None:
    """The docstring of each key says it, too."""
    words = {
        "Hash": "hash",
        "Sorted set": "zset",
        "Set": "set",
        "Plain string": "string",
        "List": "list",
    }
    said = {}
    for name in dir(Keys):
        document = getattr(getattr(Keys, name), "__doc__", None) or ""
        kind = words.get(document.partition(":")[0])
        if kind and not name.startswith("_"):
            found = getattr(KEYS, name)
            said[found("x") if callable(found) else found] = kind
    assert len(said) > 20
    assert {key: redis_replies.type_of(key) for key in said} == said
    assert redis_replies.type_of("celery-task-meta-x") is None


def _claim(journal: Journal, operation: str) -> Entry:
    first = Record(name="xenserver.vm.start", message=operation, queue="change", target="lab")
    return journal.claim(operation, Place(root=operation), first, timeout=600)


def _park(journal: Journal, entry: Entry) -> None:
    ref = f"OpaqueRef:{entry.id}"
    ParkedOperations(journal).park(entry, label="0", ref=ref, target="lab", connection={}, wake=2e9)


def _damage(journal: Journal, operation: str) -> None:
    """Overwrite an entry, as another program may."""
    journal.redis.set(journal.keys.entry(operation), "x")


def _due(journal: Journal) -> object:
    for operation in ("bad", "good"):
        journal.defer(_claim(journal, operation), until=1.0)
    _damage(journal, "bad")
    return [one.message for one in journal.due()]


def _landing(journal: Journal) -> object:
    for operation in ("bad", "good"):
        journal.defer(_claim(journal, operation), until=1.0)
    journal.due()
    _damage(journal, "bad")
    journal.redis.zadd(journal.keys.landing, {"bad": 1.0, "good": 2.0})
    return [one.message for one in journal.due()]


def _stalled(journal: Journal) -> object:
    for operation in ("bad", "good"):
        _claim(journal, operation)
        journal.redis.hset(journal.keys.entry(operation), "held_until", "1")
    _damage(journal, "bad")
    journal.redis.zadd(journal.keys.open, {"bad": 1.0, "good": 2.0})
    return journal.stalled(after=1)


def _land(journal: Journal) -> object:
    for operation in ("bad", "good"):
        _park(journal, _claim(journal, operation))
    _damage(journal, "bad")
    parked = ParkedOperations(journal)
    parked.show_progress("lab", {"OpaqueRef:bad": 0.5}, results="r-", document='"%ID%"', expires=60)
    outcome = Outcome(OutcomeStatus.SUCCESS)
    ended = [Ended(f"OpaqueRef:{operation}", outcome) for operation in ("bad", "good")]
    return [one.message for one in parked.land("lab", ended)]


def _calls(journal: Journal) -> object:
    limit = CallLimit(journal)
    first, bad, good = (_claim(journal, operation) for operation in ("first", "bad", "good"))
    for entry in (first, bad, good):
        limit.admit(entry, "lab", 1, {})
    _damage(journal, "bad")
    limit.release(first)
    return scripts.texts(journal.redis.zrange("xenflow:calls:lab:in_flight", 0, -1))


@pytest.mark.parametrize("what", [_due, _landing, _stalled, _land, _calls])
def test_an_entry_of_another_type_stops_nothing_else(
    journal: Journal, what: Callable[[Journal], object]
) -> None:
    """What workers, pollers and the reconciler do for many operations at once goes on."""
    assert what(journal) == ["good"]


def test_an_entry_of_another_type_is_read_as_none(journal: Journal) -> None:
    """Where many are read, it is left out; read on its own, it is an error that names it."""
    _claim(journal, "good")
    _damage(journal, "bad")

    assert list(journal.read_all(["bad", "good"])) == ["good"]
    with pytest.raises(ReplyError, match="xenflow:op:bad is a string"):
        journal.read("bad")
