"""Error replies of Redis in words: what each means, which key is to blame, and what to do.

The clients of this module raise `ReplyError` for the replies that it knows, so that whoever meets
one, in a worker, a poller, the reconciler or the command line, can say no less.
"""

import importlib
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from redis import Redis
from redis.client import Pipeline
from redis.exceptions import NoScriptError, RedisError, ResponseError

from config import masking

Answer = Any  # what Redis answers; each caller gives it a type
Part = str | bytes | int | float  # of a command

CODE = "XENFLOW_REDIS_REPLY"
WRONG_TYPE = "WRONGTYPE"

_LOOK_AT_REPLICATION = "look at `redis-cli info replication`"
_CLUSTER = (
    "it is a node of a cluster, and xenflow needs one server for all its keys",
    "look at `redis-cli info cluster`, and use a server without cluster mode",
)
_WORDS = {
    "BUSY": ("a script of somebody runs without end", "stop it by `redis-cli script kill`"),
    "ASK": _CLUSTER,
    "CLUSTERDOWN": _CLUSTER,
    "CROSSSLOT": _CLUSTER,
    "MOVED": _CLUSTER,
    "TRYAGAIN": _CLUSTER,
    "MASTERDOWN": ("it is a replica, and its primary is away", _LOOK_AT_REPLICATION),
    "MISCONF": (
        "it could not write its last snapshot",
        "look at `redis-cli info persistence` and at its log, and free space on its disk",
    ),
    "NOPERM": (
        "its user lacks a right",
        "look at `redis-cli acl log`, and give the user `~* &* +@all`",
    ),
    "NOREPLICAS": (
        "it has fewer replicas than min-replicas-to-write",
        _LOOK_AT_REPLICATION,
    ),
    "NOSCRIPT": ("its scripts were dropped meanwhile", "they are loaded again; try it again"),
    "OOM": (
        "its memory is full",
        "look at `redis-cli info memory`; raise maxmemory, or lower XENFLOW_RUN_EXPIRES",
    ),
    "READONLY": (
        "it is a replica",
        f"{_LOOK_AT_REPLICATION}, and set XENFLOW_REDIS_URL to its primary",
    ),
    "UNKILLABLE": ("a script that has written runs without end", "look at `redis-cli info`"),
    WRONG_TYPE: (
        "a key holds something that xenflow did not write there",
        "`xenflow doctor` names it",
    ),
}
_UNKNOWN_COMMAND = re.compile("unknown (?:redis )?command", re.IGNORECASE)
_NO_COMMAND = (
    "it does not know a command, or somebody has disabled that",
    "look at `redis-cli info server`: xenflow needs Redis 6.2 or newer, or Valkey, with scripts",
)
_OF_PIPELINE = re.compile(r"Command # (\d+) ")
_SCRIPTS = frozenset({"EVAL", "EVALSHA"})

_TYPES = {
    "hash": "op deliveries counters queue_heads connections parked health",
    "zset": "due landing runs run made open delayed",
    "set": "crowded targets hosts guests",
    "string": "reconciled host lease armed safety polled watchdog early",
    "list": "dead_letters",
}
_TYPE_OF = {name: kind for kind, names in _TYPES.items() for name in names.split()}
_NAME = re.compile(rf":({'|'.join(_TYPE_OF)})(:|$)")


def type_of(key: str) -> str | None:
    """Return the type of a key of the journal; None for another one."""
    found = _NAME.search(key)
    if found is None:
        return None
    steps_of_a_flow = found[1] == "open" and found[2]
    return "set" if steps_of_a_flow else _TYPE_OF[found[1]]


class ReplyError(ResponseError):
    """An error reply, in words; `key` is to blame for it where that is known."""

    def __init__(self, message: str, *, status_code: str, key: str = "") -> None:
        super().__init__(message, status_code=status_code)
        self.key = key


def code(error: ResponseError) -> str:
    """Return the code of an error reply; in a pipeline it stands behind the command."""
    text = str(error).rpartition("caused error: ")[2]
    return error.status_code or text.split(" ", 1)[0]


