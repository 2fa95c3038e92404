"""The exporter: metrics as text, printed once or served for Prometheus to scrape."""

import signal
import threading
from collections.abc import Iterator

import structlog
from prometheus_client import CollectorRegistry, exposition, start_http_server
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from tasks.engine import infrastructure
from workers.metrics import families, readings
from workers.metrics.readings import Samples, Source

log = structlog.get_logger()


class Installation(Collector):
    """Reads all metrics anew each time it is asked."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics; without Redis, that it is away."""
        found = self._read()
        for family in families.FAMILIES:
            yield family.metric(found.get(family.name, ()))

    def _read(self) -> Samples:
        try:
            return readings.read(self._source)
        except infrastructure.POSSIBLE as error:
            if not infrastructure.is_trouble(error):
                raise
            log.warning("metrics.not_read", error=str(error))
            return {families.UP.name: [((), 0.0)]}


def text(source: Source) -> str:
    """Return all metrics as Prometheus reads them."""
    return exposition.generate_latest(_registry(source)).decode()


def serve(source: Source, address: str, port: int) -> None:
    """Serve `/metrics` until SIGTERM or Ctrl-C."""
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    server, thread = start_http_server(port, address, _registry(source))
    log.info("metrics.listening", address=address, port=server.server_port)
    try:
        over.wait()
    except KeyboardInterrupt:
        over.set()
    server.shutdown()
    thread.join()
    server.server_close()


def _registry(source: Source) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(Installation(source))
    return registry
