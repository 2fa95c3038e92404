"""`xenflow-alive PART`: whether a part on this machine still answers, for health checks."""

import http.client
import socket
import sys
from collections.abc import Sequence

from celery import Celery

from config.celery import celery_settings
from config.settings import Settings, load

_SECONDS = 5.0
_SIMULATOR_PORT = 8080


def main(argv: Sequence[str] | None = None) -> int:
    """Answer as a process does: 0 where the part answers, 1 where not, 2 for a part unheard of."""
    match list(sys.argv[1:] if argv is None else argv):
        case ["worker" | "poller" as part]:
            alive = _pongs(f"{part}@{socket.gethostname()}", load())
        case ["flower"]:
            alive = _serves(load().flower_port, "/healthcheck")
        case ["simulator"]:
            alive = _serves(_SIMULATOR_PORT, "/")
        case _:
            sys.stderr.write("usage: xenflow-alive worker|poller|flower|simulator\n")
            return 2
    return 0 if alive else 1


def _pongs(node: str, settings: Settings) -> bool:
    with Celery(set_as_current=False) as app:
        app.conf.update(celery_settings(settings))
        return bool(app.control.ping(destination=[node], timeout=_SECONDS))


def _serves(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except OSError:
        return False
    finally:
        connection.close()