def in_words(error: Exception) -> str:
    """Return what an error reply means, and what to do; of another error, its text."""
    if isinstance(error, ReplyError) or not isinstance(error, ResponseError):
        return masking.mask(str(error), longest=1_000)
    text = masking.mask(str(error), longest=300)
    known = _known(error)
    if known is None:
        return f"{text}; `xenflow doctor` examines Redis ({CODE})"
    return f"{_with_code(error, text)}: {known[0]}; {known[1]} ({CODE})"


def is_of_an_operator(error: ResponseError) -> bool:
    """Return whether a reply lasts until somebody has set Redis right."""
    return bool(_UNKNOWN_COMMAND.search(str(error))) or isinstance(error, ReplyError)


def _known(error: ResponseError) -> tuple[str, str] | None:
    return _NO_COMMAND if _UNKNOWN_COMMAND.search(str(error)) else _WORDS.get(code(error))


def _with_code(error: ResponseError, text: str) -> str:
    return text if code(error) in text else f"{code(error)} {text}"


class NamingRedis(Redis):
    """A client that raises ReplyError for the error replies that are known."""

    def execute_command(self, *args: Part, **options: object) -> Answer:
        """Execute a command; NOSCRIPT is left to who loads the script then."""
        try:
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]  # redis has no types there
        except NoScriptError:
            raise
        except ResponseError as error:
            raise _named(self, error, _keys_of(args)) from None

    def pipeline(
        self,
        transaction: bool = True,  # noqa: FBT001, FBT002 - its own signature
        shard_hint: str | None = None,
    ) -> "_NamingPipeline":
        """Return a pipeline that does the same."""
        made = _NamingPipeline(
            self.connection_pool, self.response_callbacks, transaction, shard_hint
        )
        made.asks = self
        return made


class _NamingPipeline(Pipeline):
    asks: Redis

    def execute(self, raise_on_error: bool = True) -> list[Answer]:  # noqa: FBT001, FBT002 - its own signature
        commands = [args for args, _ in self.command_stack]
        try:
            return super().execute(raise_on_error)
        except ResponseError as error:
            found = _OF_PIPELINE.match(str(error))
            of_command = commands[int(found[1]) - 1] if found else ()
            raise _named(self.asks, error, _keys_of(of_command)) from None


def _keys_of(command: Sequence[Part]) -> list[str]:
    """Return the keys of a command, of which most have theirs in front."""
    name, *rest = command or ("",)
    is_script = str(name).upper() in _SCRIPTS
    found = rest[2 : 2 + int(rest[1])] if is_script else rest[:1]
    return [_text(one) for one in found]


def _text(part: object) -> str:
    return part.decode(errors="replace") if isinstance(part, bytes) else str(part)


def _named(client: Redis, error: ResponseError, of_command: Sequence[str]) -> ResponseError:
    if _known(error) is None:
        return error
    if code(error) == WRONG_TYPE:
        with suppress(RedisError):
            for key in of_command:
                if kind := wrong_type(client, key):
                    text = f"{WRONG_TYPE}: {'; '.join(key_in_words(key, kind))} ({CODE})"
                    return ReplyError(text, status_code=WRONG_TYPE, key=key)
    return ReplyError(in_words(error), status_code=code(error))


def executed(pipeline: Pipeline) -> list[Answer]:
    """Return what many keys hold: None of one that holds what somebody else wrote there."""
    replies = pipeline.execute(raise_on_error=False)
    for reply in replies:
        if isinstance(reply, ResponseError) and code(reply) != WRONG_TYPE:
            raise reply
    return [None if isinstance(reply, ResponseError) else reply for reply in replies]


def wrong_type(client: Redis, key: str) -> str:
    """Return the type of what a key holds, if xenflow keeps something else there."""
    expected = type_of(key)
    found = _text(Redis.execute_command(client, "TYPE", key))  # type: ignore[no-untyped-call]  # likewise; it names no reply
    return "" if found in {expected, "none"} or expected is None else found


def key_in_words(key: str, kind: str) -> tuple[str, str]:
    """Return what is wrong with a key, and how to look at it and put it aside."""
    shown = importlib.import_module("shlex").quote(masking.cut(key, 300))  # rare, so not at the top
    fault = f"the key {shown} is a {kind}, which xenflow did not write"
    return fault, f"look at it (`redis-cli type {shown}`), then rename or delete it"
