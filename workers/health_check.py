"""`xenflow-alive PART`: whether a part on this machine works, for health checks."""

import http.client
import socket
import sys
from collections.abc import Sequence
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError, ResponseError

from config import connection_errors, redis_replies
from config.celery import celery_settings
from config.settings import Settings, SettingsError, load

_SECONDS = 5.0
_USAGE = "usage: xenflow-alive worker|poller|flower|metrics|simulator"
_HELP = """\
Whether a part on this machine works: exit code 0 where it does, 1 where not, with a line that says
why, 2 where there is no such part. A worker or poller works when it answers through Redis, by the
same variables as itself, and takes messages."""
_SIMULATOR_PORT = 8080
METRICS_PORT = 9808


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0 where the part works, 1 where not, with a line that says why, 2 for no such part."""
    match list(sys.argv[1:] if argv is None else argv):
        case ["worker" | "poller" as part]:
            problem = _problem(f"{part}@{socket.gethostname()}")
        case ["flower"]:
            problem = _unserved(load().flower_port, "/healthcheck")
        case ["metrics"]:
            problem = _unserved(METRICS_PORT, "/metrics")
        case ["simulator"]:
            problem = _unserved(_SIMULATOR_PORT, "/")
        case ["--help" | "-h"]:
            sys.stdout.write(f"{_USAGE}\n\n{_HELP}\n")
            return 0
        case _:
            sys.stderr.write(f"{_USAGE}\n")
            return 2
    if problem:
        sys.stderr.write(f"xenflow-alive: {problem}\n")
    return 1 if problem else 0


def _problem(node: str) -> str:
    """Return what is wrong with a worker or poller, or nothing."""
    try:
        answers = _ask(node, load())
    except SettingsError as wrong:
        return str(wrong)
    except ResponseError as reply:
        return f"Redis answers with an error: {redis_replies.in_words(reply)}"
    except (OperationalError, RedisError, OSError) as trouble:
        return _unreachable(trouble)
    if not answers:
        return f"{node} does not answer"
    outcome = answers[0][node]
    return (
        "" if outcome.get("takes") else f"{node} {outcome.get('problem') or outcome.get('error')}"
    )


def _unreachable(trouble: Exception) -> str:
    """Return where no Redis answers, why, and what helps."""
    place = connection_errors.place(load().broker_url)
    reason = connection_errors.reason(str(trouble).replace("\n", " "))
    return (
        f"cannot reach Redis at {place}: {reason}\n"
        "Next: start it, or set XENFLOW_REDIS_URL as the worker has it"
    )


def _ask(node: str, settings: Settings) -> list[dict[str, Any]]:
    """Ask a process whether it takes messages; a ping would tell no more than that it runs."""
    with Celery(set_as_current=False) as app:
        app.conf.update(celery_settings(settings))
        answers: list[dict[str, Any]] | None = app.control.broadcast(
            "takes", destination=[node], reply=True, timeout=_SECONDS, limit=1
        )
        return answers or []


def _unserved(port: int, path: str) -> str:
    return "" if _serves(port, path) else f"nothing answers at port {port}"


def _serves(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except OSError:
        return False
    finally:
        connection.close()
