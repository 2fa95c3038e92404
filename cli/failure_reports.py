"""What other packages raise, as exit code, message and next step."""

from collections.abc import Callable
from urllib.parse import urlsplit

from kombu.exceptions import OperationalError
from redis.exceptions import AuthenticationError, RedisError, ResponseError
from redis.exceptions import TimeoutError as Overdue

from cli.exit_codes import Code, CommandFailed, Failure
from config import connection_errors, redis_replies, sealing, settings, targets
from simulator.inventory import PoolFileError
from tasks.engine.declaration.checks import DeclarationError
from tasks.engine.execution import failures
from workers.local_stack.supervisor import StackError
from workers.run_record import Step
from xenserver import errors

_PASSWORD_REFUSED = ("WRONGPASS", "NOAUTH", "invalid username-password", "invalid password")


def failure_of(error: BaseException) -> Failure:
    """Return how an error ends the command."""
    if isinstance(error, CommandFailed):
        return error.failure
    for kind, report in _REPORTS:
        if isinstance(error, kind):
            return report(error)
    message = f"{type(error).__name__}: {error}"
    return Failure(Code.FAILED, message, "this is a defect; --debug shows where it happened")


def operation_failure(error: BaseException, *, name: str, operation: str) -> Failure:
    """Return how a failed operation ends the command that waited for it."""
    text = str(error).replace(_UNKNOWN_TO_WORKER, _LACKS)
    message = text if text.startswith(name) else f"{name} failed: {text}"
    next_step = " · ".join([*_remedy(error), f"xenflow show {operation}"])
    return Failure(_code(error), message, next_step, operation)


def step_failure(step: Step, *, run: str) -> Failure:
    """Return how a failed step ends the command that watched its run."""
    error = failures.of_document(step.failure or {})
    return operation_failure(error, name=step.name, operation=run)


def _remedy(error: BaseException) -> list[str]:
    if _UNKNOWN_TO_WORKER in str(error):
        return ["have the worker load it, and restart it"]
    if code := _REMEDIES_OF_CODES.get(getattr(error, "code", "")):
        return [code]
    return [text for kind, text in _REMEDIES if isinstance(error, kind)][:1]


def _code(error: BaseException, otherwise: Code = Code.FAILED) -> Code:
    match error:
        case errors.TimedOut():
            return Code.TIMED_OUT
        case errors.Unreachable():
            return Code.UNREACHABLE
    return otherwise


def _xenserver(error: errors.XenflowError) -> Failure:
    return Failure(_code(error, Code.USAGE), str(error), " · ".join(_remedy(error)))


def _setting(error: BaseException) -> Failure:
    return Failure(Code.USAGE, str(error), "correct the variable where this command runs")


def _targets(error: BaseException) -> Failure:
    return Failure(Code.USAGE, str(error), "correct the file, or name another in XENFLOW_TARGETS")


def _target(error: BaseException) -> Failure:
    return Failure(Code.USAGE, str(error), "xenflow targets")


def _declaration(error: BaseException) -> Failure:
    folder = settings.PREFIX + "OPERATIONS_PATH"
    return Failure(Code.USAGE, str(error), f"correct the operation, or the folder in {folder}")


def _sealing(error: BaseException) -> Failure:
    return Failure(Code.USAGE, str(error), "xenflow seal --help")


def _pool_file(error: BaseException) -> Failure:
    return Failure(Code.USAGE, str(error), "correct the file, or name another by --pool")


def _journal(error: BaseException) -> Failure:
    return _redis(error, "result_backend")


def _broker(error: BaseException) -> Failure:
    return _redis(error, "broker_url")


def _redis(error: BaseException, setting: str) -> Failure:
    """Name the setting that holds the address: the common one, unless it has been set apart."""
    chosen = settings.load()
    url = getattr(chosen, setting)
    variable = settings.PREFIX + ("redis_url" if url == chosen.redis_url else setting).upper()
    place = connection_errors.place(url)
    if _refuses_password(error):
        reason = (
            error if urlsplit(url).password else "it asks for a password, and the address has none"
        )
        message = f"Redis at {place} refuses the login: {reason}"
        return Failure(Code.UNREACHABLE, message, f"correct user and password in {variable}")
    if isinstance(error, Overdue):
        message = f"Redis at {place} does not answer: {error}"
        return Failure(Code.UNREACHABLE, message, "check whether it or its machine hangs")
    if isinstance(error, ResponseError):
        text = redis_replies.in_words(error)
        return Failure(Code.UNREACHABLE, f"Redis at {place} answers with an error: {text}")
    reason = connection_errors.reason(str(error))
    start = f"start it, or set {variable}; `xenflow up` starts one of its own"
    next_step = f"correct {variable}" if connection_errors.is_of_host(reason) else start
    return Failure(Code.UNREACHABLE, f"cannot reach Redis at {place}: {reason}", next_step)


def _refuses_password(error: BaseException) -> bool:
    text = str(error)
    return isinstance(error, AuthenticationError) or any(part in text for part in _PASSWORD_REFUSED)


def _stack(error: BaseException) -> Failure:
    return Failure(Code.FAILED, str(error))


def _system(error: OSError) -> Failure:
    prefix = f"{error.filename}: " if error.filename else ""
    return Failure(Code.FAILED, f"{prefix}{error.strerror or error}")


_REPORTS: list[tuple[type[BaseException], Callable[..., Failure]]] = [
    (errors.XenflowError, _xenserver),
    (settings.SettingsError, _setting),
    (DeclarationError, _declaration),
    (targets.TargetError, _targets),
    (targets.UnknownTarget, _target),
    (sealing.SealingError, _sealing),
    (PoolFileError, _pool_file),
    (RedisError, _journal),
    (OperationalError, _broker),
    (StackError, _stack),
    (OSError, _system),
]

_LACKS = "this worker has no operation"
_UNKNOWN_TO_WORKER = f"the message is wrong: task: {_LACKS}"
_REMEDIES_OF_CODES = {
    "RBAC_PERMISSION_DENIED": "give the account that role, or the target another account",
    "SESSION_AUTHENTICATION_FAILED": "correct user and password in the targets file of the worker",
    "XENFLOW_CERTIFICATE_REFUSED": "check ca_file or fingerprint of the target",
    "XENFLOW_PASSWORD_MISSING": "check where the target has its password from",
    "XENFLOW_TARGET_UNKNOWN": "add it to the targets file of the worker, and restart the worker",
}
_REMEDIES: list[tuple[type[errors.XenflowError], str]] = [
    (errors.Refused, "change the request, then send it again"),
    (errors.Busy, "send the same request again later"),
    (errors.Ambiguous, "name the object by its UUID"),
    (errors.Missing, "check the name and the target"),
    (errors.Unreachable, "check the network and the host, then send it again"),
    (errors.Denied, "check the account and its role"),
    (errors.Full, "add memory, disk or hosts, or free some"),
    (errors.TimedOut, "check what holds it, or allow more by --timeout"),
    (errors.Cancelled, "send it again if it is still wanted"),
    (errors.Unknown, "check XenServer and its log"),
]
