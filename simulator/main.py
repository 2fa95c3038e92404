"""The simulator as a process: `python -m simulator --port 0 --seed 7 --speed 20 --control`.

The first line on standard output is `listening on http://127.0.0.1:PORT`; it serves until SIGTERM
or Ctrl-C and then exits with 0.
"""

import asyncio
import errno
import gc
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from simulator import command_line
from simulator.command_line import UsageError
from simulator.inventory import PoolFileError
from simulator.server import Options, Served, serving

_GC_THRESHOLDS = (20_000, 20, 50)


class ListenError(OSError):
    """An address that another process has; the text names it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Serve a simulated pool until a signal arrives; return the exit code."""
    try:
        run(argv)
    except (UsageError, PoolFileError) as error:
        print(f"simulator: {error}", file=sys.stderr)  # noqa: T201 - a command's complaint
        return 2
    except OSError as error:
        print(f"simulator: {error}", file=sys.stderr)  # noqa: T201 - likewise
        return 1
    return 0


def run(argv: Sequence[str] | None, *, prog: str = "simulator") -> None:
    """Serve a simulated pool until a signal arrives.

    Raises UsageError or PoolFileError for what cannot be used, OSError where it cannot listen.
    """
    arguments = command_line.read(argv, prog=prog)
    ready_file: Path | None = arguments.pop("ready_file", None)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    gc.disable()  # until the pool is built
    try:
        asyncio.run(_serve(Options(**arguments), ready_file))
    finally:
        gc.enable()


async def _serve(options: Options, ready_file: Path | None) -> None:
    loop = asyncio.get_running_loop()
    async with _listening(options) as served:
        for end in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(end, served.stop)
        if ready_file:
            _write(ready_file, f"{served.url}\n")
        _settle_memory()
        print(f"listening on {served.url}", flush=True)  # noqa: T201 - the URL is the command's output
        await served.ended()


@asynccontextmanager
async def _listening(options: Options) -> AsyncIterator[Served]:
    """Serve the pool in the block; name the option that makes it impossible."""
    is_listening = False
    try:
        async with serving(options) as served:
            is_listening = True
            yield served
    except OSError as error:
        if is_listening:
            raise
        raise _refused(options, error) from error


def _refused(options: Options, error: OSError) -> Exception:
    """Return why an address cannot be listened at: an option, or another process."""
    why = error.strerror or str(error)
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return UsageError(f"--host: {options.host}: {why}")
    if error.errno == errno.EACCES:
        return UsageError(f"--port: {options.port}: {why}")
    return ListenError(f"cannot listen at {options.host}:{options.port}: {why}")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text)
    except OSError as error:
        raise UsageError(f"--ready-file: {path}: {error.strerror}") from error


def _settle_memory() -> None:
    """Keep the pool, which lives as long as the process, out of the garbage collector's way."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    gc.enable()
