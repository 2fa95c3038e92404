"""The simulator's command line: `python -m simulator --port 0 --seed 7 --speed 20 --control`.

The first line on standard output is `listening on http://127.0.0.1:PORT`; it serves until SIGTERM
or Ctrl-C and then exits with 0.
"""

import argparse
import asyncio
import gc
import json
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simulator.datamodel import releases
from simulator.inventory import PoolFileError
from simulator.server import Options, serving

_GC_THRESHOLDS = (20_000, 20, 50)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve a simulated pool until a signal arrives; return the exit code."""
    arguments = vars(_parser().parse_args(argv))
    ready_file: Path | None = arguments.pop("ready_file")
    arguments["durations"] = dict(arguments["durations"])
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    gc.disable()  # until the pool is built
    try:
        asyncio.run(_serve(Options(**arguments), ready_file))
    except PoolFileError as error:
        print(f"simulator: {error}", file=sys.stderr)  # noqa: T201 - a command's complaint
        return 2
    except OSError as error:
        logging.getLogger(__name__).error("cannot listen: %s", error)  # noqa: TRY400 - one line
        return 1
    finally:
        gc.enable()
    return 0


async def _serve(options: Options, ready_file: Path | None) -> None:
    loop = asyncio.get_running_loop()
    async with serving(options) as served:
        for end in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(end, served.stop)
        if ready_file:
            ready_file.write_text(f"{served.url}\n")  # noqa: ASYNC240 - once, before any request
        _settle_memory()
        print(f"listening on {served.url}", flush=True)  # noqa: T201 - the URL is the command's output
        await served.ended()


def _settle_memory() -> None:
    """Keep the pool, which lives as long as the process, out of the garbage collector's way."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    gc.enable()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="simulator", description="A simulated XenServer pool behind HTTP."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address of the coordinator")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=0, help="decides every UUID and reference")
    parser.add_argument("--speed", type=float, default=1.0, help="simulated seconds per second")
    parser.add_argument("--user", default="root", help="who may log in")
    parser.add_argument("--password", default="xenflow", help="with which password")
    parser.add_argument(
        "--duration",
        action="append",
        default=[],
        type=_duration,
        metavar="METHOD=SECONDS",
        dest="durations",
        help="simulated seconds that a method takes, such as VM.start=5; may be repeated",
    )
    parser.add_argument("--pool", type=Path, metavar="FILE", help="pool file (TOML)")
    parser.add_argument(
        "--release",
        type=_release,
        help=f"{', '.join(releases.NAMES)}, or a version of the toolstack such as 24.3.0",
    )
    parser.add_argument("--hosts", type=_count, default=0, help="at least so many hosts")
    parser.add_argument("--vms", type=_count, default=0, help="so many VMs more")
    parser.add_argument(
        "--do",
        action="append",
        default=[],
        type=_order,
        metavar="JSON",
        help='command of the control API to begin with, such as \'{"do": "hold"}\'',
    )
    parser.add_argument("--control", action="store_true", help="enable the control API")
    parser.add_argument("--ready-file", type=Path, help="write the URL here when it can be used")
    return parser


def _duration(text: str) -> tuple[str, float]:
    method, equals, seconds = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError("must look like VM.start=5")
    return method, float(seconds)


def _release(text: str) -> str:
    try:
        return releases.parse(text).name
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _count(text: str) -> int:
    count = int(text)
    if count < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return count


def _order(text: str) -> dict[str, Any]:
    try:
        order = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be a JSON object: {error}") from error
    if not isinstance(order, dict):
        raise argparse.ArgumentTypeError("must be a JSON object")
    return order
