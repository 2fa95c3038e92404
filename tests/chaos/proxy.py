"""A TCP proxy between the processes and a server, on which faults of the network are injected.

    latency     every chunk arrives later, in both directions
    black_hole  nothing arrives and nobody notices; a connection that was given up stays dropped
    cut         connections are reset, new ones are refused
    hold        chosen requests arrive late, also when their sender has long given up

It runs in a thread of its own; every method may be called from any other thread.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

CHUNK = 65536
LOOPBACK = "127.0.0.1"
READ_WITHIN = 0.05  # seconds until what was sent into a black hole, or given up there, is read


@dataclass
class Hold:
    """Requests to deliver late: those that contain `pattern`, the next `left` of them."""

    pattern: bytes
    seconds: float
    left: int

    def takes(self, data: bytes) -> bool:
        """Return whether this request is one of them, and count it."""
        if self.left <= 0 or self.pattern not in data:
            return False
        self.left -= 1
        return True


class Proxy:
    """One listener in front of one server."""

    def __init__(self, port: int) -> None:
        self._upstream = (LOOPBACK, port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="proxy")
        self._open = asyncio.Event()
        self._open.set()
        self._is_cut = False
        self._latency = 0.0
        self._hold = Hold(b"", 0.0, 0)
        self._held = 0
        self._connections: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self.port = 0

    def __enter__(self) -> Self:
        """Start to listen."""
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Drop every connection."""
        self._run(self._shut_down())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @contextmanager
    def latency(self, seconds: float) -> Iterator[None]:
        """Delay every chunk while the block runs."""
        self._latency = seconds
        try:
            yield
        finally:
            self._latency = 0.0

    @contextmanager
    def black_hole(self) -> Iterator[None]:
        """Drop everything while the block runs, without an error."""
        self._run(self._close())
        try:
            yield
        finally:
            self._run(self._reopen())

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Reset all connections and refuse new ones while the block runs."""
        self._run(self._cut())
        try:
            yield
        finally:
            self._is_cut = False

    @contextmanager
    def hold(self, pattern: bytes, *, count: int, seconds: float) -> Iterator[None]:
        """Deliver requests of the block that contain `pattern` so much later, the first few."""
        self._hold = Hold(pattern, seconds, count)
        try:
            yield
        finally:
            self._hold = Hold(b"", 0.0, 0)

    @property
    def held(self) -> int:
        """The number of requests that are still to be delivered."""
        return self._held

    def _run(self, work: Coroutine[None, None, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, LOOPBACK, 0, limit=CHUNK)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._open.clear()

    async def _reopen(self) -> None:
        await asyncio.sleep(READ_WITHIN)
        self._open.set()

    async def _cut(self) -> None:
        self._is_cut = True
        for writer in self._connections:
            writer.transport.abort()

    async def _shut_down(self) -> None:
        self._server.close()
        await self._cut()
        for serving in self._serving:
            serving.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = self._loop.create_task(self._serve(reader, writer))
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._open.wait()
        if self._is_cut or _is_given_up(reader):
            writer.transport.abort()
            return
        try:
            answers, requests = await asyncio.open_connection(*self._upstream, limit=CHUNK)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, requests}
        self._connections |= ends
        try:
            await asyncio.gather(self._send(reader, requests), self._answer(answers, writer))
        finally:
            self._connections -= ends
            for end in ends:
                end.transport.abort()

    async def _send(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Forward requests; a held one is delivered though its sender is gone."""
        with suppress(OSError):
            while data := await source.read(CHUNK):
                hold = self._hold
                if hold.takes(data):
                    await self._keep(hold.seconds)
                elif not await self._delay(source):
                    break
                sink.write(data)
                await sink.drain()
        sink.close()

    async def _answer(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(CHUNK):
                if not await self._delay(source):
                    break
                sink.write(data)
                await sink.drain()
        sink.close()

    async def _keep(self, seconds: float) -> None:
        self._held += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self._held -= 1

    async def _delay(self, source: asyncio.StreamReader) -> bool:
        """Wait as the network makes it wait; return whether the chunk still has a sender."""
        if self._latency:
            await asyncio.sleep(self._latency)
        if self._open.is_set():
            return True
        await self._open.wait()
        return not _is_given_up(source)


def _is_given_up(source: asyncio.StreamReader) -> bool:
    return source.at_eof() or source.exception() is not None
