"""The metrics of an installation, printed or served."""

import sys

from cli.client import Client
from cli.exit_codes import Code
from config import logs, settings
from config.targets import Targets
from workers.metrics import exporter
from workers.metrics.readings import Source


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
    with Client(chosen) as client:
        exporter.serve(_source(client), address, port)
    return Code.DONE


def _source(client: Client) -> Source:
    journal = client.journal
    return Source(
        app=client.app,
        journal=journal,
        targets=Targets.read(client.settings.targets),
        lease_ms=journal.lease_ms,
    )
