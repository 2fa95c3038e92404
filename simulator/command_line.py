"""The options of the simulator; a wrong one is refused by its name, with what it takes."""

import argparse
import difflib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from simulator import datamodel
from simulator.datamodel import releases
from simulator.durations import DURATIONS

PORTS = 65_535
_SPEEDS = (0.001, 1_000_000.0)
_HOSTS = 64  # of one pool
_VMS = 100_000
_CENTURY = 100 * 365 * 24 * 3600.0  # seconds, as the control API takes them

_UNKNOWN = "unrecognized arguments: "  # begins argparse's text for what it does not know
_NOUNS: dict[type, str] = {int: "a whole number", float: "a number"}

N = TypeVar("N", int, float)


class UsageError(ValueError):
    """An option that cannot be used; the text names it."""


def read(argv: Sequence[str] | None, *, prog: str) -> dict[str, Any]:
    """Read the words of a command; raise UsageError for those that cannot be used."""
    arguments = vars(_parser(prog).parse_args(argv))
    arguments["durations"] = dict(arguments.get("durations", ()))
    return arguments


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Raise what is wrong, in place of ending the process."""
        text, unknown, words = message.removeprefix("argument ").partition(_UNKNOWN)
        known = list(self._option_string_actions)
        near = difflib.get_close_matches(words.partition(" ")[0], known, n=1) if unknown else []
        hint = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(f"{text}{unknown}{words}{hint}")


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = _Parser(
        prog=prog,
        argument_default=argparse.SUPPRESS,  # else it would be shown as a default, too
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        description="Simulate a pool of XenServers behind HTTP until SIGTERM or Ctrl-C.",
    )
    parser.add_argument("--host", type=_text, default="127.0.0.1", help="coordinator's address")
    port = _within(int, 0, PORTS)
    parser.add_argument(
        "--port", type=port, default=0, metavar="N", help=f"up to {PORTS}; 0 takes a free one"
    )
    parser.add_argument(
        "--seed", type=_integer, default=0, metavar="N", help="decides every UUID and reference"
    )
    parser.add_argument(
        "--speed",
        type=_within(float, *_SPEEDS),
        default=1.0,
        metavar="X",
        help="simulated seconds per second",
    )
    parser.add_argument("--user", default="root", help="who may log in")
    parser.add_argument("--password", default="xenflow", help="with which password")
    _add_pool(parser)
    parser.add_argument(
        "--control", action="store_true", default=argparse.SUPPRESS, help="enable the control API"
    )
    parser.add_argument(
        "--ready-file", type=Path, metavar="FILE", help="write the URL here when it can be used"
    )
    return parser


def _add_pool(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what the pool is like."""
    parser.add_argument("--pool", type=Path, metavar="FILE", help="pool file (TOML)")
    parser.add_argument(
        "--release",
        type=_release,
        help=f"{', '.join(releases.NAMES)}, or a version of the toolstack such as 24.3.0",
    )
    for name, most, text in (
        ("--hosts", _HOSTS, f"at least this many hosts, up to {_HOSTS}"),
        ("--vms", _VMS, "this many additional VMs"),
    ):
        parser.add_argument(name, type=_within(int, 0, most), default=0, metavar="N", help=text)
    parser.add_argument(
        "--duration",
        action="append",
        type=_duration,
        metavar="METHOD=SECONDS",
        dest="durations",
        help="simulated seconds that a method takes, such as VM.start=5; may be repeated",
    )
    parser.add_argument(
        "--do",
        action="append",
        type=_order,
        metavar="JSON",
        help='command of the control API to begin with, such as \'{"do": "hold"}\'',
    )


def _within(kind: type[N], least: N, most: N) -> Callable[[str], N]:
    """Return what reads a number within bounds, which are named where it is not one of them."""

    def read_number(text: str) -> N:
        with suppress(ValueError):
            number = kind(text)
            if least <= number <= most:
                return number
        bounds = f"{_NOUNS[kind]} from {least:g} to {most:.0f}"
        raise argparse.ArgumentTypeError(f"must be {bounds}, not {text!r}")

    return read_number


def _text(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("must not be empty")
    return text


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, not {text!r}") from None


def _duration(text: str) -> tuple[str, float]:
    method, equals, seconds = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError("must look like VM.start=5")
    if method not in DURATIONS and method not in datamodel.load().messages:
        raise argparse.ArgumentTypeError(f"there is no method {method!r}, such as VM.start=5")
    return method, _within(float, 0.0, _CENTURY)(seconds)


def _release(text: str) -> str:
    try:
        return releases.parse(text).name
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _order(text: str) -> dict[str, Any]:
    try:
        order = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise argparse.ArgumentTypeError(f"must be a JSON object: {error}") from error
    if not isinstance(order, dict):
        raise argparse.ArgumentTypeError("must be a JSON object")
    return order
