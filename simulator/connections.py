"""Open connections: how many are served at once, and how long a client may be silent.

The toolstack limits the headers of a connection's first request only: 10 s for each read, 60 s in
all. A kept-open connection may be silent for ever. Connections beyond the limit wait in a queue,
and nothing is read from them. (http_svr.ml, server_io.ml)
"""

import asyncio
from collections import OrderedDict

from simulator import http_errors
from simulator.limits import Limits


class HeaderTimeouts:
    """The time limits of a connection until the headers of its first request are there."""

    def __init__(self, transport: asyncio.Transport, limits: Limits) -> None:
        self._transport = transport
        self._limits = limits
        self._read: asyncio.TimerHandle | None = None
        self._total: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Start both timeouts."""
        loop = asyncio.get_running_loop()
        self._total = loop.call_later(self._limits.header_total, self._time_out)
        self.restart_read()

    def restart_read(self) -> None:
        """Restart the timeout of a read, unless the headers are there."""
        if self._total:
            self._cancel(self._read)
            loop = asyncio.get_running_loop()
            self._read = loop.call_later(self._limits.header_read, self._time_out)

    def stop(self) -> None:
        """Stop both timeouts."""
        self._cancel(self._read)
        self._cancel(self._total)
        self._read = self._total = None

    def _time_out(self) -> None:
        self.stop()
        self._transport.write(http_errors.answer(408))
        self._transport.close()

    @staticmethod
    def _cancel(timer: asyncio.TimerHandle | None) -> None:
        if timer:
            timer.cancel()


class Connections:
    """The connections of a server: those that are served, and those that wait in a queue."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._served: dict[asyncio.Transport, HeaderTimeouts] = {}
        self._queue: OrderedDict[asyncio.Transport, HeaderTimeouts] = OrderedDict()

    def __len__(self) -> int:
        """Count the connections that are served."""
        return len(self._served)

    @property
    def waiting(self) -> int:
        """Count the connections in the queue."""
        return len(self._queue)

    def all(self) -> list[asyncio.Transport]:
        """Return every open connection."""
        return [*self._served, *self._queue]

    def add(self, transport: asyncio.Transport) -> HeaderTimeouts:
        """Serve a new connection, or queue it."""
        timeouts = HeaderTimeouts(transport, self._limits)
        self._queue[transport] = timeouts
        self._admit()
        if transport in self._queue:  # asyncio begins to read after this returns
            asyncio.get_running_loop().call_soon(self._pause, transport)
        return timeouts

    def remove(self, transport: asyncio.Transport) -> None:
        """Forget a connection that is closed; the next in line takes its place."""
        timeouts = self._served.pop(transport, None) or self._queue.pop(transport, None)
        if timeouts:
            timeouts.stop()
        self._admit()

    def _pause(self, transport: asyncio.Transport) -> None:
        if transport in self._queue:
            transport.pause_reading()

    def _admit(self) -> None:
        while self._queue and len(self._served) < self._limits.connections:
            transport, timeouts = self._queue.popitem(last=False)
            self._served[transport] = timeouts
            transport.resume_reading()
            timeouts.start()
