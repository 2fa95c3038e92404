"""The metrics of an installation, printed or served."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cli.client import Client
from cli.exit_codes import Code, CommandFailed
from config import logs, settings
from config.targets import Targets
from workers.metrics import exporter
from workers.metrics.readings import Source

_ANOTHER_PORT = "end what listens there, or name another port; port 0 takes a free one"


def show() -> int:
    """Print all metrics once; fail where Redis is away."""
    with Client(settings.load()) as client:
        text = exporter.text(_source(client))
    sys.stdout.write(text)
    return Code.UNREACHABLE if "\nxenflow_up 0.0\n" in text else Code.DONE


def serve(address: str, port: int) -> int:
    """Serve all metrics until SIGTERM or Ctrl-C."""
    chosen = settings.load()
    logs.configure(chosen)
    with Client(chosen) as client, _named(f"{address}:{port}"):
        exporter.serve(_source(client), address, port)
    return Code.DONE


@contextmanager
def _named(address: str) -> Iterator[None]:
    """Name the address at which nothing can be served in the block; one in use may be free soon."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        if error.errno == errno.EADDRINUSE:
            text = f"cannot listen at {address}: {why}"
            raise CommandFailed(Code.FAILED, text, _ANOTHER_PORT) from error
        raise CommandFailed(Code.USAGE, f"--listen {address}: {why}") from error


def _source(client: Client) -> Source:
    journal = client.journal
    return Source(
        app=client.app,
        journal=journal,
        targets=Targets.read(client.settings.targets),
        lease_ms=journal.lease_ms,
    )
