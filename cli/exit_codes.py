"""How a command ends: exit codes, and every error in words with the next step."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from urllib.parse import urlsplit

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from config import sealing, settings, targets
from tasks.engine.declaration.checks import DeclarationError
from workers.local_stack.supervisor import Trouble
from xenserver import errors


class Code(IntEnum):
    """The exit codes of `xenflow`."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    TIMED_OUT = 4
    INTERRUPTED = 130


@dataclass(frozen=True)
class Ending:
    """An exit code, what is wrong in words, and what to do next."""

    code: Code
    words: str
    next: str = ""

    def lines(self) -> list[str]:
        """Return what is written to standard error."""
        return [f"xenflow: {self.words}", *([f"Next: {self.next}"] if self.next else [])]


class Stop(Exception):
    """End the command now."""

    def __init__(self, code: Code, words: str, next_step: str = "") -> None:
        self.ending = Ending(code, words, next_step)
        super().__init__(words)


def ending_of(error: BaseException) -> Ending:
    """Return how an error ends the command."""
    for kind, tell in _TOLD:
        if isinstance(error, kind):
            return tell(error)
    words = f"{type(error).__name__}: {error}"
    return Ending(Code.FAILED, words, "this is a defect; --debug shows where it happened")


def told_by_worker(error: BaseException, *, name: str, operation: str) -> Ending:
    """Return how a failed operation ends the command that waited for it."""
    code = Code.TIMED_OUT if isinstance(error, errors.TimedOut) else Code.FAILED
    words = str(error) if str(error).startswith(name) else f"{name} failed: {error}"
    return Ending(code, words, " · ".join([*_remedy(error), f"xenflow show {operation}"]))


def _remedy(error: BaseException) -> list[str]:
    return [words for kind, words in _REMEDIES if isinstance(error, kind)][:1]


def _stopped(error: Stop) -> Ending:
    return error.ending


def _refused(error: errors.XenflowError) -> Ending:
    code = Code.TIMED_OUT if isinstance(error, errors.TimedOut) else Code.USAGE
    return Ending(code, str(error))


def _setting(error: BaseException) -> Ending:
    return Ending(Code.USAGE, str(error))


def _unreachable(error: BaseException) -> Ending:
    return _no_redis(error, "result_backend")


def _no_broker(error: BaseException) -> Ending:
    return _no_redis(error, "broker_url")


def _no_redis(error: BaseException, setting: str) -> Ending:
    """Name the setting that leads there: the common one, unless it has been set apart."""
    chosen = settings.load()
    url = getattr(chosen, setting)
    variable = settings.PREFIX + ("redis_url" if url == chosen.redis_url else setting).upper()
    where = urlsplit(url)
    place = f"{where.hostname}:{where.port or 6379}" if where.hostname else where.path
    return Ending(
        Code.UNREACHABLE,
        f"cannot reach Redis at {place}: {error}",
        f"start it, or set {variable}; `xenflow up` brings one of its own",
    )


def _house(error: BaseException) -> Ending:
    return Ending(Code.FAILED, str(error))


def _system(error: OSError) -> Ending:
    named = f"{error.filename}: " if error.filename else ""
    return Ending(Code.FAILED, f"{named}{error.strerror or error}")


_TOLD: list[tuple[type[BaseException], Callable[..., Ending]]] = [
    (Stop, _stopped),
    (errors.XenflowError, _refused),
    (settings.SettingsError, _setting),
    (DeclarationError, _setting),
    (targets.TargetError, _setting),
    (targets.UnknownTarget, _setting),
    (sealing.SealingError, _setting),
    (DeclarationError, _setting),
    (RedisError, _unreachable),
    (OperationalError, _no_broker),
    (Trouble, _house),
    (OSError, _system),
]

_REMEDIES: list[tuple[type[errors.XenflowError], str]] = [
    (errors.Refused, "change the request, then ask again"),
    (errors.Busy, "ask again later, the same way"),
    (errors.Ambiguous, "ask by UUID"),
    (errors.Missing, "look again, under another name"),
    (errors.Unreachable, "look at the network and the host, then ask again"),
    (errors.Denied, "look at the account, its role or the certificate"),
    (errors.Full, "add memory, disk or hosts, or free some"),
    (errors.TimedOut, "look at what holds it, or allow more by --timeout"),
    (errors.Cancelled, "somebody called it off; ask again if it is still wanted"),
    (errors.Unknown, "look at XenServer and its log"),
]
